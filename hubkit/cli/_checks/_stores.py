"""What to do about a store that can't be used, by what it said. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["remedy_for"]

# The first that fits counts. Systems and servers word these so.
_LOCAL: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (
        ("belongs to another user",),
        "name a folder of your own, HUBKIT_CACHE=file://~/.cache/hubkit/entries, or have this one given to you",
    ),
    (
        ("no space left", "disk quota", "disk is full"),
        "make room: 'hubkit cache prune', 'hf cache', or another disk",
    ),
    (("locked",), "see which program holds it open (lsof)"),
    (
        ("read-only", "readonly", "permission denied", "not permitted", "no such file", "not a directory"),
        "let this user write there, or name another place: HUBKIT_CACHE=file:///dir",
    ),
)
_SERVERS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("does it speak tls",), "write redis:// if it doesn't; else check its host, port and firewall"),
    (
        ("noauth", "authentication required"),
        "put user and password into the URL: redis://user:password@host/0, special characters as %40",
    ),
    (
        ("wrongpass", "invalid username-password", "invalid password", "no password is set"),
        "check user and password in the URL; special characters are written %40 and the like",
    ),
    (("noperm", "no permission"), "give its user the commands that docs/redis.md lists (ACL SETUSER ...)"),
    (("readonly", "replica"), "name its primary, or the sentinels that know it: redis+sentinel://..."),
    (("oom", "maxmemory"), "raise maxmemory, or let it evict: CONFIG SET maxmemory-policy allkeys-lru"),
    (("misconf",), "the server can't save to its disk: make room there, or 'save \"\"'"),
    (("max number of clients",), "raise the server's maxclients"),
    (("certificate",), "name your authority in the URL: ?ssl_ca_certs=/path/ca.pem"),
    (("refused", "no such file"), "start the server, or check host, port or socket in the URL"),
    (("name or service", "nodename", "name resolution"), "check the host in the URL"),
    (("protocol error",), "what answers there is no Redis: check host and port in the URL"),
    (("timed out", "timeout", "took too long"), "see whether it runs, and whether a firewall is in between"),
    (("unreachable", "no route"), "check the network between this machine and the server"),
)


def remedy_for(said: str, url: str) -> str:
    """What to do about it.

    Args:
        said: What the store, its driver or the system said.
        url: The tier's URL.
    """
    text = said.lower()
    if "pip install" in text:
        return "run that command"
    is_redis = url.lower().startswith("redis")
    for words, remedy in _SERVERS if is_redis else _LOCAL:
        if any(word in text for word in words):
            return remedy
    return "see docs/redis.md" if is_redis else "check the URL in HUBKIT_CACHE"
