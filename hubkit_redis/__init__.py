"""The Redis cache of hubkit: one server, a primary that sentinels watch over, or a cluster.

Its URLs begin with ``redis://``, ``redis+unix://`` (a local socket), ``redis+sentinel://`` or
``redis+cluster://``; with ``rediss`` in place of ``redis`` over TLS. Install it with
``pip install "hubkit[redis]"``. A user of the server who may do no more than a cache needs is
made, on each server, with::

    ACL SETUSER hubkit on >PASSWORD ~hubkit:1:* +get +mget +set +del +pexpire +scan
        +watch +unwatch +multi +exec +discard +select +asking +cluster|slots
"""

from __future__ import annotations

from hubkit_redis._cache import RedisCache, open_redis

__all__ = ["RedisCache", "open_redis"]
