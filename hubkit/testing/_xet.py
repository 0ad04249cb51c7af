"""The client library's switch for Xet, shared by all hubs of a process."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

__all__ = ["XET", "XetSwitch"]

_NAME = "HF_HUB_DISABLE_XET"
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})


class XetSwitch:
    """Keeps the client library from asking for a Xet server while any hub runs.

    The library reads its environment when it is imported, and must not be imported here: a test may start a hub
    first, then set ``HF_ENDPOINT``, then import. So the variable is set for those who import it later and for child
    processes, and the constant for those who have it already.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hubs = 0
        self._variable: str | None = None
        self._constant: bool | None = None

    def disable(self) -> None:
        """One more hub runs."""
        with self._lock:
            self._hubs += 1
            if self._hubs > 1:
                return
            self._variable, constants = os.environ.get(_NAME), _constants()
            os.environ[_NAME] = "1"
            self._constant = constants and constants.HF_HUB_DISABLE_XET
            if constants:
                constants.HF_HUB_DISABLE_XET = True

    def restore(self) -> None:
        """One hub less runs."""
        with self._lock:
            self._hubs -= 1
            if self._hubs:
                return
            if self._variable is None:
                os.environ.pop(_NAME, None)
            else:
                os.environ[_NAME] = self._variable
            if constants := _constants():
                # Imported meanwhile, it holds what was set here and not what it would have read.
                read = str(self._variable).upper() in _TRUE
                constants.HF_HUB_DISABLE_XET = read if self._constant is None else self._constant


def _constants() -> Any:
    return sys.modules.get("huggingface_hub.constants")


XET = XetSwitch()
"""The switch of this process."""
