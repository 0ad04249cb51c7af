"""Whether the servers behind a shared tier are set up as a cache wants them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hubkit.cli._checks._finding import Status
from hubkit.cli._format import size_text

__all__ = ["judge_servers"]

_FULL: Final = 0.9
_EVICT: Final = "CONFIG SET maxmemory-policy allkeys-lru (volatile-lru if data that must stay is there too)"


def judge_servers(servers: Sequence[Mapping[str, object]]) -> tuple[Status, str, str | None]:
    """The worst verdict on any of them: status, message, remedy.

    Args:
        servers: What each says of itself: ``redis_version``, ``used_memory``, ``maxmemory``, ``maxmemory_policy``.
    """
    verdicts = [_judged(server) for server in servers]
    if not verdicts:
        return "skip", "no server said anything of its memory", None
    return next((verdict for verdict in verdicts if verdict[0] != "ok"), verdicts[0])


def _judged(server: Mapping[str, object]) -> tuple[Status, str, str | None]:
    used, most = _number(server, "used_memory"), _number(server, "maxmemory")
    policy = str(server.get("maxmemory_policy") or "unknown eviction")
    name = f"Redis {server.get('redis_version', '')}".strip()
    if not most:
        return "ok", f"{name}, {size_text(used)} used, no memory limit", None
    message = f"{name}, {size_text(used)} of {size_text(most)} used, {policy}"
    if policy == "noeviction":
        nearly = ", and it nearly is" if used > _FULL * most else ""
        return "warn", f"{message}: a full server refuses writes{nearly}", _EVICT
    return "ok", message, None


def _number(server: Mapping[str, object], name: str) -> int:
    value = server.get(name)
    return value if isinstance(value, int) else 0
