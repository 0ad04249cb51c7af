"""Keys and scopes: which question an entry answers, and who may read the answer."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from hubkit._secrets import Secret

__all__ = [
    "ANONYMOUS",
    "FLEET",
    "PUBLIC",
    "SHELVES",
    "Scope",
    "access_key",
    "fingerprint",
    "is_shareable",
    "listing_key",
    "mark_key",
    "model_key",
    "model_prefix",
    "note_key",
    "replies_about",
    "reply_prefix",
    "scope_of",
    "search_key",
    "search_prefix",
    "shelf_of",
    "subject_of",
]

Scope = str
"""``public``, ``anonymous``, or ``token-`` and a fingerprint."""

PUBLIC: Scope = "public"
"""What an anonymous request got, or what the Hub called ``private: false``."""

ANONYMOUS: Scope = "anonymous"
"""What only those without a token believe: that there is nothing."""

FLEET = "fleet"
"""Where a scope would stand, in the keys of notes."""

SHELVES: Final = 16
"""Parts of a scope whose contents are listed each by itself: a change makes one part's list useless."""

_DOMAIN = b"hubkit scope 1"


def fingerprint(endpoint: str, token: Secret, cache_key: Secret | None = None) -> Scope:
    """The scope of a token: nobody gets the token back from it.

    Args:
        endpoint: The Hub that the token is for.
        token: The token.
        cache_key: The fleet's secret, if it has one: then a reader of the store
            can't even test whether a token that he knows has been here.
    """
    message = b"\0".join((_DOMAIN, endpoint.encode(), token.reveal().encode("utf-8", "surrogatepass")))
    return "token-" + _keyed_hash(cache_key, message)


def scope_of(endpoint: str, token: Secret | None, cache_key: Secret | None = None) -> Scope:
    """The scope that a caller's own answers belong to."""
    return ANONYMOUS if token is None else fingerprint(endpoint, token, cache_key)


def is_shareable(key: str) -> bool:
    """Whether what lies under a key may go to stores that others read: public answers, and notes of the fleet."""
    return key.startswith((PUBLIC + "|", FLEET + "|"))


def note_key(endpoint: str, kind: str, subject: str) -> str:
    """The key of a note that members of a fleet leave for each other; it holds no answer of the Hub.

    >>> note_key("https://huggingface.co", "cooldown", "token-1")
    'fleet|https://huggingface.co|cooldown|token-1'
    """
    return f"{FLEET}|{endpoint}|{kind}|{subject}"


def subject_of(question: str, cache_key: Secret | None = None) -> str:
    """A question as it stands in keys that others see: it may name what only its asker may know of."""
    message = _DOMAIN + b"\0question\0" + question.encode("utf-8", "surrogatepass")
    return _keyed_hash(cache_key, message)


def model_prefix(endpoint: str, scope: Scope) -> str:
    """What every model key of one Hub and scope starts with."""
    return f"{scope}|{endpoint}|model|"


def model_key(endpoint: str, scope: Scope, model_id: str, revision: str | None = None) -> str:
    """The key of a model's metadata.

    >>> model_key("https://huggingface.co", PUBLIC, "org/name")
    'public|https://huggingface.co|model|org/name'
    """
    # A single "@" between spaces marks a revision: no text that poses as a model id can hold one.
    key = model_prefix(endpoint, scope) + model_id.replace("@", "@@")
    return key if revision is None else f"{key} @ {revision}"


def reply_prefix(endpoint: str, scope: Scope) -> str:
    """What every key of an answer to huggingface_hub starts with; the repository follows."""
    return f"{scope}|{endpoint}|reply|"


def replies_about(endpoint: str, scope: Scope, repo: str) -> str:
    """What the keys of all answers to huggingface_hub about a repository start with.

    >>> replies_about("https://huggingface.co", PUBLIC, "models/org/name")
    'public|https://huggingface.co|reply|models/org/name '
    """
    # No id has a space in it, so that none is the beginning of another's.
    return f"{reply_prefix(endpoint, scope)}{repo} "


def access_key(endpoint: str, scope: Scope, model_id: str) -> str:
    """The key of the note that a caller was let into a gated model; never in ``public``."""
    return f"{scope}|{endpoint}|access|{model_id}"


def search_prefix(endpoint: str, scope: Scope) -> str:
    """What every search key of one Hub and scope starts with."""
    return f"{scope}|{endpoint}|search|"


def search_key(endpoint: str, scope: Scope, query: str) -> str:
    """The key of a search; ``query`` is its canonical URL query."""
    return search_prefix(endpoint, scope) + query


def shelf_of(key: str) -> tuple[str, int] | None:
    """Where a model or a search is listed: the beginning of its scope's keys, and the shelf.

    None for what no list names: models at a revision, notes, lists themselves.

    >>> shelf_of(model_key("https://huggingface.co", PUBLIC, "org/name"))
    ('public|https://huggingface.co|', 3)
    """
    found = [at for at in (key.find("|model|"), key.find("|search|")) if at >= 0]
    if not found or " @ " in key:
        return None
    return key[: min(found) + 1], crc32(key.encode("utf-8", "surrogatepass")) % SHELVES


def mark_key(prefix: str, shelf: int) -> str:
    """The key of a mark that changes with each write to a shelf.

    Args:
        prefix: What the scope's keys begin with.
        shelf: Its number.
    """
    return f"{prefix}mark|{shelf}"


def listing_key(prefix: str, shelf: int) -> str:
    """The key of a shelf's list."""
    return f"{prefix}listing|{shelf}"


def _keyed_hash(cache_key: Secret | None, message: bytes) -> str:
    # OpenSSL comes with it: 3 ms that only those with a token or a key need pay.
    from hmac import digest

    key = cache_key.reveal().encode("utf-8", "surrogatepass") if cache_key else b""
    return digest(key, message, "sha256").hex()[:32]
