"""Whoever can write to a store, or reads from it as somebody else, through `HubClient` over each kind of store."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
import zlib
from contextlib import closing
from functools import cache

import pytest
from huggingface_hub import HfApi

from hubkit import HubkitError
from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache import open_backend
from hubkit.cache._entry import Entry, decode_entry, encode_entry
from hubkit.interop import cached
from hubkit.interop._reply import Reply, encode_reply

STORES = ["file", "sqlite", pytest.param("redis", marks=pytest.mark.redis)]


@pytest.fixture
def clock():
    """The machine's own: leases in Redis end by the server's, which no test moves."""
    return SYSTEM_CLOCK


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    """The URL of an empty store of each kind."""
    if request.param == "redis":
        server = request.getfixturevalue("start_redis")()
        return server.url
    return {"file": f"file://{tmp_path}/files", "sqlite": f"sqlite://{tmp_path}/cache.db"}[request.param]


@pytest.fixture
def known(hub, make_client, store, clock):
    """The store after a client has asked about two models, and the key of the first's answer."""
    hub.add_repo("alice/other", {"README.md": b"---\nlicense: gpl-3.0\n---\n"})
    client = make_client(hub.endpoint, cache=store)
    client.get_many_metadata(["alice/open", "alice/other"])
    backend = open_backend(store, clock=clock)
    (key,) = [key for key in list(backend.keys()) if key.endswith("alice/open")]
    (other,) = [key for key in list(backend.keys()) if key.endswith("alice/other")]
    hub.reset_counts()
    return backend, key, other


def forge(raw, key, clock, **changes):
    """The entry with other contents, and a checksum that fits."""
    entry = decode_entry(raw, key)
    fields = {
        "key": key,
        "status": entry.status,
        "stored_at": clock.now(),
        "ttl": entry.ttl,
        "etag": entry.etag,
        "body": bytes(entry.plain()),
    }
    return encode_entry(Entry(**{**fields, **changes}))


@cache
def bombed():
    """A hundred megabytes of nothing, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(100_000_000)) + packer.flush()


def bomb(key, clock):
    """A sound entry that says that its body is compressed."""
    whole = bytearray(encode_entry(Entry(key, 200, clock.now(), 1e6, None, bombed())))
    # The flag that says so.
    whole[10] |= 2
    whole[4:8] = struct.pack(">I", zlib.crc32(whole[8:]))
    return bytes(whole)


def lengths(*sizes):
    """The beginning of a model's body."""
    return struct.pack(">IIII", *sizes)


# From the bytes under the key, those under another, the key and a clock: what somebody puts there instead.
POISONS = {
    "nothing": lambda raw, other, key, clock: b"",
    "noise": lambda raw, other, key, clock: bytes(range(256)) * 40,
    "torn": lambda raw, other, key, clock: raw[: len(raw) // 2],
    "one bit": lambda raw, other, key, clock: raw[:-5] + bytes([raw[-5] ^ 1]) + raw[-4:],
    "another model's": lambda raw, other, key, clock: other,
    "pickle": lambda raw, other, key, clock: b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
    "future version": lambda raw, other, key, clock: b"HKE2" + raw[4:],
    "from the future": lambda raw, other, key, clock: forge(raw, key, clock, stored_at=clock.now() + 1e6),
    "never": lambda raw, other, key, clock: forge(raw, key, clock, stored_at=float("-inf")),
    "no number": lambda raw, other, key, clock: forge(raw, key, clock, ttl=float("nan")),
    "years old": lambda raw, other, key, clock: forge(raw, key, clock, stored_at=1.0, ttl=1e12),
    "no body": lambda raw, other, key, clock: forge(raw, key, clock, body=b""),
    "bomb": lambda raw, other, key, clock: bomb(key, clock),
    "deep": lambda raw, other, key, clock: forge(
        raw, key, clock, body=lengths(10**6, 2, 2, 2) + b"[" * 10**6 + b"[]{}{}"
    ),
    "lengths": lambda raw, other, key, clock: forge(raw, key, clock, body=lengths(2**32 - 1, 0, 0, 0)),
    "other types": lambda raw, other, key, clock: forge(
        raw, key, clock, body=lengths(2, 2, 2, 2) + b"[][]{}{}"
    ),
    "list for a text": lambda raw, other, key, clock: forge(
        raw, key, clock, body=bytes(decode_entry(raw, key).plain()).replace(b'"mit"', b"[777]", 1)
    ),
}


@pytest.mark.threat("poisoned cache entry")
@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_poison(hub, make_client, store, known, clock, poison):
    """What isn't the answer to the question is a miss: the Hub is asked, and the store heals."""
    backend, key, other = known
    backend.set(key, poison(backend.get(key), backend.get(other), key, clock), expires_in=1e6)
    client = make_client(hub.endpoint, cache=store, memory_entries=0)
    found = [client.require_model_metadata("alice/open").license for _ in range(3)]

    assert ["mit"] * 3 == found
    assert 1 == hub.requests["model_info"]
    assert {"mit", "gpl-3.0"} == {model.license for model in client.cache.get_all_cached()}


@pytest.mark.threat("poisoned cache entry")
@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
@pytest.mark.parametrize("store", ["file"], indirect=True)
def test_poison_beneath_huggingface_hub(hub, store, clock, poison):
    """The same when huggingface_hub asks."""
    from hubkit import HubConfig

    api = HfApi(endpoint=hub.endpoint)
    with cached(HubConfig(cache=store), clock=clock):
        truth = api.model_info("alice/open").sha
        api.list_repo_files("alice/open")
        backend = open_backend(store, clock=clock)
        keys = [key for key in list(backend.keys()) if "|reply|" in key]
        raws = {key: backend.get(key) for key in keys}
        for number, key in enumerate(keys):
            backend.set(key, poison(raws[key], raws[keys[number - 1]], key, clock), expires_in=1e6)

        assert truth == api.model_info("alice/open").sha
        assert ["README.md", "config.json"] == sorted(
            set(api.list_repo_files("alice/open")) - {".gitattributes"}
        )


LEADING_AWAY = [
    "{url}",
    "//{host}/x",
    ":{url}",
    " {url}",
    "\t{url}",
    "{url}\\@hub",
    "\\\\{host}/x",
    "1:{url}",
    "http:{host}/x",
]


@pytest.mark.threat("poisoned cache entry")
@pytest.mark.parametrize("target", LEADING_AWAY)
@pytest.mark.parametrize("name", ["link", "location"])
def test_poison_that_leads_away(hub, alice, elsewhere, tmp_path, clock, name, target):
    """No header of a forged reply, however its reader takes it, makes huggingface_hub send the token to another host."""
    from hubkit import HubConfig

    elsewhere.behave = lambda request, sock: elsewhere.reply(200, b"[]")
    store = f"file://{tmp_path}/files"
    there = target.format(url=f"{elsewhere.endpoint}/x", host=elsewhere.endpoint.partition("//")[2])
    header = (name, f'<{there}>; rel="next"' if name == "link" else there)
    api = HfApi(endpoint=hub.endpoint, token=alice)
    with cached(HubConfig(cache=store), clock=clock):
        list(api.list_models(search="open"))
        api.file_exists("alice/open", "config.json")
        backend = open_backend(store, clock=clock)
        for key in list(backend.keys()):
            reply = Reply(
                302 if " HEAD " in key else 200,
                (header, ("content-type", "application/json")),
                b'[{"id": "a/b"}]',
            )
            entry = Entry(key, reply.status, clock.now(), 1e6, None, encode_reply(reply))
            backend.set(key, encode_entry(entry), expires_in=1e6)
        for call in (
            lambda: list(api.list_models(search="open")),
            lambda: api.file_exists("alice/open", "config.json"),
        ):
            # Whatever else it may say.
            with contextlib.suppress(Exception):
                call()

    assert [] == elsewhere.requests


SIGNED = {
    "unsigned": lambda raw, other, key, clock: forge(raw, key, clock),
    "another key's": lambda raw, other, key, clock: encode_entry(
        decode_entry(raw, key), signing_key=b"mallory"
    ),
    "signature cut off": lambda raw, other, key, clock: raw[:-32],
    "another model's": lambda raw, other, key, clock: other,
    "flag removed": lambda raw, other, key, clock: raw[:10] + bytes([raw[10] & ~4]) + raw[11:],
    "older": lambda raw, other, key, clock: raw[:11] + struct.pack(">d", clock.now() + 60.0) + raw[19:],
}


@pytest.mark.threat("wrong signature")
@pytest.mark.parametrize("poison", SIGNED.values(), ids=SIGNED)
def test_signatures(hub, make_client, store, clock, poison):
    """Who has the fleet's key believes nothing that isn't signed with it for this very question."""
    settings = {"cache": store, "memory_entries": 0, "cache_key": "the fleet's"}
    client = make_client(hub.endpoint, **settings)
    hub.add_repo("alice/other", {"README.md": b"---\nlicense: gpl-3.0\n---\n"})
    client.get_many_metadata(["alice/open", "alice/other"])
    backend = open_backend(store, clock=clock)
    (key,) = [key for key in list(backend.keys()) if key.endswith("alice/open")]
    (other,) = [key for key in list(backend.keys()) if key.endswith("alice/other")]
    backend.set(key, poison(backend.get(key), backend.get(other), key, clock), expires_in=1e6)
    hub.reset_counts()

    assert "mit" == client.require_model_metadata("alice/open").license
    assert 1 == hub.requests["model_info"]


@pytest.mark.threat("swapped cache entry")
def test_private_answer_under_a_public_key(hub, alice, make_client, store, clock):
    """An answer that was one token's stays that token's, though somebody copies it to where all look."""
    owner = make_client(hub.endpoint, cache=store, token=alice, share_private=True)
    owner.require_model_metadata("alice/secret")
    backend = open_backend(store, clock=clock)
    (key,) = [key for key in list(backend.keys()) if key.endswith("alice/secret")]
    backend.set("public" + key[key.index("|") :], backend.get(key), expires_in=1e6)
    backend.set("anonymous" + key[key.index("|") :], backend.get(key), expires_in=1e6)

    assert (
        make_client(hub.endpoint, cache=store, share_private=True).get_model_metadata("alice/secret") is None
    )


READS = {
    "metadata": lambda client: client.get_model_metadata("alice/secret"),
    "many": lambda client: client.get_many_metadata(["alice/secret"])["alice/secret"],
    "licence": lambda client: client.check_license("alice/secret"),
    "search": lambda client: [
        model for model in client.search_models("secret") if "secret" in model.model_id
    ],
    "cached": lambda client: client.cache.get("alice/secret"),
    "all cached": lambda client: [m for m in client.cache.get_all_cached() if "secret" in m.model_id],
}


@pytest.mark.threat("metadata crosses tokens")
@pytest.mark.parametrize("share_private", [False, True])
@pytest.mark.parametrize("offline", [False, True])
def test_what_alice_knows(hub, alice, bob, make_client, store, share_private, offline):
    """After alice has asked everything about her private model, bob and strangers learn nothing, online or not."""
    settings = {"cache": store, "share_private": share_private, "stale_if_error": "7d", "retries": 0}
    owner = make_client(hub.endpoint, token=alice, **settings)
    for read in READS.values():
        read(owner)
    for token in (bob, "hf_nobodysToken0123456789", None):
        stranger = make_client(hub.endpoint, token=token, offline=offline, **settings)
        for name, read in READS.items():
            try:
                found = read(stranger)
            except HubkitError:
                found = None
            assert not found, name

    assert owner.get_model_metadata("alice/secret").private


@pytest.mark.threat("metadata crosses tokens")
@pytest.mark.parametrize("store", STORES[2:], indirect=True)
def test_what_the_program_lists(hub, alice, bob, run_hubkit, store):
    """`hubkit cache ls` and `info --offline` show each caller what is its own."""
    settings = {"HUBKIT_ENDPOINT": hub.endpoint, "HUBKIT_CACHE": store, "HUBKIT_SHARE_PRIVATE": "yes"}
    run_hubkit("info", "alice/secret", HF_TOKEN=alice, **settings)
    mine = run_hubkit("cache", "ls", "--json", HF_TOKEN=alice, **settings)
    others = [
        run_hubkit(*arguments, **settings, **({"HF_TOKEN": bob} if token else {}))
        for arguments in (("cache", "ls", "--json"), ("--offline", "info", "--json", "alice/secret"))
        for token in (True, False)
    ]

    assert "alice/secret" in mine.stdout
    assert json.loads(others[0].stdout) is not None
    assert [] == [done.stdout for done in others if "secret" in done.stdout]


@pytest.mark.threat("poisoned cache entry")
def test_keys_of_another_kind(hub, make_client, start_redis):
    """A list or a hash under one of our keys costs that answer, not the whole store."""
    import redis

    server = start_redis()
    client = make_client(hub.endpoint, cache=server.url, memory_entries=0)
    hub.add_repo("alice/other", {})
    client.get_many_metadata(["alice/open", "alice/other"])
    with redis.Redis(port=server.port) as raw:
        (key,) = [name for name in raw.scan_iter() if name.endswith(b"alice/open")]
        raw.delete(key)
        raw.lpush(key, "x")
    hub.reset_counts()

    assert "mit" == client.require_model_metadata("alice/open").license
    assert client.get_model_metadata("alice/other") is not None
    assert {"model_info": 1} == dict(hub.requests)


OTHER_LOGINS = {
    "in the URL": lambda endpoint: HfApi(
        endpoint=endpoint.replace("://", "://alice:Marked-Pass@"), token=False
    ),
    "as a header": lambda endpoint: HfApi(
        endpoint=endpoint, token=False, headers={"authorization": "Basic YWxpY2U6TWFya2VkLVBhc3M="}
    ),
}


@pytest.mark.threat("metadata crosses tokens")
@pytest.mark.parametrize("login", OTHER_LOGINS.values(), ids=OTHER_LOGINS)
def test_logins_that_are_no_tokens(hostile, tmp_path, login):
    """What a Hub behind a password told its user isn't kept where all read it, nor is the password."""
    from hubkit import HubConfig

    answer = {"id": "org/name", "sha": "0" * 40, "private": True, "siblings": []}
    hostile.behave = lambda request, sock: hostile.reply(200, json.dumps(answer).encode())
    with cached(HubConfig(cache=f"file://{tmp_path}/files")):
        login(hostile.endpoint).model_info("org/name")
    keys = list(open_backend(f"file://{tmp_path}/files").keys())

    assert "Basic YWxpY2U6TWFya2VkLVBhc3M=" == hostile.requests[0].headers["authorization"]
    assert [] == [key for key in keys if key.startswith("public|") or "Marked-Pass" in key]


HOSTILE_FILES = {
    "endless view": "DROP TABLE entries; CREATE VIEW entries (key, expires_at, value) AS WITH RECURSIVE n (i) AS "
    "(SELECT 1 UNION ALL SELECT i FROM n) SELECT i, i, i FROM n",
    "trigger": "CREATE TRIGGER spy AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
    "further table": "CREATE TABLE another (a)",
    "further column": "ALTER TABLE entries ADD COLUMN b GENERATED ALWAYS AS (zeroblob(1000000000))",
    "text for bytes": "UPDATE entries SET value = CAST(x'ff' AS TEXT)",
    "number for bytes": "UPDATE entries SET value = 5",
    "newer schema": "PRAGMA user_version = 99",
    "another program's": "PRAGMA application_id = 1",
    "log of another kind": "PRAGMA journal_mode = DELETE",
}


@pytest.mark.threat("hostile SQLite file")
@pytest.mark.parametrize("statements", HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_hostile_database(hub, make_client, tmp_path, statements):
    """Whatever somebody did to the file, the client answers right and soon, and nothing of the file runs."""
    store = f"sqlite://{tmp_path}/cache.db"
    with make_client(hub.endpoint, cache=store) as before:
        before.get_model_metadata("alice/open")
    with closing(sqlite3.connect(tmp_path / "cache.db", isolation_level=None)) as connection:
        connection.executescript(statements)
    client = make_client(hub.endpoint, cache=store, memory_entries=0)
    found = [client.require_model_metadata("alice/open").license for _ in range(2)]

    assert ["mit"] * 2 == found
    assert isinstance(client.cache.get_all_cached(), list)
    assert client.cache.stats() is not None
