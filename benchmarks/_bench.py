"""What every case is given: how much to measure, where the stores lie, and servers that start when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
from _measure import all_cpus
from _sample import model_id
from _servers import Origin, RedisServer, find_redis

__all__ = ["FULL", "QUICK", "Bench", "Contender", "NoRedisError", "Place", "Scale", "Store"]


@attrs.frozen(kw_only=True)
class Scale:
    """How much is measured."""

    models: int
    """In a call for many."""
    cached: int
    """That a search goes through."""
    hot: int
    """That single reads go round."""
    rounds: int
    programs: int
    """How often each little program is started."""
    seconds: float
    """That a load lasts."""
    processes: int
    threads: int
    """Of a load in one process."""
    crowd: int
    """How many ask at once in a stampede, in all processes together."""
    stampedes: int
    patience: float
    """Seconds after which a peer that hangs is given up."""


FULL = Scale(
    models=1_000,
    cached=10_000,
    hot=200,
    rounds=25,
    programs=21,
    seconds=2.0,
    processes=4,
    threads=8,
    crowd=32,
    stampedes=7,
    patience=10.0,
)
QUICK = Scale(
    models=20,
    cached=400,
    hot=20,
    rounds=1,
    programs=1,
    seconds=0.1,
    processes=2,
    threads=4,
    crowd=8,
    stampedes=1,
    patience=0.5,
)


@attrs.frozen(kw_only=True)
class Place:
    """Where stores are; may be sent to other processes."""

    folder: str
    origin: str
    """Endpoint of the local hub."""
    models: int
    """How many models stores hold that are filled without being asked."""
    redis_socket: str = ""
    redis_port: int = 0

    def path(self, name: str) -> str:
        """A file or folder of a store's own."""
        return str(Path(self.folder) / name.replace(" ", "-"))

    def url(self, name: str) -> str:
        """What the Hub is asked about a model: with the sizes of its files."""
        return f"{self.origin}/api/models/{name}?blobs=true"


@attrs.frozen(kw_only=True)
class Contender:
    """Something that answers questions about models."""

    get: Callable[[str], Any]
    """The decoded answer about a model: from the store, or else from the origin."""
    get_many: Callable[[Sequence[str]], Any] | None = None
    """Many at once."""
    stored_bytes: Callable[[], int] | None = None
    """What the values of the store measure together."""
    close: Callable[[], Any] = lambda: None


@attrs.frozen(kw_only=True)
class Store:
    """Something that keeps values under keys."""

    get: Callable[[str], Any]
    set: Callable[[str, bytes], Any]
    close: Callable[[], Any] = lambda: None


class NoRedisError(Exception):
    """There is no redis-server on this machine."""


@attrs.define
class Bench:
    """One run.

    Args:
        scale: How much is measured.
        folder: For stores; removed by whoever made it.
        cpu: The one that clients and servers stay on.
        with_peers: Whether peers are measured too.
    """

    scale: Scale
    folder: Path
    cpu: int
    with_peers: bool = True
    _servers: ExitStack = attrs.field(factory=ExitStack, init=False)
    _origin: Origin | None = attrs.field(default=None, init=False)
    _redis: RedisServer | None = attrs.field(default=None, init=False)

    @property
    def hot(self) -> list[str]:
        """The models that single reads go round."""
        return [model_id(number) for number in range(self.scale.hot)]

    @property
    def names(self) -> list[str]:
        """Every model that is stored."""
        return [model_id(number) for number in range(self.scale.models)]

    @property
    def origin(self) -> Origin:
        """The local hub."""
        if self._origin is None:
            # Some more than are stored: stampedes need models that nobody has asked for.
            self._origin = Origin(self.scale.models + 100, {self.cpu})
            self._servers.callback(self._origin.stop)
        return self._origin

    def place(self, *, redis: RedisServer | bool = False, folder: str = "stores") -> Place:
        """Where contenders find their stores.

        Args:
            redis: Whether they need a Redis; a server, if not this run's.
            folder: A name for a place with other stores than the usual.

        Raises:
            NoRedisError: They need one, and there is none.
        """
        path = self.folder / folder
        path.mkdir(exist_ok=True)
        place = Place(folder=str(path), origin=self.origin.endpoint, models=self.scale.models)
        if not redis:
            return place
        server = self._shared_redis() if redis is True else redis
        return attrs.evolve(place, redis_socket=server.socket, redis_port=server.port)

    def start_redis(self, cpus: set[int] | None = None) -> RedisServer:
        """A server of the caller's own, stopped at the latest when the run ends.

        Args:
            cpus: Where it may run; on this run's CPU if left out.

        Raises:
            NoRedisError: There is none on this machine.
        """
        binary = find_redis()
        if binary is None:
            raise NoRedisError
        server = RedisServer(binary, {self.cpu} if cpus is None else cpus)
        self._servers.callback(server.stop)
        return server

    def close(self) -> None:
        """Stop every server."""
        self._servers.close()

    def _shared_redis(self) -> RedisServer:
        if self._redis is None:
            self._redis = self.start_redis()
        return self._redis


def every_cpu() -> set[int]:
    """All CPUs, for what is measured with several processes."""
    return all_cpus()
