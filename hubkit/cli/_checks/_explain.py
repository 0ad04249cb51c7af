"""Why the Hub can't be reached, and what to do about that."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from hubkit._secrets import redact
from hubkit.config import HubConfig
from hubkit.errors import HubkitError, TransportTimeoutError, UnexpectedAnswerError

__all__ = ["explain", "proxy_for"]


def explain(error: HubkitError, config: HubConfig) -> tuple[str, str]:
    """What happened, and what to do.

    Args:
        error: What the transport raised.
        config: The settings.
    """
    causes = list(_causes(error))
    proxy = proxy_for(config.endpoint)
    if any(type(cause).__name__ == "ProxyError" for cause in causes):
        return _proxy(causes, proxy)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls(cause)
    if isinstance(error, UnexpectedAnswerError):
        return (
            "something else than a Hub answers, such as a proxy or a login portal",
            "log in to the network, or check HUBKIT_ENDPOINT and HTTPS_PROXY",
        )
    return _connection(error, causes, config, proxy)


def proxy_for(endpoint: str) -> str | None:
    """The proxy between this machine and the Hub, as the variables have it; without its password."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(endpoint)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is None or (parts.hostname and proxy_bypass(parts.hostname)):
        return None
    return redact(proxy if "://" in proxy else f"http://{proxy}")


def _proxy(causes: list[BaseException], proxy: str | None) -> tuple[str, str]:
    if any("407" in str(cause) for cause in causes):
        return (
            f"the proxy {proxy} wants a login",
            "put user and password into HTTPS_PROXY, special characters as %40 and the like",
        )
    return f"the proxy {proxy} can't be used", "check HTTPS_PROXY; NO_PROXY names hosts that need none"


def _tls(cause: ssl.SSLError) -> tuple[str, str]:
    reason = getattr(cause, "verify_message", None)
    if (reason and "expired" in reason) or (reason and "not yet valid" in reason):
        return f"its certificate: {reason}", "check this machine's clock; else tell whoever runs the Hub"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate isn't trusted: {reason or 'verification failed'}",
            "name your authority's file with REQUESTS_CA_BUNDLE=/path/to/ca.pem, as companies' proxies need",
        )
    return (
        f"TLS failed: {cause.reason or 'no reason given'}",
        "is it http:// at that address? Else a proxy in between may be the cause: see HTTPS_PROXY",
    )


def _connection(
    error: HubkitError, causes: list[BaseException], config: HubConfig, proxy: str | None
) -> tuple[str, str]:
    host = urlsplit(config.endpoint).hostname
    behind = "" if proxy else "; behind a proxy set HTTPS_PROXY"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the name {host} can't be found", f"check the network and the endpoint's name{behind}"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "nothing listens there", "check the endpoint: HUBKIT_ENDPOINT or HF_ENDPOINT, host and port"
    if isinstance(error, TransportTimeoutError):
        return "no answer in time", f"check the network, and whether a firewall is in between{behind}"
    said = redact(error.message, config.token).removeprefix(f"{config.endpoint}/api/models: ")
    return f"can't be asked: {said}", f"check the network{behind}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and all that stand behind it."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
