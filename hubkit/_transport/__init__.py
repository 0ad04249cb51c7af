"""HTTP to the Hub: the only room that knows `requests`."""

from __future__ import annotations

from hubkit._transport._exchange import HubResponse
from hubkit._transport._refusals import REFUSALS, error_from
from hubkit._transport._transport import Transport

__all__ = ["REFUSALS", "HubResponse", "Transport", "error_from"]
