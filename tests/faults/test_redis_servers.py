"""Real servers at fault, as a user sees them: the answers are right, and at most one line says what to look at."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from contextlib import ExitStack

import pytest
from fault_runs import times

pytest.importorskip("redis", reason="the Redis backend needs its driver")

from redis_places import KNOWN, PLACES

from hubkit import HubClient, HubConfig
from hubkit.testing import LocalHub

NEW = [f"org/n{number}" for number in range(4)]


@pytest.fixture(scope="module")
def hub():
    """A hub with models that can be told apart."""
    with LocalHub() as hub:
        for number, name in enumerate(KNOWN + NEW):
            hub.add_model({"id": name, "private": False, "sha": f"{number:040}", "downloads": 1000 + number})
        yield hub


@pytest.fixture
def stack():
    """Ends what a test starts."""
    with ExitStack() as stack:
        yield stack


def settings(hub, url):
    """A client that remembers nothing itself."""
    return HubConfig(endpoint=hub.endpoint, cache=url, memory_entries=0, token=None)


def wrong(hub, told):
    """The answers that are not the hub's."""
    numbers = {name: 1000 + number for number, name in enumerate(KNOWN + NEW)}
    return {name: model for name, model in told.items() if model is None or model.downloads != numbers[name]}


@pytest.fixture
def place(request, hub, stack, redis_binary):
    """A store that held eight models when it came to harm."""
    place = request.param(stack, redis_binary)
    with HubClient(settings(hub, place.url)) as client:
        client.get_many_metadata(KNOWN)
    place.harm()
    hub.reset_counts()
    return place


@pytest.mark.fault("redis servers")
@pytest.mark.parametrize("place", PLACES, indirect=True, ids=lambda kind: kind.__name__)
def test_client(hub, place, caplog, tell):
    """A client gets right answers, known and new; where reads go on the hub is asked for the new ones only."""
    caplog.set_level(logging.WARNING, "hubkit")
    with HubClient(settings(hub, place.url_then)) as client:
        told = {name: client.get_model_metadata(name) for name in KNOWN}
        asked = hub.total_requests
        told |= client.get_many_metadata(NEW)
        found = client.search_models("n1")
    tell("answers", len(told))
    warnings = [" ".join(record.getMessage().split()) for record in caplog.records]

    assert {} == wrong(hub, told)
    assert ["org/n1"] == [model.model_id for model in found]
    assert asked == 0 or not place.reads_go_on
    assert len(warnings) <= 1
    assert (place.says is None) == (warnings == [])
    assert all(re.search(place.says, text) for text in warnings)


@pytest.mark.fault("redis servers")
@pytest.mark.parametrize("place", times(PLACES[1:8:3], PLACES), indirect=True, ids=lambda kind: kind.__name__)
def test_program(hub, place, environ, tell):
    """The program prints its answer and ends with 0; what is wrong with the store is a line, without a password."""
    command = [sys.executable, "-m", "hubkit.cli", "--endpoint", hub.endpoint, "info", "--json"]
    done = [
        subprocess.run(
            [*command, name],
            env={**environ, "HUBKIT_CACHE": place.url_then},
            capture_output=True,
            text=True,
            timeout=60,
        )
        for name in (KNOWN[1], NEW[1])
    ]
    tell("processes", len(done))

    assert [0, 0] == [one.returncode for one in done], done
    assert [1001, 1009] == [json.loads(one.stdout)["downloads"] for one in done]
    assert [] == [one.stderr for one in done if len(one.stderr.splitlines()) > 1 or "hunter2" in one.stderr]
