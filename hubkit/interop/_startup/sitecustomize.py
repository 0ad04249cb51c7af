"""Runs at the start of every Python below ``hubkit run``, before the program does.

Puts the cache beneath huggingface_hub at the moment when the program imports that, and
not before: a Python that never does pays nothing. It has to stand alone, and to make do
with whatever Python comes along: the program's may be another than hubkit's.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys

# Every Python pays for what is imported here: `typing` and `importlib.util` would double its start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULE = "huggingface_hub.utils._http"
_TOLD = "_HUBKIT_RUN_TOLD"


class _Watch:
    """Finds one module as everybody else does, and does something once it is there."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Where the module is; None for all others."""
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = _found(name, path)
        if spec is not None and spec.loader is not None:
            _follow(spec.loader)
        return spec


def _found(name: str, path: Any = None) -> Any:
    """Where a module is, as the finders of this Python have it; None where none knows."""
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
    return next(filter(None, (finder.find_spec(name, path) for finder in finders)), None)


def _follow(loader: Any) -> None:
    execute = loader.exec_module

    def exec_module(module: Any) -> None:
        execute(module)
        _install()

    loader.exec_module = exec_module


def _install() -> None:
    try:
        from hubkit.interop import install

        install()
    except Exception as error:  # noqa: BLE001 - the program goes on without
        _say(f"it runs without the cache: {type(error).__name__}: {error}")


def _say(text: str) -> None:
    """Tell the person who ran the program, once for all that it starts."""
    if os.environ.get(_TOLD) is None:
        os.environ[_TOLD] = "1"
        sys.stderr.write(f"hubkit run: {' '.join(text.split())}\n")


def _run_next() -> None:
    """Run the `sitecustomize` that this one stands before."""
    here = os.path.dirname(os.path.abspath(__file__))
    others = [place for place in sys.path if os.path.abspath(place or os.curdir) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _begin() -> None:
    if _found("hubkit") is None:
        _say(f"{sys.executable} has no hubkit: it runs without the cache")
    else:
        sys.meta_path.insert(0, _Watch())
    _run_next()


# Whoever imports it by its full name only wants to look at it.
if __name__ == "sitecustomize":
    _begin()
