"""Errors of transfers hold the token nowhere: neither in variables of frames nor in requests."""

from __future__ import annotations

import itertools
import traceback

import pytest

from hubkit import HubkitError
from hubkit._clock import SYSTEM_CLOCK
from hubkit._secrets import Secret, without_frames
from hubkit._transfers._translation import translated

TOKEN = "hf_" + "Ab1" * 11


@pytest.fixture
def writer(make_client, alice):
    """A client with alice's token that doesn't try again."""
    return make_client(token=alice, retries=0)


def caught(call):
    """The error of a call, without the frames of this test."""
    try:
        call()
    except HubkitError as error:
        # The first two frames are this test's own.
        return error.with_traceback(error.__traceback__.tb_next.tb_next)
    raise AssertionError("nothing was raised")


def chain(error):
    """The error and everything behind it."""
    waiting, seen = [error], []
    while waiting:
        one = waiting.pop()
        if one is not None and not any(one is known for known in seen):
            seen.append(one)
            waiting += [
                one.__cause__,
                one.__context__,
                *(a for a in one.args if isinstance(a, BaseException)),
            ]
    return seen


def attribute(thing, *names):
    """What attributes lead to; None where one is missing or raises."""
    for name in names:
        try:
            thing = getattr(thing, name)
        except Exception:  # noqa: BLE001 - httpx raises RuntimeError
            return None
    return thing


def held(error):
    """All text that is within easy reach of an error."""
    told = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
    for one in chain(error):
        told += [repr(one), str(one), repr(vars(one)), repr(one.args)]
        for names in (("request",), ("response",), ("response", "request"), ("_request",)):
            thing = attribute(one, *names)
            told += [repr(thing), repr(attribute(thing, "headers", "raw"))]
            told.append(repr(dict(attribute(thing, "headers") or {})))
    return "\n".join(told)


# Not each with each: huggingface_hub takes 23 seconds to give up on some.
@pytest.mark.parametrize(
    ("route", "status"),
    [
        *itertools.product(["resolve_head", "resolve_get", "model_info"], [401, 403, 404]),
        ("resolve_get", 500),
        ("model_info", 429),
        ("model_info", 500),
    ],
)
def test_refused_downloads(hub, writer, alice, tmp_path, route, status):
    """Whatever the Hub answers to which request."""
    hub.fail(route, status=status, times=None)
    error = caught(lambda: writer.download_model("alice/secret", tmp_path / "hf"))

    assert alice not in held(error)


@pytest.mark.parametrize(
    ("route", "status"),
    [
        *itertools.product(["create_repo", "preupload", "commit", "validate_yaml"], [401, 403]),
        *itertools.product(["create_repo", "commit", "validate_yaml"], [500]),
    ],
)
def test_refused_uploads(hub, writer, alice, adapters, route, status):
    """The same of uploads."""
    hub.fail(route, status=status, times=None)
    error = caught(lambda: writer.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/new"}))

    assert alice not in held(error)


@pytest.mark.parametrize("route", ["resolve_head", "validate_yaml"])
def test_broken_connections(hub, writer, alice, adapters, tmp_path, route):
    """The same when the Hub hangs up."""
    hub.fail(route, status=0, times=None)
    verbs = {
        "resolve_head": lambda: writer.download_model("alice/secret", tmp_path / "hf"),
        "validate_yaml": lambda: writer.upload_artifact(
            adapters / "lora-causal-lm", {"repo_id": "alice/new"}
        ),
    }

    assert alice not in held(caught(verbs[route]))


def test_stopped_hub(hub, writer, alice, adapters, tmp_path):
    """The same when there is no Hub."""
    hub.stop()
    download = caught(lambda: writer.download_model("alice/secret", tmp_path / "hf"))
    upload = caught(lambda: writer.upload_artifact(adapters / "lora-causal-lm", {"repo_id": "alice/new"}))

    assert alice not in held(download) + held(upload)


def test_cause_that_repeats_the_token_is_dropped():
    """An error whose own text repeats the token isn't shown, and isn't kept."""

    def fail():
        raise ValueError(f"illegal header Bearer {TOKEN}")

    error = caught(lambda: translated(fail, "test", token=Secret(TOKEN), clock=SYSTEM_CLOCK))

    assert [error] == chain(error)
    assert TOKEN not in held(error)


def test_request_behind_a_property_that_raises():
    """An error of httpx without a request has the attribute, and it raises."""

    class WithProperty(Exception):
        @property
        def request(self):
            raise RuntimeError("no request")

    bare = without_frames(WithProperty("x"))

    assert ("x",) == bare.args


def test_encoding_error_loses_its_text():
    """An error about a character holds the whole text that it is in."""
    try:
        (TOKEN + "ü").encode("ascii")
    except UnicodeEncodeError as error:
        bare = without_frames(error)

    assert TOKEN not in held(bare) + str(bare.object)
