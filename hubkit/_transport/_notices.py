"""What the Hub has to say beside its answers: ``X-HF-Warning: topic; message``."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from hubkit._secrets import Secret, redact

__all__ = ["Notices"]

log = logging.getLogger("hubkit")

_MOST_TOPICS = 20


class Notices:
    """Passes each topic on to the log, once.

    Args:
        token: Whose text isn't shown.
    """

    def __init__(self, token: Secret | None) -> None:
        self._token = token
        self._told: set[str] = set()

    def heed(self, headers: Mapping[str, str]) -> None:
        """Log what an answer's headers warn of, unless it was logged before."""
        said = headers.get("X-HF-Warning")
        if not said:
            return
        topic, separator, message = said.partition(";")
        topic = topic.strip() if separator else ""
        if topic not in self._told and len(self._told) < _MOST_TOPICS:
            self._told.add(topic)
            log.warning("the Hub says: %s", " ".join(redact(message or said, self._token).split()))
