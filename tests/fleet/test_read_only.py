"""A read-only client changes nothing in its store: not a name, not a byte."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest

from hubkit import HubClient, HubConfig, HubkitError
from hubkit.testing import LocalHub

NAMES = [f"org/m{number}" for number in range(6)]

STATES = ["sound", "expired", "broken", "newer", "absent"]


@pytest.fixture
def hub():
    """A hub with some models, and one that nobody has asked about."""
    with LocalHub() as hub:
        for name in [*NAMES, "org/unknown"]:
            hub.add_model({"id": name, "private": False, "sha": "a" * 40})
        yield hub


@pytest.fixture(params=["file", "sqlite"])
def url(request, tmp_path):
    """A store of the client's machine."""
    return f"{request.param}://{tmp_path}/store/cache" + (".db" if request.param == "sqlite" else "")


@pytest.fixture
def make_client(hub, url, clock):
    """Builds clients over the store."""
    return lambda **settings: HubClient(HubConfig(endpoint=hub.endpoint, cache=url, **settings), clock=clock)


def snapshot(folder):
    """Every name below a folder, and the bytes behind it."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def bring_about(state, make_client, folder, clock):
    """Fill a store, and let it come to that."""
    if state == "absent":
        return
    with make_client() as writer:
        for name in NAMES:
            writer.get_model_metadata(name)
        writer.get_model_metadata("org/missing")
        writer.search_models("m")
    files = [path for path in folder.rglob("*") if path.is_file()]
    if state == "expired":
        # Negative answers end after minutes, and everything else after 30 days.
        clock.advance(hours=31 * 24)
    for path in files if state in {"broken", "newer"} else []:
        content = path.read_bytes()
        if state == "broken":
            path.write_bytes(b"broken" * (len(content) // 6))
        elif content.startswith(b"HKF1"):
            path.write_bytes(content.replace(b"HKF1", b"HKF2", 1))
        else:
            # The schema's number in the head of a database.
            path.write_bytes(content[:60] + (2).to_bytes(4, "big") + content[64:])


def use_in_every_way(client, tmp_path):
    """Everything that a client does with its cache."""
    uses = [
        *(lambda name=name: client.get_model_metadata(name) for name in [*NAMES, "org/unknown"]),
        lambda: client.get_model_metadata("org/missing"),
        lambda: client.get_model_metadata("org/m0", use_cache=False),
        lambda: client.get_model_metadata("org/m0", revision="a" * 40),
        lambda: client.get_many_metadata([*NAMES, "org/unknown", "org/missing"]),
        lambda: client.search_models("m"),
        lambda: client.recall_metadata("org/m0"),
        client.cache.get_all_cached,
        client.cache.stats,
        client.cache.prune,
        lambda: client.cache.remove("org/m1"),
        client.cache.clear,
        lambda: client.cache.import_folder(tmp_path),
        client.close,
    ]
    for use in uses:
        with contextlib.suppress(HubkitError):
            use()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("network", ["up", "limited", "down", "offline"])
def test_read_only_client_changes_nothing(hub, make_client, tmp_path, clock, state, network):
    """Whatever state the store and the network are in, the store is afterwards as it was."""
    store = tmp_path / "store"
    bring_about(state, make_client, store, clock)
    before = snapshot(store)
    if network == "limited":
        hub.limit(0, window=300.0)
    elif network == "down":
        hub.stop()
    guest = make_client(cache_mode="read-only", offline=network == "offline", retries=0)
    use_in_every_way(guest, tmp_path)

    assert (state == "absent") == (before == {})
    assert before == snapshot(store)


def test_log_of_a_killed_writer(hub, tmp_path):
    """What a killed writer left in SQLite's log is read; whoever closes last moves it into the file, and loses none."""
    path = tmp_path / "cache.db"
    code = (
        "import os, sys; from hubkit.cache import SQLiteCache; cache = SQLiteCache(sys.argv[1])\n"
        "cache.set('key', b'value', expires_in=60.0); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True)
    log = path.with_name("cache.db-wal")
    size = os.path.getsize(log)
    with HubClient(
        HubConfig(endpoint=hub.endpoint, cache=f"sqlite://{path}", cache_mode="read-only")
    ) as guest:
        entries = guest.cache.stats().tiers[0].entries

    assert (True, 1, False) == (size > 0, entries, log.exists())
