"""What members of a fleet print."""

from __future__ import annotations

import json

__all__ = ["results"]


def results(members):
    """What the members printed."""
    return [json.loads(process.communicate(timeout=60)[0]) for process in members]
