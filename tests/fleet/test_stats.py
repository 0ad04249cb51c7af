"""What is counted, and what is tidied up."""

from __future__ import annotations

import threading

import pytest

from hubkit import HubClient, HubConfig, OfflineError, RateLimitedError, RepoNotFoundError
from hubkit._clock import SYSTEM_CLOCK
from hubkit.cache import FilesystemCache, MemoryCache, SQLiteCache
from hubkit.cache._entry import Entry
from hubkit.cache._tiers import Tiers
from hubkit.testing import LocalHub


@pytest.fixture
def hub():
    """A hub with twenty public models."""
    with LocalHub() as hub:
        for number in range(20):
            hub.add_model({"id": f"org/m{number}", "private": False, "sha": "a" * 40})
        yield hub


@pytest.fixture
def make_client(hub, tmp_path, clock):
    """Builds clients over one folder, with a clock that stands still unless they bring another."""
    clients = []

    def make(*, clock=clock, **settings):
        defaults = {"endpoint": hub.endpoint, "cache": (tmp_path / "cache").as_uri(), "retries": 0}
        clients.append(HubClient(HubConfig(**{**defaults, **settings}), clock=clock))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def counted(client):
    """Hits, misses, revalidations, stale answers, errors."""
    stats = client.cache.stats()
    return (stats.hits, stats.misses, stats.revalidations, stats.stale, stats.errors)


def fill(backend, clock, count, *, expires_in):
    """So many entries in one store."""
    tiers = Tiers([backend], clock=clock)
    for number in range(count):
        entry = Entry(f"public|hub|model|{number}", 200, clock.now(), 60.0, None, b"x" * 100)
        tiers.store(entry, expires_in=expires_in)


def test_nothing_asked_nothing_counted(make_client):
    """A new client starts at 0, and looking at the cache is no question."""
    client = make_client()
    client.cache.get("org/m0")
    client.recall_metadata("org/m0")

    assert (0, 0, 0, 0, 0) == counted(client)


def test_hits_and_misses(make_client):
    """Asked once; then answered from memory, and by another client's file."""
    first, second = make_client(), make_client()
    for _ in range(3):
        first.get_model_metadata("org/m0")
    second.get_model_metadata("org/m0")

    assert (2, 1, 0, 0, 0) == counted(first)
    assert (1, 0, 0, 0, 0) == counted(second)


def test_no_such_model_is_an_answer(make_client):
    """The Hub's no is a miss, the remembered one a hit."""
    client = make_client()
    for _ in range(2):
        with pytest.raises(RepoNotFoundError):
            client.require_model_metadata("no/such")

    assert (1, 1, 0, 0, 0) == counted(client)


def test_expired_answers_are_revalidations(make_client, clock):
    """Whether time made it old or the caller insists."""
    client = make_client()
    client.get_model_metadata("org/m0")
    clock.advance(hours=25)
    client.get_model_metadata("org/m0")
    client.get_model_metadata("org/m0", use_cache=False)

    assert (0, 1, 2, 0, 0) == counted(client)


def test_stale_answers(hub, make_client, clock):
    """Those that stand in for a Hub that is away, and those that are served while it is asked."""
    make_client().get_model_metadata("org/m0")
    clock.advance(hours=25)
    patient = make_client(stale_while_revalidate="7d")
    patient.get_model_metadata("org/m0")
    patient.close()

    assert (0, 0, 0, 1, 0) == counted(patient)

    clock.advance(hours=25)
    hub.stop()
    forgiving = make_client(stale_if_error="7d")
    forgiving.get_model_metadata("org/m0")
    assert (0, 0, 0, 1, 0) == counted(forgiving)


def test_errors(hub, make_client):
    """Offline and not cached, or rate limited; a malformed id was never a question."""
    offline, limited = make_client(offline=True), make_client()
    hub.fail("model_info", status=429, times=None, headers={"Retry-After": "77"})
    with pytest.raises(OfflineError):
        offline.require_model_metadata("org/m0")
    with pytest.raises(RateLimitedError):
        limited.get_model_metadata("org/m0")
    with pytest.raises(ValueError, match="not a repository id"):
        limited.get_model_metadata("../x")

    assert (0, 0, 0, 0, 1) == counted(offline)
    assert (0, 0, 0, 0, 1) == counted(limited)


def test_each_of_many_counts_once(hub, make_client):
    """Cached, asked, missing, or not asked any more: the sum is what was asked."""
    make_client().get_many_metadata(["org/m0", "org/m1"])
    client = make_client(max_workers=1)
    client.get_many_metadata(["org/m0", "org/m1", "org/m2", "no/such"])

    assert (2, 2, 0, 0, 0) == counted(client)

    hub.fail("model_info", status=429, times=None, headers={"Retry-After": "77"})
    with pytest.raises(RateLimitedError):
        client.get_many_metadata([f"org/m{number}" for number in range(10)])
    assert (5, 2, 0, 0, 7) == counted(client)


def test_who_waits_for_another_has_a_hit(hub, make_client):
    """Of eight threads one asks; all eight are counted."""
    hub.fail("model_info", status=None, delay=0.2)
    client = make_client(clock=SYSTEM_CLOCK)
    threads = [threading.Thread(target=client.get_model_metadata, args=("org/m0",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (7, 1, 0, 0, 0) == counted(client)


def test_counters_outlive_the_token(hub, make_client):
    """They are the client's, whoever it asks as."""
    client = make_client()
    client.get_model_metadata("org/m0")
    client.connect({"token": hub.add_user("alice")})
    client.get_model_metadata("org/m1")
    client.disconnect()

    assert (0, 2, 0, 0, 0) == counted(client)


def test_tiers_are_told_too(hub, make_client, tmp_path):
    """Nearest first, each with what it did and how full it is."""
    near, far = (tmp_path / "near").as_uri(), f"sqlite://{tmp_path}/far.db"
    make_client(cache=far).get_model_metadata("org/m0")
    client = make_client(cache=[near, far])
    client.get_model_metadata("org/m0")
    stats = client.cache.stats()

    assert ["FilesystemCache", "SQLiteCache"] == [tier.name.partition("(")[0] for tier in stats.tiers]
    assert [(0, 1), (1, 1)] == [(tier.hits, tier.entries) for tier in stats.tiers]


def test_prune_counts_all_tiers(clock, tmp_path):
    """What expired goes from each tier that can tidy itself, and the rest stays."""
    stores = [FilesystemCache(tmp_path / "near", clock=clock), SQLiteCache(tmp_path / "far.db", clock=clock)]
    for store in stores:
        fill(store, clock, 3, expires_in=60.0)
    clock.advance(seconds=61.0)
    stores[0].set("kept", b"x", expires_in=60.0)
    tiers = Tiers([MemoryCache(clock=clock), *stores], clock=clock)

    assert 6 == tiers.prune()
    assert [0, 1, 0] == [tier.entries for tier in tiers.stats()]
    assert 0 == tiers.prune()


def test_prune_drops_what_is_too_much(clock, tmp_path):
    """A store that was filled under a larger bound is cut to the new one."""
    fill(FilesystemCache(tmp_path / "c", clock=clock), clock, 100, expires_in=60.0)
    tiers = Tiers([FilesystemCache(tmp_path / "c", max_bytes=10_000, clock=clock)], clock=clock)

    assert 50 < tiers.prune() < 100
    assert tiers.stats()[0].size_bytes <= 10_000


def test_read_only_prunes_nothing(clock, tmp_path):
    """Who may not write may not tidy either."""
    store = FilesystemCache(tmp_path / "c", clock=clock)
    fill(store, clock, 3, expires_in=60.0)
    clock.advance(seconds=61.0)

    assert 0 == Tiers([store], read_only=True, clock=clock).prune()
    assert 3 == store.stats().entries


def test_prune_goes_on_without_a_broken_tier(clock, tmp_path, caplog):
    """Its failure is counted and logged; the others are tidied."""

    class Broken(MemoryCache):
        """A store of somebody else's."""

        def prune(self):
            """Can't."""
            raise ZeroDivisionError("oops")

    store = FilesystemCache(tmp_path / "c", clock=clock)
    fill(store, clock, 3, expires_in=60.0)
    clock.advance(seconds=61.0)
    tiers = Tiers([Broken(clock=clock), store], clock=clock)

    assert 3 == tiers.prune()
    assert [1, 0] == [tier.errors for tier in tiers.stats()]
    assert "oops" in caplog.text
