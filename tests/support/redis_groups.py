"""Several real Redis servers that are one store: a primary under sentinels, and a cluster."""

from __future__ import annotations

from contextlib import ExitStack

import attrs
import redis
from redis_servers import RedisServer, start_server, until

__all__ = ["Cluster", "Watched", "admin", "start_cluster", "start_watched"]

SERVICE = "hub"
_SLOTS = 16_384


def admin(server: RedisServer, password: str | None = None) -> redis.Redis:
    """The driver itself, with patience."""
    return redis.Redis(port=server.port, password=password, socket_timeout=10.0)


@attrs.define
class Watched:
    """A primary and a replica, and the sentinels that watch them."""

    primary: RedisServer
    replica: RedisServer
    sentinels: list[RedisServer]

    @property
    def url(self) -> str:
        """The address that names the sentinels."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"

    def primary_port(self) -> int:
        """Where the first sentinel sends its callers."""
        with admin(self.sentinels[0]) as sentinel:
            return int(sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)[1])


@attrs.define
class Cluster:
    """Primaries, and perhaps a replica of the first."""

    primaries: list[RedisServer]
    replica: RedisServer | None

    @property
    def url(self) -> str:
        """The address that names the last two."""
        return f"redis+cluster://{','.join(f'127.0.0.1:{server.port}' for server in self.primaries[-2:])}"

    def calls(self, name: str, skip: int = 0) -> int:
        """How often the primaries, but for the first few, were sent a command."""
        count = 0
        for server in self.primaries[skip:]:
            with admin(server) as client:
                # Newer servers count the parts of CLUSTER one by one.
                stats = client.info("commandstats").items()
                count += sum(
                    entry["calls"] for key, entry in stats if key.endswith((f"_{name}", f"{name}|slots"))
                )
        return count


def start_watched(
    stack: ExitStack, binary: str, *options: str, sentinels: int = 1, password: str | None = None
) -> Watched:
    """Start a primary, a replica and sentinels, and wait until they know each other.

    Args:
        stack: Ends them.
        binary: Which program.
        options: Options of the primary and the replica.
        sentinels: How many sentinels.
        password: What all of them want.
    """

    def start(*arguments: str, config: str | None = None) -> RedisServer:
        server = start_server(binary, *arguments, config=config)
        stack.callback(server.stop)
        return server

    if password:
        options = (*options, "--requirepass", password, "--masterauth", password)
    primary = start(*options)
    replica = start(*options, "--replicaof", "127.0.0.1", str(primary.port))
    # A sentinel that comes before the replica is ready hears of it ten seconds later.
    with admin(replica, password) as client:
        until(lambda: client.info("replication")["master_link_status"] == "up", "the replica")
    config = (
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} {sentinels // 2 + 1}\n"
        f"sentinel down-after-milliseconds {SERVICE} 400\n"
        f"sentinel failover-timeout {SERVICE} 3000\n"
    )
    if password:
        config += f"sentinel auth-pass {SERVICE} {password}\nrequirepass {password}\n"
    watched = Watched(primary, replica, [start(config=config) for _ in range(sentinels)])
    for sentinel in watched.sentinels:
        with admin(sentinel, password) as client:
            until(lambda: _is_complete(client, sentinels), "the sentinels")
    return watched


def start_cluster(
    stack: ExitStack, binary: str, *options: str, size: int = 3, replica: bool = False
) -> Cluster:
    """Start a cluster, and wait until each member knows all slots.

    Args:
        stack: Ends it.
        binary: Which program.
        options: Options of its servers.
        size: How many primaries.
        replica: Whether the first has one.
    """
    servers = []
    for _ in range(size + replica):
        common = ("--cluster-enabled", "yes", "--cluster-node-timeout", "600")
        rest = ("--cluster-require-full-coverage", "no", "--cluster-config-file", "{folder}/nodes.conf")
        servers.append(start_server(binary, *common, *rest, *options))
        stack.callback(servers[-1].stop)
    primaries = servers[:size]
    clients = [stack.enter_context(admin(server)) for server in servers]
    for number, client in enumerate(clients):
        client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        if number < size:
            slots = range(_SLOTS * number // size, _SLOTS * (number + 1) // size)
            client.execute_command("CLUSTER", "ADDSLOTS", *slots)
        clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", servers[number].port)
    for client in clients:
        until(lambda client=client: _is_joined(client, len(servers)), "the cluster")
    if replica:
        clients[-1].execute_command("CLUSTER", "REPLICATE", clients[0].execute_command("CLUSTER", "MYID"))
        until(lambda: clients[-1].info("replication").get("master_link_status") == "up", "the replica")
        for client in clients:
            until(
                lambda client=client: len(client.execute_command("CLUSTER", "SLOTS")[0]) == 4, "the replica"
            )
    return Cluster(primaries, servers[-1] if replica else None)


def _is_complete(sentinel: redis.Redis, sentinels: int) -> bool:
    """Whether a sentinel knows the replica and all other sentinels."""
    answer = sentinel.execute_command("SENTINEL", "MASTER", SERVICE)
    state = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
    known = {_text(key): _text(value) for key, value in state.items()}
    return (int(known["num-slaves"]), int(known["num-other-sentinels"])) == (1, sentinels - 1)


def _is_joined(client: redis.Redis, members: int) -> bool:
    """Whether a member knows the others, and that all slots are taken."""
    answer = client.execute_command("CLUSTER", "INFO")
    lines = (
        answer.items() if isinstance(answer, dict) else [line.split(":") for line in _text(answer).split()]
    )
    info = {_text(key): _text(value) for key, value in lines}
    known = (info["cluster_state"], int(info["cluster_known_nodes"]), int(info["cluster_slots_assigned"]))
    return known == ("ok", members, _SLOTS)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
