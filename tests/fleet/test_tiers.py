"""Tiers: nearest first, what fails is skipped, what is private stays near."""

from __future__ import annotations

import logging

import pytest

from hubkit.cache._breaker import PAUSE
from hubkit.cache._entry import Entry
from hubkit.cache._freshness import Freshness
from hubkit.cache._tiers import LeaseRefusal, Tiers

KEY = "public|hub|model|a"


def entry(key=KEY, *, stored_at=0.0, body=b"body", clock=None):
    """An entry, dated now if a clock is given."""
    return Entry(key, 200, clock.now() if clock else stored_at, 3600.0, None, body)


def good(_):
    """Any entry will do."""
    return Freshness.HIT


def body_in(tiers, key=KEY, judge=good):
    """The whole body of what tiers have; None for nothing."""
    entry, _ = tiers.find([key], judge)
    return None if entry is None else bytes(entry.plain())


@pytest.fixture
def tiers(near, far, clock):
    """Two tiers."""
    return Tiers([near, far], clock=clock)


def test_written_through_and_filled_up(tiers, near, far, clock):
    """Written to both; what the near one lost is copied back from the far one."""
    tiers.store(entry(clock=clock), expires_in=60.0)
    near.clear()

    assert b"body" == body_in(tiers)
    assert [KEY] == list(near.keys())
    assert [KEY] == list(far.keys())


def test_near_answer_leaves_the_far_one_alone(tiers, far, clock):
    """A good entry nearby costs no round trip."""
    tiers.store(entry(clock=clock), expires_in=60.0)
    far.calls = 0
    tiers.find([KEY], good)

    assert 0 == far.calls


def test_stale_near_answer_asks_the_far_one(tiers, near, far, clock):
    """Another member may have refreshed it meanwhile; that one wins, and is copied."""
    now = clock.now()
    Tiers([near], clock=clock).store(entry(stored_at=now - 20.0, body=b"old"), expires_in=60.0)
    Tiers([far], clock=clock).store(entry(stored_at=now - 10.0, body=b"new"), expires_in=60.0)

    assert b"new" == body_in(
        tiers, judge=lambda found: Freshness.HIT if found.stored_at > now - 15.0 else Freshness.REVALIDATE
    )
    assert b"new" == body_in(Tiers([near], clock=clock))


def test_hit_spares_the_look_at_other_keys(near, clock):
    """Keys are looked at in their order, in a store of this machine one by one."""
    tiers = Tiers([near], clock=clock)
    tiers.store(entry(clock=clock), expires_in=60.0)
    near.calls = 0

    assert KEY == tiers.find([KEY, "token-1|hub|model|a"], good)[0].key
    assert 1 == near.calls
    assert KEY == tiers.find(["token-1|hub|model|a", KEY], good)[0].key
    assert 3 == near.calls


def test_shared_store_is_asked_once_for_all_keys(far, clock):
    """Over a network both keys of a question go in one round trip."""
    tiers = Tiers([far], share_private=True, clock=clock)
    tiers.store(entry("token-1|hub|model|a", clock=clock), expires_in=60.0)
    far.calls = 0

    assert "token-1|hub|model|a" == tiers.find([KEY, "token-1|hub|model|a"], good)[0].key
    assert 1 == far.calls


def test_second_keys_for_what_the_first_did_not_answer(near, clock):
    """Of many questions those that public entries answer are over after one round trip."""
    tiers = Tiers([near], clock=clock)
    for key in (KEY, "token-1|hub|model|b"):
        tiers.store(entry(key, clock=clock), expires_in=60.0)
    near.calls = 0
    groups = [[f"{scope}|hub|model|{name}" for scope in ("public", "token-1")] for name in "abc"]
    found = tiers.find_many(groups, good)

    assert [KEY, "token-1|hub|model|b", None] == [entry and entry.key for entry, _ in found]
    assert 2 == near.calls
    assert [KEY] == [entry.key for entry, _ in tiers.find_many(groups[:1], good)]
    assert 3 == near.calls


def test_newest_where_nothing_is_a_hit(near, clock):
    """Of expired entries the newest is handed out; one from the future does not hide a hit."""
    tiers = Tiers([near], clock=clock)
    keys = ["public|hub|model|a", "token-1|hub|model|a"]
    for key, age in zip(keys, (20.0, 10.0), strict=True):
        tiers.store(entry(key, stored_at=clock.now() - age), expires_in=60.0)

    assert keys[1] == tiers.find(keys, lambda _: Freshness.REVALIDATE)[0].key
    assert keys[1] == tiers.find_many([keys], lambda _: Freshness.REVALIDATE)[0][0].key
    hit = [keys[0]]
    assert keys[0] == tiers.find(keys, lambda found: Freshness("hit" if found.key in hit else "miss"))[0].key


def test_broken_tier_costs_one_call_and_one_warning(tiers, far, clock, caplog):
    """After the first failure it is left alone for a pause, then tried once."""
    caplog.set_level(logging.INFO, "hubkit")
    far.broken = True
    for _ in range(20):
        tiers.find(["public|hub|model|none"], good)
        tiers.store(entry(clock=clock), expires_in=60.0)

    assert 1 == far.calls
    assert ["WARNING"] == [record.levelname for record in caplog.records]

    clock.advance(seconds=PAUSE)
    tiers.find(["public|hub|model|none"], good)
    assert 2 == far.calls
    far.broken = False
    clock.advance(seconds=PAUSE)
    tiers.store(entry(clock=clock), expires_in=60.0)
    assert [KEY] == list(far.keys())
    assert "works again" in caplog.text


def test_store_that_refuses_writes_is_still_read(tiers, near, far, clock, caplog):
    """A full store, or a replica, goes on answering; its refusals cost one call and one warning."""
    tiers.store(entry(clock=clock), expires_in=60.0)
    near.clear()
    far.full = True
    far.calls = 0
    for number in range(5):
        tiers.store(entry(f"public|hub|model|{number}", clock=clock), expires_in=60.0)
        near.clear()

        assert body_in(tiers) is not None
    assert 1 + 5 == far.calls
    assert 1 == len(caplog.records)
    assert "not writable" in caplog.text


@pytest.mark.parametrize(
    ("key", "shared"),
    [
        ("public|hub|model|a", True),
        ("fleet|hub|cooldown|token-1", True),
        ("anonymous|hub|model|a", False),
        ("token-1|hub|model|a", False),
        ("publicity|hub|model|a", False),
    ],
)
def test_only_public_entries_leave_the_machine(tiers, near, far, clock, key, shared):
    """Private ones stay in stores of this machine, and aren't even looked for elsewhere."""
    tiers.store(entry(key, clock=clock), expires_in=60.0)
    far.set("token-1|hub|model|b", b"planted", expires_in=60.0)

    assert [key] == list(near.keys())
    assert shared == (key in list(far.keys()))
    assert body_in(tiers, "token-1|hub|model|b") is None


def test_signed_entries(near, clock):
    """Who has the fleet's key takes what is signed with it, and nothing else; the rest is counted."""
    ours = Tiers([near], signing_key=b"secret", clock=clock)
    ours.store(entry(clock=clock), expires_in=60.0)

    assert b"body" == body_in(ours)
    for key, other in [(None, "a"), (b"wrong", "b")]:
        forged = f"public|hub|model|{other}"
        Tiers([near], signing_key=key, clock=clock).store(entry(forged, clock=clock), expires_in=60.0)
        assert body_in(ours, forged) is None
    assert 2 == ours.stats()[0].unreadable
    assert b"body" == body_in(Tiers([near], clock=clock))


def test_large_bodies_are_compressed_for_the_network(near, far, clock):
    """A shared store gets less than a third; a local one gets it as it is."""
    body = b'{"rfilename": "model-00001-of-00040.safetensors", "size": 4976698672},' * 150
    tiers = Tiers([near, far], clock=clock)
    tiers.store(entry(body=body, clock=clock), expires_in=60.0)
    local, remote = len(near.get(KEY)), len(far.get(KEY))
    near.clear()

    assert len(body) < local < 1.02 * len(body)
    assert remote < 0.3 * len(body)
    assert body == body_in(tiers)
    assert local == len(near.get(KEY))


def test_lease_of_the_farthest_that_works(tiers, near, far, clock):
    """The fleet's store knows more members than this machine's; without it the near one must do."""
    lease = tiers.lease("k", 5.0)

    assert tiers.lease("k", 5.0) is LeaseRefusal.HELD
    assert 0 == near.calls
    lease.release()
    far.broken = True
    near_lease = tiers.lease("k", 5.0)
    assert near_lease is not LeaseRefusal.UNAVAILABLE
    assert near.calls > 0
    near.broken = True
    assert tiers.lease("other", 5.0) is LeaseRefusal.UNAVAILABLE


def test_read_only_writes_nothing(near, clock):
    """Neither entries nor leases, nor does it clear."""
    Tiers([near], clock=clock).store(entry(clock=clock), expires_in=60.0)
    guest = Tiers([near], read_only=True, clock=clock)
    guest.store(entry("public|hub|model|b", clock=clock), expires_in=60.0)

    assert not guest.delete(KEY)
    assert 0 == guest.clear()
    assert guest.lease("k", 5.0) is LeaseRefusal.UNAVAILABLE
    assert [KEY] == list(near.keys())


def test_what_was_done_is_counted(tiers, clock):
    """Hits, misses, bytes, per tier."""
    tiers.store(entry(clock=clock), expires_in=60.0)
    tiers.find([KEY], good)
    tiers.find(["public|hub|model|none"], good)
    first, second = tiers.stats()

    assert (1, 1, 0, 0, True, 1) == (
        first.hits,
        first.misses,
        first.unreadable,
        first.errors,
        first.reachable,
        first.entries,
    )
    assert (0, 1) == (second.hits, second.misses)
    assert first.bytes_read == first.bytes_written > len(b"body")
