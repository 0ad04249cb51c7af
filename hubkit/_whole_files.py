"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, raw: bytes, *, mode: int) -> None:
    """Write beside a file and then move: whoever reads it meanwhile sees the old one or the new one.

    Args:
        path: The file.
        raw: All that will be in it.
        mode: Who may use it; a new file alone would keep everybody else out.

    Raises:
        OSError: It can't be written; the old one is as it was.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
