"""Tools to test programs that speak to the Hub: a hub of your own, a clock, and what every cache must pass.

Nothing here is imported before it is used: each name has needs of its own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubkit.testing.clock import FakeClock
    from hubkit.testing.contract import BackendContract
    from hubkit.testing.local_hub import LocalHub, RequestRecord

__all__ = ["BackendContract", "FakeClock", "LocalHub", "RequestRecord"]

_HOMES = {
    "BackendContract": "hubkit.testing.contract",
    "FakeClock": "hubkit.testing.clock",
    "LocalHub": "hubkit.testing.local_hub",
    "RequestRecord": "hubkit.testing.local_hub",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
