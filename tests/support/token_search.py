"""Looking for a token in everything that is said and kept, in each form in which it can be read back."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

__all__ = ["everything_logged", "traces_in", "traces_in_files", "what_an_error_tells", "what_a_value_tells"]

# huggingface_hub doesn't hand its records on, and has a level of its own, as hubkit's program gives it one.
_LOGGERS = ("", "huggingface_hub", "hubkit")


def traces_in(token: str, told: str | bytes) -> list[str]:
    """The forms of a token that something holds: as it is, in halves, backwards, quoted, in base64."""
    raw = told.encode("utf-8", "surrogatepass") if isinstance(told, str) else told
    return [name for name, form in _forms(token) if form in raw]


def traces_in_files(token: str, folder: Path) -> list[str]:
    """The files below a folder whose name or contents hold one."""
    paths = [path for path in folder.rglob("*") if not path.is_symlink()]
    return [
        str(path)
        for path in paths
        if traces_in(token, str(path.relative_to(folder)))
        or (path.is_file() and traces_in(token, path.read_bytes()))
    ]


def what_a_value_tells(value: object) -> str:
    """All text that printing an object gives."""
    parts = [repr(value), str(value), f"{value:}" if type(value).__format__ is object.__format__ else ""]
    parts.append(repr(getattr(value, "__dict__", "")))
    return "\n".join(parts)


def what_an_error_tells(error: BaseException) -> str:
    """What a crash reporter sends: all causes, with the variables of every frame that isn't a test's."""
    parts: list[str] = []
    waiting: list[BaseException | None] = [error]
    seen: list[BaseException] = []
    while waiting:
        one = waiting.pop()
        if one is None or any(one is known for known in seen):
            continue
        seen.append(one)
        waiting += [one.__cause__, one.__context__]
        parts += traceback.format_exception_only(type(one), one)
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "/tests/" not in frame.f_code.co_filename:
                parts += [
                    f"{frame.f_code.co_name}: {name} = {_shown(value)}"
                    for name, value in frame.f_locals.items()
                ]
        parts += [what_a_value_tells(one), repr(one.args), _pickled(one)]
    return "\n".join(parts)


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Collect the records of every library, at every level."""
    kept: list[str] = []
    handler = _Collector(kept)
    before = []
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        before.append((logger, logger.level))
        logger.setLevel(logging.DEBUG)
        if not (logger.parent and logger.propagate):
            logger.addHandler(handler)
    try:
        yield kept
    finally:
        for logger, level in before:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Collector(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(f"{record.name}: {self.format(record)} {vars(record)!r}")


def _forms(token: str) -> Iterator[tuple[str, bytes]]:
    raw = token.encode()
    half = len(raw) // 2
    yield "whole", raw
    yield "first half", raw[:half]
    yield "second half", raw[half:]
    yield "backwards", raw[::-1][:half]
    yield "quoted", quote(token, safe="").encode()
    yield "hex", raw.hex().encode()
    for shift in range(3):
        # The characters that don't depend on what stands around it.
        coded = base64.b64encode(bytes(shift) + raw)
        yield f"base64 after {shift}", coded[4 if shift else 0 :][: half - half % 4]


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as failure:  # noqa: BLE001 - an object that was being made when it happened
        return f"not printable: {type(failure).__name__}"


def _pickled(error: BaseException) -> str:
    try:
        return pickle.dumps(error).decode("latin-1")
    except Exception as failure:  # noqa: BLE001 - the errors of other libraries may not be picklable
        return f"not picklable: {type(failure).__name__}"
