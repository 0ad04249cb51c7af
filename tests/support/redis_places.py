"""Stores of a fleet, each with its way to come to harm."""

from __future__ import annotations

import pytest
import redis
from redis_groups import admin, start_cluster, start_watched
from redis_servers import start_server, until

from hubkit.testing import LocalHub

__all__ = ["KNOWN", "PLACES"]

KNOWN = [f"org/m{number}" for number in range(8)]
"""The models that are stored when it happens."""


class Place:
    """A store of a fleet, and how it comes to harm.

    Args:
        stack: Ends its servers.
        binary: A redis-server.
    """

    reads_go_on = True
    says = None
    """What the one warning says; None where there is nothing to be done about it, or nothing wrong."""

    def __init__(self, stack, binary):
        self.stack, self.binary = stack, binary
        self.server = self.start()
        self.url = self.server.url
        self.url_then = self.url

    def start(self, *options):
        """Another server."""
        server = start_server(self.binary, *options)
        self.stack.callback(server.stop)
        return server

    def driver(self):
        """The driver itself."""
        return self.stack.enter_context(admin(self.server))

    def harm(self):
        """Do it."""


class RestartedEmpty(Place):
    """A server that keeps nothing, started anew."""

    reads_go_on = False

    def harm(self):
        """Do it."""
        self.server.restart()


class OutOfMemory(Place):
    """A full server that may evict nothing."""

    says = r"not writable.*memory"

    def harm(self):
        """Do it."""
        self.driver().config_set("maxmemory-policy", "noeviction")
        self.driver().config_set("maxmemory", "1")


class Replica(Place):
    """A primary that became a replica."""

    says = r"not writable.*it is a replica; name its primary"

    def harm(self):
        """Do it."""
        self.driver().replicaof("127.0.0.1", "1")


class WrongPassword(Place):
    """A password that is not the server's."""

    reads_go_on = False
    says = r"not usable.*(?i:password|auth)"

    def harm(self):
        """Do it."""
        self.driver().config_set("requirepass", "right")
        self.url_then = self.url.replace("//", "//:hunter2@")


class NoPassword(WrongPassword):
    """None given, where the server wants one."""

    def harm(self):
        """Do it."""
        super().harm()
        self.url_then = self.url


class MayNotWrite(Place):
    """A user without the right to write."""

    says = r"not writable.*no permissions"

    def harm(self):
        """Do it."""
        rights = ("on", ">secret", "~hubkit:1:*", "+get", "+mget", "+scan")
        self.driver().execute_command("ACL", "SETUSER", "reader", *rights)
        self.url_then = self.url.replace("//", "//reader:secret@")


class MayNothing(MayNotWrite):
    """A user without any right."""

    reads_go_on = False
    says = r"not usable.*no permissions"

    def harm(self):
        """Do it."""
        self.driver().execute_command("ACL", "SETUSER", "nobody", "on", ">secret")
        self.url_then = self.url.replace("//", "//nobody:secret@")


class NoTLS(Place):
    """TLS to a port without."""

    reads_go_on = False
    says = r"not usable.*does it speak TLS"

    def harm(self):
        """Do it."""
        self.url_then = self.url.replace("redis://", "rediss://")


class NoRedis(Place):
    """The address of something else."""

    reads_go_on = False
    says = "not usable"

    def harm(self):
        """Do it."""
        other = self.stack.enter_context(LocalHub())
        self.url_then = other.endpoint.replace("http://", "redis://")


class TooLarge(Place):
    """A server that takes no values of more than a megabyte, and was given a larger one before."""

    def harm(self):
        """Do it."""
        names = self.driver().keys("*|model|*")
        self.driver().config_set("proto-max-bulk-len", str(1 << 20))
        with pytest.raises(redis.RedisError):
            self.driver().append(names[0], b"x" * (1 << 20))


class ClusterNode(Place):
    """A cluster, one of whose servers is killed."""

    reads_go_on = False
    says = "not usable|not writable"

    def start(self, *options):
        """All servers; the first of them."""
        self.cluster = start_cluster(self.stack, self.binary)
        return self.cluster.primaries[0]

    def __init__(self, stack, binary):
        super().__init__(stack, binary)
        self.url = self.url_then = self.cluster.url

    def harm(self):
        """Do it."""
        self.server.kill()


class Failover(Place):
    """A primary under sentinels, killed, and its successor."""

    def start(self, *options):
        """All servers; the first of them."""
        self.watched = start_watched(self.stack, self.binary)
        return self.watched.primary

    def __init__(self, stack, binary):
        super().__init__(stack, binary)
        self.url = self.url_then = self.watched.url

    def harm(self):
        """Do it."""
        with admin(self.watched.replica) as replica:
            until(lambda: len(replica.keys("*|model|*")) == len(KNOWN), "all entries on the replica")
        self.server.kill()
        until(lambda: self.watched.primary_port() == self.watched.replica.port, "a successor")


class DuringFailover(Failover):
    """The same, before there is a successor."""

    reads_go_on = False
    says = "not usable|not writable"

    def harm(self):
        """Do it."""
        self.server.kill()


PLACES = [
    *(
        RestartedEmpty,
        OutOfMemory,
        Replica,
        WrongPassword,
        NoPassword,
        MayNotWrite,
        MayNothing,
        NoTLS,
        NoRedis,
    ),
    *(TooLarge, ClusterNode, Failover, DuringFailover),
]
