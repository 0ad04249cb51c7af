"""A Hub that fails in every way, and every verb that reads from it: a typed error or the permitted answer, in time."""

from __future__ import annotations

import json
import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import attrs
import pytest
from fault_runs import times
from huggingface_hub import get_session
from origin_faults import FAULTS, TOKEN, Origin, SkippingClock

from hubkit import HubClient, HubConfig, HubkitError, ModelMetadata

DEADLINE = 2.0
SHORT_DEADLINE = 0.5
"""For who is waited for in vain."""

SLACK = 1.5
"""Seconds that a busy machine may add."""

MOST_REQUESTS = 6
"""For one question."""


@attrs.frozen
class Verb:
    """Something that a caller may ask."""

    ask: object
    """What it calls on a client."""
    questions: int = 1
    """Into how many questions to the Hub it may fall apart."""
    permitted: object = None
    """What it may answer instead of an error: called with the answer."""
    knows: str | None = None
    """What was stored beforehand: ``expired``, with leave to use it when the Hub can't answer."""


def _is_old(answer):
    return answer is not None and answer.downloads == 4711


VERBS = {
    "get": Verb(lambda client: client.get_model_metadata("org/name"), permitted=lambda model: model is None),
    "get, stale": Verb(
        lambda client: client.get_model_metadata("org/name"), permitted=_is_old, knows="expired"
    ),
    "get without the cache": Verb(
        lambda client: client.get_model_metadata("org/name", use_cache=False),
        permitted=lambda model: model is None,
        knows="expired",
    ),
    "require": Verb(lambda client: client.require_model_metadata("org/name")),
    "require, stale": Verb(
        lambda client: client.require_model_metadata("org/name"), permitted=_is_old, knows="expired"
    ),
    "require a revision": Verb(lambda client: client.require_model_metadata("org/name", revision="v1")),
    "search": Verb(
        lambda client: client.search_models("name"), permitted=lambda found: found.from_cache and found == []
    ),
    "search, known": Verb(
        lambda client: client.search_models("name"),
        permitted=lambda found: found.from_cache and [_is_old(model) for model in found] == [True],
        knows="expired",
    ),
    "iter": Verb(lambda client: list(client.iter_models("name")), permitted=lambda found: found == []),
    "many": Verb(
        lambda client: client.get_many_metadata(["org/name", "org/b", "org/c"]),
        questions=3,
        permitted=lambda found: set(found.values()) == {None},
    ),
    "many, stale": Verb(
        lambda client: client.get_many_metadata(["org/name", "org/b", "org/c"]),
        questions=3,
        permitted=lambda found: _is_old(found["org/name"]) and found["org/b"] is None,
        knows="expired",
    ),
    "whoami": Verb(lambda client: client.whoami()),
    "connect": Verb(lambda client: client.connect({"token": TOKEN})),
    "verify": Verb(lambda client: client.verify_connection(), permitted=lambda answer: answer is False),
    "exists": Verb(lambda client: client.repos.exists("org/name"), permitted=lambda answer: answer is False),
    "files": Verb(lambda client: client.repos.files("org/name")),
    "commits": Verb(lambda client: client.repos.commits("org/name")),
    "refs": Verb(lambda client: client.repos.refs("org/name")),
    "licence": Verb(lambda client: client.check_license("org/name"), permitted=lambda answer: answer is None),
    "licence report": Verb(lambda client: client.license_report("org/name", ["mit"])),
    "compatible": Verb(
        lambda client: client.check_compatibility("org/name"), permitted=lambda answer: answer is False
    ),
    "compatibility": Verb(lambda client: client.compatibility_report("org/name")),
    "download": Verb(lambda client: client.download_model("org/name")),
    "status": Verb(lambda client: client.snapshot_status("org/name")),
}


def remember(client):
    """Have a client know a model from the day before yesterday, and a search that found it."""
    told_at = datetime.now(timezone.utc) - timedelta(days=2)
    client.cache.set(
        ModelMetadata("org/name", downloads=4711, sha="b" * 40, private=False, cached_at=told_at)
    )


def offences(name, verb, folder, records):
    """What a verb does about a fault that it must not do."""
    origin = Origin()
    clock = SkippingClock()
    deadline = SHORT_DEADLINE if name.startswith(("slow", "black hole")) else DEADLINE
    try:
        FAULTS[name](origin)
        config = HubConfig(
            endpoint=origin.endpoint,
            token=TOKEN,
            cache=folder.as_uri(),
            deadline=deadline,
            connect_timeout=0.2,
            read_timeout=0.2,
            stale_if_error="7d",
            progress=False,
        )
        with HubClient(config, clock=clock) as client:
            if verb.knows:
                remember(client)
            began = clock.monotonic()
            answer, error = outcome(verb, client)
            seconds = clock.monotonic() - began
        # What several threads skip at once adds up.
        late = [f"took {seconds:.1f} s"] if seconds > deadline * verb.questions + SLACK else []
        return late + list(complaints(name, verb, origin, answer, error, records))
    finally:
        origin.close()


def outcome(verb, client):
    """The answer and the error, one of which is None."""
    try:
        return verb.ask(client), None
    except HubkitError as error:
        return None, error


def complaints(name, verb, origin, answer, error, records):
    """Everything that is not as it must be."""
    # A 404 is an answer too, and a newer one than what was stored.
    says_none = name.endswith("404") and answer in (None, dict.fromkeys(answer or ()))
    if error is None and not says_none and not (verb.permitted and verb.permitted(answer)):
        yield f"answered {answer!r}"
    if len(origin.hub.requests) > MOST_REQUESTS * verb.questions:
        yield f"sent {len(origin.hub.requests)} requests"
    if origin.leaks:
        yield f"told another host {origin.leaks}"
    if TOKEN in "".join([printed(answer), printed(error), *map(printed, records)]):
        yield f"printed the token: {error!r}"


def printed(thing):
    """All that is shown of an answer, an error or a record of a log."""
    if isinstance(thing, BaseException):
        return "".join([str(thing), repr(thing), repr(vars(thing)), *traceback.format_exception(thing)])
    if isinstance(thing, logging.LogRecord):
        return f"{thing.getMessage()} {vars(thing)!r}"
    return repr(thing)


def chosen(number):
    """The verbs that are tried on a fault: in a quick run a few, other ones each time."""
    return list(VERBS.items())[number % times(6, 1) :: times(6, 1)]


@pytest.mark.fault("origin")
@pytest.mark.parametrize(("number", "name"), list(enumerate(FAULTS)), ids=FAULTS)
def test_every_verb(number, name, tmp_path, caplog, tell):
    """Whatever the Hub does, a verb gives a typed error or a permitted answer, soon, and keeps the token to itself."""
    caplog.set_level(logging.DEBUG)
    found = {}
    for count, (title, verb) in enumerate(chosen(number)):
        found[title] = offences(name, verb, tmp_path / str(count), caplog.records)
        caplog.clear()
    tell("calls", len(found))

    assert {} == {title: told for title, told in found.items() if told}


RECORD = {
    "id": "org/name",
    "private": False,
    "sha": "a" * 40,
    "siblings": [{"rfilename": "x.bin", "size": 2, "blobId": "b" * 40}],
}
LONG_PAUSES = ["429: Retry-After of years", "429: RateLimit", "429: RateLimit of 1e9"]
SOON_OVER = [
    "portal: page",
    "portal: 403",
    "truncated body",
    "gzip bomb",
    "about another repository",
    *LONG_PAUSES,
]


def download(name, folder):
    """What becomes of a download when the Hub tells of a model as it should, and fails when it is to send its file."""
    origin = Origin()
    try:
        FAULTS[name](origin)
        fault = origin.hub.behave
        sound = origin.hub.reply(200, json.dumps(RECORD).encode())
        about = ("/api/models/org/name?", "/api/models/org/name/revision/")
        origin.hub.behave = lambda request, sock: (
            sound if request.target.startswith(about) else fault(request, sock)
        )
        config = HubConfig(
            endpoint=origin.endpoint, token=TOKEN, cache="memory://", deadline=2.0, progress=False
        )
        with HubClient(config) as client:
            verb = Verb(lambda client: client.download_model("org/name", folder), questions=4)
            answer, error = outcome(verb, client)
        # The library that fetches files asks six times, and lets itself be led on each time.
        return [*complaints(name, verb, origin, answer, error, []), *map(str, folder.rglob("x.bin"))]
    finally:
        origin.close()


@pytest.mark.fault("origin")
def test_every_download(tmp_path, tell):
    """A file that can't be had is a typed error, as soon as a pause is too long, and nothing lies under its name."""
    names = times(
        SOON_OVER, [name for name in FAULTS if not name.startswith(("DNS", "refused", "black", "not"))]
    )
    # The oldest releases let each of the first threads make a client, and drop all but the last.
    get_session()
    with ThreadPoolExecutor(len(names)) as pool:
        found = pool.map(lambda name: download(name, tmp_path / str(names.index(name))), names)
        offences = {name: told for name, told in zip(names, found, strict=True) if told}
    tell("downloads", len(names))

    assert {} == offences
