"""Metadata: asked, cached, offline."""

from __future__ import annotations

import logging
import os
import threading
import time

import pytest

from hubkit import (
    DecodeError,
    HubClient,
    HubConfig,
    OfflineError,
    RateLimitedError,
    RepoNotFoundError,
    RevisionNotFoundError,
    ServerError,
    UnexpectedAnswerError,
)

BERT = "bert-base-uncased"


def test_second_question_costs_no_request(hub, client):
    """A hit in the same process asks nobody."""
    first = client.get_model_metadata(BERT)
    hub.reset_counts()

    assert first is client.get_model_metadata(BERT)
    assert 0 == hub.total_requests


def test_second_process_costs_no_request(hub, make_client):
    """A hit from the store asks nobody and is equal to the first answer."""
    first = make_client().get_model_metadata(BERT)
    hub.reset_counts()

    assert first == make_client().get_model_metadata(BERT)
    assert 0 == hub.total_requests


def test_cached_answer_survives_the_hub(hub, make_client):
    """After the hub has gone what is cached still answers."""
    first = make_client().get_model_metadata(BERT)
    hub.stop()

    assert first == make_client().get_model_metadata(BERT)


def test_expired_and_offline_is_none(make_client, clock, caplog):
    """25 hours later, offline, nothing is served, and the reason is logged."""
    make_client().get_model_metadata(BERT)
    clock.advance(hours=25)

    assert make_client(offline=True).get_model_metadata(BERT) is None
    assert "offline" in caplog.text


def test_expired_and_unreachable_is_none(hub, make_client, clock, caplog):
    """25 hours later with the hub gone nothing is served, and the reason is logged."""
    make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    hub.stop()

    assert make_client(retries=0).get_model_metadata(BERT) is None
    assert "refused" in caplog.text


def test_fresh_and_offline_is_served(make_client):
    """Offline a fresh answer is as good as ever."""
    first = make_client().get_model_metadata(BERT)

    assert first == make_client(offline=True).get_model_metadata(BERT)


def test_offline_asks_nobody(hub, make_client):
    """Offline means no request, even for what is unknown."""
    hub.reset_counts()

    assert make_client(offline=True).get_model_metadata(BERT) is None
    assert 0 == hub.total_requests


def test_expired_is_revalidated_by_etag(hub, make_client, clock):
    """An expired answer is confirmed with its etag, and is fresh again."""
    first = make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    second = make_client().get_model_metadata(BERT)
    hub.reset_counts()
    third = make_client().get_model_metadata(BERT)

    assert [] == [record for record in hub.log if record.status == 200]
    assert second == third
    assert 25 * 3600 == (second.cached_at - first.cached_at).total_seconds()
    assert first.to_dict() | {"cached_at": None} == second.to_dict() | {"cached_at": None}


def test_revalidation_gets_304(hub, make_client, clock):
    """The hub is sent the etag, and answers 304."""
    make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    hub.reset_counts()
    make_client().get_model_metadata(BERT)

    assert [304] == [record.status for record in hub.log]


def test_changed_model_is_fetched_anew(hub, client, clock, alice):
    """A model that moved on gets a full answer at its revalidation."""
    before = client.get_model_metadata("alice/base")
    hub.commit("alice/base", {"new.txt": b"x"})
    clock.advance(hours=25)
    after = client.get_model_metadata("alice/base")

    assert before.sha != after.sha
    assert "new.txt" in [file.rfilename for file in after.siblings]


def test_stale_if_error_stands_in(hub, make_client, clock, caplog):
    """With stale_if_error an expired answer stands in for an unreachable hub, with a warning."""
    first = make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    hub.stop()

    assert first == make_client(stale_if_error="7d", retries=0).get_model_metadata(BERT)
    assert "stale" in caplog.text


def test_stale_if_error_covers_a_rate_limit(hub, make_client, clock):
    """A 429 is an error too."""
    first = make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    hub.fail("model_info", status=429, times=None)

    assert first == make_client(stale_if_error="7d", retries=0).get_model_metadata(BERT)


def test_stale_while_revalidate_answers_at_once(hub, make_client, clock):
    """The stale answer comes at once, and the background brings the fresh one."""
    first = make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    client = make_client(stale_while_revalidate="7d")
    served = client.get_model_metadata(BERT)
    client.close()

    assert first == served
    assert client.get_model_metadata(BERT).cached_at > first.cached_at


def test_the_background_asks_a_few_at_a_time(hub, make_client, clock):
    """Of thirty models that are asked anew at once all get their answers, and no more than max_workers wait for one."""
    names = [f"org/m{number}" for number in range(30)]
    for name in names:
        hub.add_model({"id": name, "private": False})
    make_client().get_many_metadata(names)
    clock.advance(hours=25)
    hub.reset_counts()
    hub.fail("model_info", status=None, delay=0.05, times=None)
    client = make_client(stale_while_revalidate="7d", max_workers=3)
    client.get_many_metadata(names)
    at_once = sum(thread.name == "hubkit refresh" for thread in threading.enumerate())
    client.close()

    assert 30 == hub.total_requests
    assert 1 <= at_once <= 3


def test_the_background_asks_for_all_who_share_the_cache(hub, tmp_path):
    """Four clients go on with one expired answer, and one of them asks."""
    config = HubConfig(
        endpoint=hub.endpoint,
        cache=tmp_path.as_uri(),
        ttl=1.0,
        stale_while_revalidate=600.0,
        memory_entries=0,
    )
    clients = [HubClient(config) for _ in range(4)]
    clients[0].get_model_metadata(BERT)
    time.sleep(1.0)
    hub.reset_counts()
    hub.fail("model_info", status=None, delay=0.3, times=None)
    for client in clients:
        client.get_model_metadata(BERT)
    for client in clients:
        client.close()

    assert 1 == hub.total_requests


def test_use_cache_false_asks(hub, client):
    """The caller can insist on the Hub's own word."""
    client.get_model_metadata(BERT)
    hub.reset_counts()
    client.get_model_metadata(BERT, use_cache=False)

    assert 1 == hub.total_requests


def test_missing_model_is_none_and_remembered(hub, client, clock):
    """A model that doesn't exist is asked once in five minutes."""
    hub.reset_counts()

    assert client.get_model_metadata("no/such") is None
    assert client.get_model_metadata("no/such") is None
    assert 1 == hub.total_requests

    clock.advance(seconds=301)
    hub.add_repo("no/such", {"a": b""})

    assert "no/such" == client.get_model_metadata("no/such").model_id


def test_deleted_model_stays_deleted(hub, make_client, alice, clock):
    """Once the Hub says that it is gone, the cached answer doesn't come back when that word expires."""
    make_client().get_model_metadata("alice/base")
    owner = make_client(token=alice)
    owner.repos.delete("alice/base")

    assert make_client().get_model_metadata("alice/base", use_cache=False) is None
    clock.advance(seconds=400)
    assert make_client(offline=True).get_model_metadata("alice/base") is None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_proxy_s_refusal_is_not_the_hub_s(hub, make_client, clock, status):
    """A gateway's error page deletes nothing and is remembered by nobody."""
    first = make_client().get_model_metadata(BERT)
    clock.advance(hours=25)
    page = {"Content-Type": "text/html", "X-Error-Code": "", "X-Error-Message": ""}
    hub.fail("model_info", status=status, body="<html>nginx</html>", headers=page)

    assert first == make_client(stale_if_error="7d", retries=0).get_model_metadata(BERT)
    assert first.sha == make_client().get_model_metadata(BERT).sha


def test_missing_model_may_be_asked_for_each_time(hub, make_client):
    """Where no negative answer is kept, a model is there as soon as it is made; the old answer is gone all the same."""
    client = make_client(negative_ttl=0, stale_if_error="7d")
    client.get_model_metadata(BERT)
    hub.fail("model_info", status=404, code="RepoNotFound", times=2)
    gone = [client.get_model_metadata(BERT, use_cache=False), client.get_model_metadata(BERT)]
    back = client.get_model_metadata(BERT)

    assert [None, None] == gone
    assert BERT == back.model_id


def test_missing_revision_stays_one(make_client):
    """Remembered or not, a missing revision isn't a missing model."""
    for _ in range(2):
        with pytest.raises(RevisionNotFoundError):
            make_client().require_model_metadata("alice/base", revision="nope")


def test_answer_overtaken_by_a_change_is_not_kept(hub, make_client, alice):
    """What was asked before this process deleted the model doesn't bring it back."""
    client = make_client(token=alice)
    hub.fail("model_info", status=None, delay=0.5)
    reader = threading.Thread(target=client.get_model_metadata, args=("alice/base", False))
    reader.start()
    time.sleep(0.2)
    client.repos.delete("alice/base")
    reader.join(10)

    assert client.get_model_metadata("alice/base") is None


def test_read_only_client_believes_its_own_changes(make_client, alice):
    """It can't delete what is cached, but doesn't serve what it has deleted."""
    make_client().get_model_metadata("alice/base")
    client = make_client(token=alice, cache_mode="read-only")
    client.get_model_metadata("alice/base")
    client.repos.delete("alice/base")

    assert client.get_model_metadata("alice/base") is None


def test_listing_put_into_the_cache_by_hand(hub, client, make_client):
    """A listing's record is better than nothing, offline, and never more than that."""
    found = client.search_models("bert")[0]
    client.cache.set(found)

    assert make_client(offline=True).get_model_metadata(found.model_id).partial
    full = make_client().get_model_metadata(found.model_id)
    assert not full.partial
    client.cache.set(found)
    assert not make_client(offline=True).get_model_metadata(found.model_id).partial


def test_require_raises_instead(hub, make_client):
    """`require_model_metadata` names why there is nothing."""
    with pytest.raises(RepoNotFoundError):
        make_client().require_model_metadata("no/such")
    with pytest.raises(RepoNotFoundError, match="a moment ago"):
        make_client().require_model_metadata("no/such")
    with pytest.raises(OfflineError, match="offline"):
        make_client(offline=True).require_model_metadata("not/cached")
    hub.stop()
    with pytest.raises(OfflineError, match="out of reach"):
        make_client(retries=0).require_model_metadata("not/cached")


def test_revisions_are_separate_answers(hub, client):
    """A branch, a commit and the default are cached each for itself; a bad revision is none of them."""
    old = client.get_model_metadata("alice/base").sha
    new = hub.commit("alice/base", {"new.txt": b"x"})

    assert old == client.get_model_metadata("alice/base").sha
    assert new == client.get_model_metadata("alice/base", revision="main").sha
    assert old == client.get_model_metadata("alice/base", revision=old).sha
    assert client.get_model_metadata("alice/base", revision="nope") is None
    with pytest.raises(RevisionNotFoundError):
        client.require_model_metadata("alice/base", use_cache=False, revision="nope")


def test_commit_hash_never_expires(hub, make_client, clock):
    """What is asked by commit can't change, so that a year later it needs no question, while it is kept."""
    sha = make_client().get_model_metadata("alice/base").sha
    make_client().get_model_metadata("alice/base", revision=sha)
    clock.advance(hours=24 * 29)
    hub.stop()

    assert sha == make_client(retries=0).get_model_metadata("alice/base", revision=sha).sha


def test_renamed_model_is_followed(hub, client):
    """An old name leads to the model under its new one."""
    hub.rename("alice/base", "alice/renamed")

    assert "alice/renamed" == client.get_model_metadata("alice/base").model_id


def test_listing_never_shadows_full_metadata(client):
    """A search doesn't make a model look as if it had no files."""
    found = client.search_models("bert")[0]

    assert found.partial
    assert not found.siblings
    assert client.check_compatibility(BERT)
    client.search_models("bert")
    assert not client.get_model_metadata(BERT).partial


def test_seed_questions(client):
    """Licence and compatibility are what the model says of itself."""
    assert "mit" == client.check_license("alice/base")
    assert "gemma" == client.check_license("ggml-org/gemma-3-1b-it-GGUF")
    assert client.check_license("no/such") is None
    assert client.check_compatibility("alice/base", "transformers")
    assert not client.check_compatibility("alice/base", "diffusers")
    assert not client.check_compatibility("no/such")


def test_sizes_are_bytes_of_weights(client):
    """`model_size` counts the weight files, as the sizes of the files say."""
    model = client.get_model_metadata("alice/base")

    assert 10 == model.model_size
    assert 2 == model.siblings[[f.rfilename for f in model.siblings].index("config.json")].size


def test_faults_of_the_hub_raise(hub, make_client, clock):
    """A quota or a failing hub is not taken for a missing model."""
    hub.fail("model_info", status=429, times=None, headers={"RateLimit": '"api";r=0;t=55'})
    with pytest.raises(RateLimitedError) as limited:
        make_client().get_model_metadata(BERT)
    hub.clear_faults()
    clock.advance(seconds=56)
    hub.fail("model_info", status=503, times=None)
    with pytest.raises(ServerError):
        make_client(retries=1).get_model_metadata(BERT)

    assert 55.0 == limited.value.retry_after


def test_passing_fault_is_retried(hub, client, clock):
    """Two failures and the answer: the caller sees the answer."""
    hub.fail("model_info", status=503, times=2)

    assert BERT == client.get_model_metadata(BERT).model_id
    assert 2 == len(clock.slept)


def test_web_page_is_not_an_answer(hub, make_client):
    """A login portal's page counts as an unreachable hub, not as a model."""
    hub.fail("model_info", status=200, body="<html>Welcome</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(OfflineError) as info:
        make_client(retries=0).require_model_metadata(BERT)

    assert isinstance(info.value.__cause__, UnexpectedAnswerError)


@pytest.mark.parametrize("body", ["{", "[]", "null", "{}", '{"id": 3}'])
def test_answer_that_is_no_model(hub, make_client, body):
    """A malformed answer is a typed error, and isn't cached."""
    hub.fail("model_info", status=200, body=body, headers={"Content-Type": "application/json"})
    client = make_client(retries=0)
    with pytest.raises(DecodeError):
        client.get_model_metadata(BERT)

    assert BERT == client.get_model_metadata(BERT).model_id


@pytest.mark.parametrize("other", ["evil/other", "bert", "bert-base", "bert-base-uncased-x"])
def test_answer_about_another_model(hub, make_client, other):
    """An answer about B is not taken for A, not even when its name is the beginning of A's."""
    body, kind = f'{{"id": "{other}"}}', {"Content-Type": "application/json"}
    hub.fail("model_info", status=200, body=body, headers=kind)
    client = make_client(retries=0)
    with pytest.raises(OfflineError, match="another model"):
        client.require_model_metadata(BERT)

    assert client.cache.get(other) is None


def test_a_reader_may_allow_more_than_the_writer_did(hub, make_client, clock):
    """Without a network the reader's own time counts; with one, the shorter of both."""
    make_client(ttl="1h").get_model_metadata(BERT)
    clock.advance(hours=48)
    offline = [make_client(ttl=ttl, offline=True).get_model_metadata(BERT) for ttl in ("24h", "7d")]
    make_client(ttl="7d").get_model_metadata(BERT)

    assert [False, True] == [model is not None for model in offline]
    assert 2 == hub.requests["model_info"]


def test_wrong_clock_makes_nothing_immortal(make_client, clock):
    """An entry from the future is asked anew, and set right by the answer."""
    clock.set_wall(clock.now() + 2 * 86_400)
    make_client().get_model_metadata(BERT)
    clock.set_wall(clock.now() - 2 * 86_400)

    assert make_client(offline=True).get_model_metadata(BERT) is None
    assert make_client().get_model_metadata(BERT) is not None
    assert make_client(offline=True).get_model_metadata(BERT) is not None


def test_broken_cache_costs_one_warning(hub, make_client, tmp_path, caplog):
    """With a cache folder that can't be one, everything works, and one warning says why."""
    (tmp_path / "file").write_text("in the way")
    client = make_client(cache=(tmp_path / "file").as_uri(), memory_entries=0)
    caplog.set_level(logging.WARNING, "hubkit")
    for _ in range(3):
        assert BERT == client.get_model_metadata(BERT).model_id

    assert 1 == len(caplog.records)


def test_garbage_in_the_cache_is_a_miss(hub, make_client, tmp_path):
    """Whatever somebody did to the files: the answer is right."""
    expected = make_client().get_model_metadata(BERT)
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-7])

    assert expected == make_client().get_model_metadata(BERT)


@pytest.mark.parametrize("url", ["memory://", "sqlite:///{tmp}/cache.db", "none://"])
def test_every_backend_does(make_client, tmp_path, url):
    """The client doesn't care what it caches in."""
    client = make_client(cache=url.format(tmp=str(tmp_path).lstrip("/")))

    assert BERT == client.get_model_metadata(BERT).model_id
    assert BERT == client.get_model_metadata(BERT).model_id


def test_forked_child_may_go_on(hub, client):
    """A child asks and reads with connections of its own."""
    client.get_model_metadata(BERT)
    pid = os.fork()
    if pid == 0:
        right = client.get_model_metadata("gpt2").model_id == "gpt2"
        right &= client.get_model_metadata(BERT).model_id == BERT
        os._exit(0 if right else 1)

    assert 0 == os.waitpid(pid, 0)[1]
    assert "gpt2" == client.get_model_metadata("gpt2").model_id


def test_threads_get_their_own_answers(hub, client):
    """Eight threads with mixed questions never get each other's answers."""
    names = [BERT, "gpt2", "alice/base", "no/such"]
    wrong = []

    def ask():
        for _ in range(10):
            for name in names:
                model = client.get_model_metadata(name, use_cache=False)
                if (model.model_id if model else "no/such") != name:
                    wrong.append(name)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [] == wrong


def test_works_as_context_manager_and_after(hub, tmp_path):
    """A closed client opens anew when it is used again."""
    with HubClient(HubConfig(endpoint=hub.endpoint, cache="memory://")) as client:
        client.get_model_metadata(BERT)

    assert BERT == client.get_model_metadata(BERT, use_cache=False).model_id
