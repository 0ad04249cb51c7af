"""Whether the settings can be read; where they can't, as many of them as are right."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hubkit._provenance import Origin, config_files, origins
from hubkit._settings import PREFIX
from hubkit.cli._checks._finding import Finding
from hubkit.config import HubConfig
from hubkit.errors import HubkitError, InvalidTokenError

__all__ = ["Known", "check_offline", "read_settings"]

_HF = ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE")


class Known(NamedTuple):
    """The settings that the other checks go by."""

    config: HubConfig
    origins: Mapping[str, Origin]
    """Empty when the settings can't be read."""
    findings: list[Finding]


def read_settings(overrides: Mapping[str, Any]) -> Known:
    """The settings and what is to say of them; never raises.

    Args:
        overrides: Settings from the command line, by field name.
    """
    try:
        config = HubConfig.load(overrides)
        found = origins(overrides)
    except HubkitError as error:
        return Known(_what_is_right(overrides), {}, [_broken(error)])
    said = {name: origin for name, origin in found.items() if origin.kind not in ("default", "argument")}
    places = dict.fromkeys(str(origin.path or origin.variable) for origin in said.values())
    message = f"from {', '.join(places)}" if places else "all defaults: no variables, and no file"
    return Known(config, found, [Finding(check="settings", status="ok", message=message)])


def check_offline(known: Known) -> Finding:
    """Whether the network may be used, and who says that it mayn't."""
    if not known.config.offline:
        return Finding(check="offline", status="ok", message="no: the Hub is asked")
    origin = known.origins.get("offline")
    if origin is None or origin.kind == "argument":
        return Finding(check="offline", status="ok", message="yes, as --offline says: the Hub isn't asked")
    return Finding(
        check="offline",
        status="warn",
        message=f"yes, as {origin} says: the Hub isn't asked",
        remedy=f"unset {origin.variable}" if origin.variable else f"take 'offline' out of {origin}",
    )


def _broken(error: HubkitError) -> Finding:
    broken = [looked.path for looked in config_files() if looked.state == "broken"]
    if isinstance(error, InvalidTokenError):
        remedy = "set it to a token as the Hub shows it, 'hf_' and letters or digits, or unset it"
    elif broken:
        remedy = f"mend {broken[-1]}, or name another file with HUBKIT_CONFIG"
    else:
        remedy = "mend or remove what it names; 'hubkit config path' lists the files, docs/configuration.md all settings"
    return Finding(
        check="settings",
        status="fail",
        message=f"{error.message}; the other checks go without",
        remedy=remedy,
    )


def _what_is_right(overrides: Mapping[str, Any]) -> HubConfig:
    """Settings from those variables that are right by themselves, and no file."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if name in _HF or (name.startswith(PREFIX) and name != f"{PREFIX}CONFIG")
    }
    right = {name: value for name, value in environ.items() if _loads({}, {name: value})}
    for given, variables in ((overrides, right), ({}, right), ({}, {})):
        if _loads(given, variables):
            return _load(given, variables)
    return HubConfig()


def _loads(overrides: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    try:
        _load(overrides, environ)
    except HubkitError:
        return False
    return True


def _load(overrides: Mapping[str, Any], environ: Mapping[str, str]) -> HubConfig:
    return HubConfig.load(overrides, environ=environ, start=_NOWHERE)


# A search that starts here passes through no folder in which anybody works.
_NOWHERE = Path(os.devnull)
