"""A whole cache backend: a folder that a team shares, for clusters without a Redis.

pip install ./examples/custom_backend     # says that team:// URLs are opened here
HUBKIT_CACHE=team:///scratch/hubkit hubkit info openai-community/gpt2

What each method promises is written down in `hubkit.cache.CacheBackend`, and
`hubkit.testing.BackendContract` tests it: that any text is a key, that threads and
killed processes leave no half-written values, and so on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from hubkit import CacheUnavailableError
from hubkit.cache import BackendStats, Lease


class TeamFolder:
    """Each entry a file, which readers see whole: it is written aside and renamed.

    Make the folder with ``mkdir -m 2770``, and let a nightly ``find FOLDER -name
    '*-*' -mtime +30 -delete`` tidy up: nothing lasts longer. Who can write to it
    decides what the team reads: set HUBKIT_CACHE_KEY.
    """

    # Others read it, so hubkit keeps private models out.
    shared = True

    def __init__(self, url: str) -> None:
        self.folder = Path(url.partition("://")[2])

    def __repr__(self) -> str:
        return f"TeamFolder({str(self.folder)!r})"

    def get(self, key: str, /) -> bytes | None:
        return self.read(self.path(key))[1]

    def get_many(self, keys: Iterable[str], /) -> dict[str, bytes]:
        return {key: value for key in keys if (value := self.get(key)) is not None}

    def set(self, key: str, value: bytes, /, *, expires_in: float | None) -> None:
        self.set_many({key: value}, expires_in=expires_in)

    def set_many(self, items: Mapping[str, bytes], /, *, expires_in: float | None) -> None:
        with self.alone():
            for key, value in items.items():
                self.write(self.path(key), key, value, 30 * 86_400.0 if expires_in is None else expires_in)

    def delete(self, key: str, /) -> bool:
        with self.alone():
            was_there = self.get(key) is not None
            self.path(key).unlink(missing_ok=True)
            return was_there

    def clear(self, prefix: str = "", /) -> int:
        return sum(map(self.delete, list(self.keys(prefix))))

    def keys(self, prefix: str = "", /) -> Iterator[str]:
        found = (self.read(path)[0] for path in self.folder.glob("entry-*"))
        return (key for key in found if key is not None and key.startswith(prefix))

    def lease(self, key: str, seconds: float, /) -> Lease | None:
        lease = TeamLease(self, self.path(key, "lease"), seconds)
        return lease if lease.change(None, seconds) else None

    def stats(self) -> BackendStats:
        return BackendStats(entries=len(list(self.keys())), size_bytes=None)

    def close(self) -> None:
        """No file stays open."""

    def path(self, key: str, kind: str = "entry") -> Path:
        """Where it lies. Keys are any text, so that they are never names themselves."""
        return self.folder / f"{kind}-{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def read(self, path: Path) -> tuple[str, bytes] | tuple[None, None]:
        """Key and value, if they are there and haven't ended."""
        try:
            head, _, rest = path.read_bytes().partition(b"\n")
            ends, length = map(int, head.split())
            key = rest[:length].decode("utf-8", "surrogatepass")
        except (FileNotFoundError, ValueError):
            return None, None
        except OSError as error:
            raise CacheUnavailableError(f"{path}: {error}") from error
        return (key, rest[length:]) if time.time_ns() < ends else (None, None)

    def write(self, path: Path, key: str, value: bytes, seconds: float) -> None:
        """A line with its end and the length of its key, the key, the value."""
        name = key.encode("utf-8", "surrogatepass")
        part = self.folder / f"part-{os.urandom(8).hex()}"
        part.write_bytes(b"%d %d\n" % (time.time_ns() + seconds * 1e9, len(name)) + name + value)
        part.replace(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other writers out, for a moment; a process that dies lets them in."""
        try:
            with FileLock(self.folder / "lock", mode=0o660, timeout=5, poll_interval=0.002):
                yield
        except OSError as error:
            raise CacheUnavailableError(f"{self.folder}: {error}") from error


class TeamLease:
    """The right to ask the Hub something: an entry whose value says whose it is."""

    def __init__(self, cache: TeamFolder, path: Path, seconds: float) -> None:
        self.cache, self.path, self.seconds, self.owner = cache, path, seconds, os.urandom(16)

    def renew(self) -> bool:
        return self.change(self.owner, self.seconds)

    def release(self) -> None:
        self.change(self.owner, 0.0)

    def change(self, holder: bytes | None, seconds: float) -> bool:
        """Hold it for so long from now on, if it is that holder's."""
        with self.cache.alone():
            if self.cache.read(self.path)[1] != holder:
                return False
            self.cache.write(self.path, "", self.owner, seconds)
            return True
