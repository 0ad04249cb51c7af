"""`HubConfig`: every setting of hubkit, its meaning, its unit and its default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from hubkit import _conversions as convert
from hubkit._secrets import Secret, redact, without_frames
from hubkit._settings import (
    CONFIG_VARIABLE,
    Environment,
    Setting,
    nearest_key,
    read_settings,
    working_folder,
)
from hubkit.errors import ConfigError, InvalidTokenError

__all__ = ["DEFAULT_ENDPOINT", "HubConfig"]

DEFAULT_ENDPOINT = "https://huggingface.co"

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _default_tiers() -> tuple[str, ...]:
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("hubkit", appauthor=False) / "entries"
        return (folder.as_uri(),)
    except (RuntimeError, ValueError):
        import logging

        # A container may run as a user whom its system doesn't know. Which error that is depends on the release.
        logging.getLogger("hubkit").warning(
            "this user has no home for a cache, so nothing is kept: name a place in HUBKIT_CACHE"
        )
        return ("memory://",)


def _without_passwords(urls: tuple[str, ...]) -> str:
    return repr(tuple(map(redact, urls)))


def _naming_the_field(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Let each conversion's error begin with the name of its field."""
    return [field.evolve(converter=_Named(field)) for field in fields]


class _Named:
    def __init__(self, field: attrs.Attribute[Any]) -> None:
        self._name = field.name
        self._convert: Any = field.converter

    def __call__(self, value: Any) -> Any:
        try:
            return self._convert(value)
        except (ConfigError, InvalidTokenError) as error:
            raise type(error)(f"{self._name} {error}") from error


@attrs.frozen(kw_only=True, field_transformer=_naming_the_field)
class HubConfig:
    """Settings of a `HubClient`.

    `HubConfig.load()` reads the environment and files; the constructor takes what it
    is given and defaults for the rest. Each field is also the environment variable
    ``HUBKIT_<NAME>`` and a key of ``hubkit.toml`` or ``[tool.hubkit]``. Times are
    seconds, or text such as ``30s``, ``24h``, ``7d``.

    >>> HubConfig(ttl="12h", cache="memory://").ttl
    43200.0

    Raises:
        ConfigError: A value is out of range; the text names the field.
    """

    endpoint: str = attrs.field(default=DEFAULT_ENDPOINT, converter=convert.endpoint)
    """Base URL of the Hub."""
    token: Secret | None = attrs.field(default=None, converter=convert.token)
    """Access token; sent from the first request on. None: anonymous."""
    cache: tuple[str, ...] = attrs.field(
        factory=_default_tiers, converter=convert.tiers, repr=_without_passwords
    )
    """Cache tiers as URLs, nearest first; in the environment separated by spaces or commas."""
    cache_mode: str = attrs.field(default="read-write", converter=convert.cache_mode)
    """``read-only`` for jobs that must not change what others read."""
    cache_key: Secret | None = attrs.field(default=None, converter=convert.secret)
    """The fleet's secret: entries are signed with it, others are misses, and it keys the token fingerprints."""
    ttl: float = attrs.field(default=86_400.0, converter=convert.seconds)
    """Seconds for which an answer is used without asking again, or those of whoever stored it, if fewer; offline yours."""
    stale_if_error: float = attrs.field(default=0.0, converter=convert.seconds)
    """Seconds beyond ``ttl`` for which it stands in when the Hub can't answer; CI is advised to say ``7d``."""
    stale_while_revalidate: float = attrs.field(default=0.0, converter=convert.seconds)
    """Seconds beyond ``ttl`` for which it is used while it is being asked anew."""
    negative_ttl: float = attrs.field(default=300.0, converter=convert.seconds)
    """Seconds for which "there is no such model" is believed."""
    offline: bool = attrs.field(default=False, converter=convert.flag)
    """Never use the network."""
    connect_timeout: float = attrs.field(default=5.0, converter=convert.positive_seconds)
    """Seconds to wait for a connection."""
    read_timeout: float = attrs.field(default=15.0, converter=convert.positive_seconds)
    """Seconds to wait for the next bytes."""
    deadline: float = attrs.field(default=30.0, converter=convert.positive_seconds)
    """Seconds that one answer may take in all, retries and pauses included; of a listing, each page."""
    retries: int = attrs.field(default=3, converter=convert.whole)
    """How often a request that changes nothing is tried again."""
    max_workers: int = attrs.field(default=8, converter=convert.positive)
    """Requests under way at once in a call for many models, and in the background."""
    memory_entries: int = attrs.field(default=1024, converter=convert.whole)
    """Decoded answers kept in this process; 0 keeps none."""
    memory_seconds: float = attrs.field(default=60.0, converter=convert.seconds)
    """Seconds for which they are used before the tiers are asked again."""
    cache_max_bytes: int = attrs.field(default=2**30, converter=convert.size)
    """Bound on each local store, in bytes or as text such as ``500MB``."""
    share_private: bool = attrs.field(default=False, converter=convert.flag)
    """Whether private answers may go to shared tiers such as Redis."""
    allow_insecure: bool = attrs.field(default=False, converter=convert.flag)
    """Whether a token may go over plain http to another machine."""
    progress: bool = attrs.field(default=True, converter=convert.flag)
    """Whether work that takes a while shows a bar, when standard error is a terminal."""

    def __attrs_post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        exposed = parts.scheme == "http" and parts.hostname not in _LOOPBACK
        if exposed and self.token is not None and not self.allow_insecure:
            raise ConfigError(
                f"endpoint {self.endpoint} would get the token unencrypted: "
                "use https, or set allow_insecure if that is what you want"
            )

    @classmethod
    def load(
        cls,
        overrides: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        start: Path | None = None,
    ) -> HubConfig:
        """Settings from, strongest first: ``overrides``, ``HUBKIT_*``, ``HF_*``, a TOML file, the defaults.

        ``HF_ENDPOINT``, ``HF_TOKEN`` and ``HF_HUB_OFFLINE`` are understood. The file is
        ``HUBKIT_CONFIG``, else the nearest ``hubkit.toml`` or ``pyproject.toml`` with a
        ``[tool.hubkit]`` table, from the working folder upwards.

        Args:
            overrides: Values by field name.
            environ: Environment variables, if not this process's.
            start: Where the search for a file starts, if not the working folder.

        Raises:
            ConfigError: A key is unknown or a value out of range; the text names both
                the field and where it came from. Or a file that nobody named has another Hub
                get a token that isn't in it: any folder that was cloned could ask for that.
        """
        environ = Environment(os.environ if environ is None else environ)
        fields = attrs.fields_dict(cls)
        given = dict(overrides or {})
        for key in given:
            if key not in fields:
                raise ConfigError(f"unknown setting {key!r}{nearest_key(key, fields)}")
        found = read_settings(
            fields,
            environ=environ,
            start=working_folder() if start is None else start,
        )
        values = {}
        for name, setting in found.items():
            if name not in given:
                values[name] = _converted(fields[name], setting)
        config = cls(**values, **given)
        if "endpoint" in values and found["endpoint"].lay_around:
            own_token = "token" in values and found["token"].lay_around
            _check_trust(config, found["endpoint"], own_token=own_token)
        return config


def _check_trust(config: HubConfig, endpoint: Setting, *, own_token: bool) -> None:
    if config.token is not None and not own_token and config.endpoint != DEFAULT_ENDPOINT:
        raise ConfigError(
            f"{endpoint.source} would have {config.endpoint} get your token: if that is right, "
            f"say so with HUBKIT_ENDPOINT, or name the file with {CONFIG_VARIABLE}"
        )


def _converted(field: Any, setting: Setting) -> Any:
    try:
        return field.converter(setting.value)
    except (ConfigError, InvalidTokenError) as error:
        raise type(error)(f"{error} (from {setting.source})") from without_frames(error)
