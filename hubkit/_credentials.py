"""Where a token comes from when the caller names none, and what one looks like."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from hubkit._secrets import Secret
from hubkit.config import HubConfig
from hubkit.errors import BackendUnavailableError, ConfigError, InvalidTokenError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["FoundToken", "check_hub_token", "find_token", "forget_token", "remember_token", "token_from"]

log = logging.getLogger("hubkit")

SERVICE = "hubkit"
"""Under this name tokens lie in the keystore, one per endpoint."""


@attrs.frozen
class FoundToken:
    """A token and where it was found."""

    token: Secret
    source: str
    """For people: ``settings``, ``keystore`` or ``hf token file``."""


def token_from(credentials: Any) -> Secret:
    """The token in what a caller passed to ``connect``.

    Args:
        credentials: ``{"token": "hf_..."}``; the first connector's ``api_key`` is understood too.

    Raises:
        InvalidTokenError: There is none, or it doesn't look like one.
    """
    if not isinstance(credentials, Mapping):
        raise InvalidTokenError(
            "token is required: credentials must be a mapping such as {'token': 'hf_...'}"
        )
    value = credentials.get("token") or credentials.get("api_key")
    if isinstance(value, Secret):
        value = value.reveal()
    if not value or not isinstance(value, str):
        raise InvalidTokenError("token is required")
    return check_hub_token(Secret(value.strip()))


def check_hub_token(token: Secret) -> Secret:
    """Check that a token has the shape that huggingface.co gives its own.

    Raises:
        InvalidTokenError: It hasn't; its text is not in the message.
    """
    text = token.reveal()
    if not text.startswith("hf_"):
        raise InvalidTokenError("Invalid HuggingFace token format (should start with 'hf_')")
    if len(text) <= 3 or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidTokenError("Invalid HuggingFace token format (should be 'hf_' and letters or digits)")
    return token


def find_token(config: HubConfig) -> FoundToken | None:
    """The token to use: from the settings, the OS keystore, or the file of ``hf auth login``.

    That file's is for the Hub that huggingface_hub asks, ``HF_ENDPOINT`` if it is set; no other gets it.
    """
    if config.token is not None:
        return FoundToken(config.token, "settings")
    stored = _from_keystore(config.endpoint)
    if stored is not None:
        return FoundToken(stored, "keystore")
    kept = _from_huggingface_hub(config.endpoint)
    return None if kept is None else FoundToken(kept, "hf token file")


def remember_token(endpoint: str, token: Secret) -> str:
    """Put a token into the OS keystore; the keystore's name.

    Raises:
        BackendUnavailableError: `keyring` is not installed.
        ConfigError: The machine has no keystore that encrypts.
    """
    keystore = _keystore()
    from keyring.errors import KeyringError

    try:
        keystore.set_password(SERVICE, endpoint, token.reveal())
    except KeyringError as error:
        raise ConfigError(f"the keystore refused the token: {type(error).__name__}") from error
    return str(keystore.name)


def forget_token(endpoint: str) -> bool:
    """Remove a token from the OS keystore; whether there was one."""
    keystore = _keystore()
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keystore.delete_password(SERVICE, endpoint)
    except PasswordDeleteError:
        return False
    except KeyringError as error:
        raise ConfigError(f"the keystore failed: {type(error).__name__}") from error
    return True


def _from_huggingface_hub(endpoint: str) -> Secret | None:
    from huggingface_hub import constants

    if endpoint != constants.ENDPOINT.rstrip("/") or _keeps_none(constants.HF_TOKEN_PATH):
        return None
    from huggingface_hub import get_token

    text = get_token()
    return Secret(text) if text else None


def _keeps_none(path: str) -> bool:
    """Whether huggingface_hub has nowhere a token from: to ask it takes 0.2 s, for what it imports."""
    variables = [name for name in os.environ if name.startswith(("HF_", "HUGGING_FACE_"))]
    speaks = any("TOKEN" in name or "OIDC" in name for name in variables)
    # In a notebook of Colab the vault has one.
    return not (speaks or os.path.exists(path) or "IPython" in sys.modules)


def _from_keystore(endpoint: str) -> Secret | None:
    """A keystore that is missing, locked or plaintext is no reason to fail: others may know the token."""
    if _leads_to_none():
        log.debug("no keystore: there is no desktop, and none is chosen")
        return None
    try:
        text = _keystore().get_password(SERVICE, endpoint)
    except ConfigError as error:
        log.debug("no keystore: %s", error)
        return None
    except Exception as error:  # noqa: BLE001 - keystores raise what their desktop raises
        log.debug("the keystore failed: %s", type(error).__name__)
        return None
    return Secret(text) if text else None


def _leads_to_none() -> bool:
    """Whether `keyring` would find no keystore: to ask it takes 0.1 s of imports, on servers for nothing.

    Its own on Linux are reached over the desktop's message bus. All else is chosen by name, in a variable or a
    file, or is another package's.
    """
    if sys.platform != "linux" or "keyring" in sys.modules:
        return False
    leading = ("DBUS_", "DISPLAY", "KEYRING_", "PYTHON_KEYRING_", "SECRET_", "WAYLAND_")
    if any(name.startswith(leading) for name in os.environ):
        return False
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    settings = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    if os.path.exists(f"{runtime}/bus") or os.path.exists(f"{settings}/python_keyring/keyringrc.cfg"):
        return False
    return importlib.util.find_spec("keyring") is None or not _others_keystores()


def _others_keystores() -> bool:
    """Whether a package brings a keystore that keyring itself hasn't."""
    from importlib.metadata import entry_points

    found = entry_points(group="keyring.backends")
    return any(not point.value.startswith("keyring.backends.") for point in found)


def _keystore() -> KeyringBackend:
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeystore
    except ImportError as error:
        raise BackendUnavailableError(
            'the OS keystore needs a package: pip install "hubkit[keyring]"'
        ) from error
    keystore = keyring.get_keyring()
    if isinstance(keystore, NoKeystore) or not _works_here(keystore):
        raise ConfigError(
            "this machine has no OS keystore (usual on servers): set HF_TOKEN, or run 'hf auth login'"
        )
    if _is_plaintext(keystore):
        raise ConfigError(
            f"the keystore {keystore.name!r} writes tokens in plain text: set HF_TOKEN instead, "
            "or choose an encrypting keystore"
        )
    return keystore


def _works_here(keystore: KeyringBackend) -> bool:
    try:
        return bool(keystore.priority > 0)
    except Exception:  # noqa: BLE001 - a backend may raise anything to say that it lacks something
        return False


def _is_plaintext(keystore: Any) -> bool:
    """Whether a backend, or any that a chainer asks, keeps passwords unencrypted."""
    inner = getattr(keystore, "backends", None)
    if inner is not None:
        return any(map(_is_plaintext, inner))
    names = {base.__name__.lower() for base in type(keystore).__mro__}
    return any("plaintext" in name or name in ("uncryptedfilekeyring", "nullcrypter") for name in names)
