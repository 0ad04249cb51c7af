"""Keys and scopes: one question, one key; nobody's answer under somebody else's."""

from __future__ import annotations

import itertools

from hubkit._secrets import Secret
from hubkit.cache._keys import (
    ANONYMOUS,
    PUBLIC,
    fingerprint,
    is_shareable,
    model_key,
    model_prefix,
    scope_of,
    search_key,
    search_prefix,
)

HUB = "https://huggingface.co"
OTHER = "https://hub.example"
TOKEN = Secret("hf_abcdefghijklmnop")


def test_fingerprints_differ() -> None:
    """Each endpoint, token and fleet secret makes a fingerprint of its own."""
    keys = [None, Secret("k"), Secret("l")]
    tokens = [TOKEN, Secret("hf_abcdefghijklmnoq"), Secret("x")]
    prints = {fingerprint(*parts) for parts in itertools.product([HUB, OTHER], tokens, keys)}

    assert len(prints) == 18


def test_parts_do_not_run_together() -> None:
    """Where the endpoint ends and the token begins makes a difference."""
    assert fingerprint("https://a", Secret("bc")) != fingerprint("https://ab", Secret("c"))


def test_fingerprint_hides_the_token() -> None:
    """Nothing of the token is in it, and the same parts always make the same."""
    scope = fingerprint(HUB, TOKEN)

    assert scope == fingerprint(HUB, Secret(TOKEN.reveal()))
    assert scope.startswith("token-")
    assert all(TOKEN.reveal()[start : start + 4] not in scope for start in range(3, 16))


def test_any_secret_will_do() -> None:
    """Bytes of an environment variable that are no UTF-8 don't break the fingerprint."""
    assert fingerprint(HUB, TOKEN, Secret("\udcff")) != fingerprint(HUB, Secret("\udcff"))


def test_scopes() -> None:
    """Without a token one is anonymous, with one its fingerprint."""
    assert scope_of(HUB, None) == ANONYMOUS
    assert scope_of(HUB, TOKEN, Secret("k")) == fingerprint(HUB, TOKEN, Secret("k"))


def test_public_keys() -> None:
    """Only the keys of the public scope may be shared, also beside models that are called so."""
    keys = [model_key(HUB, scope, "public") for scope in (PUBLIC, ANONYMOUS, fingerprint(HUB, TOKEN))]

    assert [is_shareable(key) for key in keys] == [True, False, False]
    assert not is_shareable("publicity|x")


def test_keys_begin_with_their_prefix() -> None:
    """What clears or lists by prefix finds its own and nothing else."""
    assert model_key(HUB, PUBLIC, "a/b", "main").startswith(model_prefix(HUB, PUBLIC))
    assert search_key(HUB, PUBLIC, "q=1").startswith(search_prefix(HUB, PUBLIC))
    assert not model_key(HUB, PUBLIC, "a/b").startswith(search_prefix(HUB, PUBLIC))
    assert not model_key(HUB, PUBLIC, "a/b").startswith(model_prefix(HUB + "/sub", PUBLIC))


def test_no_model_poses_as_another_at_a_revision() -> None:
    """Any text may be a model id in the cache, none is another's revision."""
    ids = [
        "a/b",
        "a/b @ main",
        "a/b @@ main",
        "a/b @",
        "a/b @ main @ x",
        "a/b@main",
        "a/b@@main",
        "@",
        "@@",
        "",
    ]
    revisions = [None, "main", "main@x", "@"]
    keys = {model_key(HUB, PUBLIC, *parts) for parts in itertools.product(ids, revisions)}

    assert len(keys) == len(ids) * len(revisions)


def test_ordinary_keys_are_plain() -> None:
    """A person who looks into the store recognises the model."""
    assert model_key(HUB, PUBLIC, "org/name", "v1") == f"public|{HUB}|model|org/name @ v1"
