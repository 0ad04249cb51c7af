"""Where cache meets network: metadata of models, and searches for them."""

from __future__ import annotations

from hubkit._metadata._found import FoundModels
from hubkit._metadata._query import SearchQuery
from hubkit._metadata._search import SearchStore
from hubkit._metadata._store import MetadataStore

__all__ = ["FoundModels", "MetadataStore", "SearchQuery", "SearchStore"]
