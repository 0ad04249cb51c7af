"""The Redis cache of hubkit: ``redis://``, ``rediss://`` (TLS) and ``redis+unix://`` (a local socket).

Install it with ``pip install "hubkit[redis]"``. A user of the server who may do no more than
a cache needs is made with::

    ACL SETUSER hubkit on >PASSWORD ~hubkit:1:* +get +mget +set +del +pexpire +scan
        +watch +unwatch +multi +exec +discard +select
"""

from __future__ import annotations

from hubkit_redis._cache import RedisCache, open_redis

__all__ = ["RedisCache", "open_redis"]
