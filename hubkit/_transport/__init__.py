"""HTTP to the Hub: the only room that knows `requests`."""

from __future__ import annotations

from hubkit._transport._exchange import HubResponse
from hubkit._transport._refusals import error_from
from hubkit._transport._transport import Transport

__all__ = ["HubResponse", "Transport", "error_from"]
