"""A Hub that would lead huggingface_hub away, or fails in every way, with the cache beneath it."""

from __future__ import annotations

import json
import logging
import time

import pytest
from fault_runs import times
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub import get_hf_file_metadata as head_of
from huggingface_hub.errors import HfHubHTTPError
from origin_faults import FAULTS, TOKEN, Origin

from hubkit import HubConfig
from hubkit.interop import cached

PAGE = json.dumps([{"id": "org/name"}]).encode()


@pytest.fixture
def origin():
    """A Hub that is harmed, and a server of somebody else's."""
    origin = Origin()
    yield origin
    origin.close()


@pytest.fixture
def api(origin):
    """What programs call, beneath which the cache is."""
    with cached(HubConfig(cache="memory://", deadline=1.0)):
        yield HfApi(endpoint=origin.endpoint, token=TOKEN)


def http_error():
    """The class of all errors of huggingface_hub's HTTP library."""
    (kind,) = [kind for kind in HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError"]
    return kind


LISTINGS = {
    "models": lambda api: api.list_models(search="name"),
    "datasets": lambda api: api.list_datasets(search="name"),
    "tree": lambda api: api.list_repo_tree("org/name"),
    "commits": lambda api: api.list_repo_commits("org/name"),
}


@pytest.mark.fault("origin beneath huggingface_hub")
@pytest.mark.parametrize("ask", LISTINGS.values(), ids=LISTINGS)
@pytest.mark.parametrize("target", ["{}/more", "//{host}/more", "http://me:pw@{host}/more"])
def test_next_page_elsewhere(origin, api, ask, target, tell):
    """A listing that goes on elsewhere is an error, and nobody there hears of it: neither now nor from the cache."""
    away = target.format(origin.elsewhere.endpoint, host=origin.elsewhere.endpoint.partition("//")[2])
    origin.always(200, PAGE, Link=f'<{away}>; rel="next"')
    for _ in range(2):
        with pytest.raises(http_error(), match="another origin"):
            list(ask(api))
    tell("listings", 2)

    assert ([], 2) == (origin.elsewhere.requests, len(origin.hub.requests))


@pytest.mark.fault("origin beneath huggingface_hub")
def test_next_page_here(origin, api):
    """A listing that goes on where it began is read to its end."""
    first = origin.hub.reply(200, PAGE, Link=f'<{origin.endpoint}/api/models?cursor=2>; rel="next"')
    origin.hub.play(first, origin.hub.reply(200, PAGE.replace(b"name", b"other")))

    assert ["org/name", "org/other"] == [model.id for model in api.list_models(search="name")]


@pytest.mark.fault("origin beneath huggingface_hub")
@pytest.mark.parametrize("header", ["Link", "X_Xet_Refresh_Route"])
def test_keys_to_files_elsewhere(origin, api, header):
    """Where the key to a file's contents would be fetched elsewhere, with the token, there is none to be fetched."""
    away = f"{origin.elsewhere.endpoint}/api/models/org/name/xet-read-token/{'a' * 40}"
    facts = {"X_Repo_Commit": "a" * 40, "ETag": '"1"', "X_Linked_Size": "2", "X_Xet_Hash": "b" * 64}
    told = f'<{away}>; rel="xet-auth", <{origin.endpoint}/here>; rel="xet-reconstruction-info"'
    origin.always(200, **facts, **{header: told if header == "Link" else away})
    url = hf_hub_url("org/name", "x.bin", endpoint=origin.endpoint)

    assert head_of(url, token=TOKEN).xet_file_data is None


@pytest.mark.fault("origin beneath huggingface_hub")
@pytest.mark.parametrize(
    "header",
    [{"RateLimit": '"api";r=0;t=1000000000'}, {"RateLimit": '"api";r=0;t=4000'}, {"Retry_After": "9" * 30}],
)
def test_pauses_of_years(origin, api, header):
    """A file that can be had in some years isn't slept for: its library asks again in a moment, as where no time is named."""
    facts = {"X_Repo_Commit": "a" * 40, "ETag": '"1"', "X_Linked_Size": "2"}
    origin.hub.play(origin.hub.reply(429, **header), origin.hub.reply(200, **facts))
    began = time.monotonic()
    told = head_of(
        hf_hub_url("org/name", "x.bin", endpoint=origin.endpoint), token=TOKEN, retry_on_errors=True
    )

    assert "a" * 40 == told.commit_hash
    assert time.monotonic() - began < 15.0


ASKED = {
    "model_info": lambda api: api.model_info("org/name"),
    "list_models": lambda api: list(api.list_models(search="name", limit=20)),
    "tree": lambda api: list(api.list_repo_tree("org/name")),
    "refs": lambda api: api.list_repo_refs("org/name"),
    "whoami": lambda api: api.whoami(),
}
UNHURRIED = (
    *(
        "429",
        "50",
        "slow",
        "black hole",
        "token echoed: 5",
        "token echoed: 429",
        "Link",
        "redirects",
        "empty",
        "the same page",
    ),
    *("DNS", "refused", "hangs up", "truncated", "no gzip", "wrong length", "gzip bomb", "not"),
)
"""What huggingface_hub itself waits for, or asks again and again."""


@pytest.mark.fault("origin beneath huggingface_hub")
@pytest.mark.parametrize("name", [name for name in FAULTS if not name.startswith(UNHURRIED)])
def test_token_stays_here(origin, api, name, caplog, tell):
    """Whatever the Hub does, another host gets no token, and hubkit prints none."""
    caplog.set_level(logging.DEBUG, "hubkit")
    FAULTS[name](origin)
    api.endpoint = origin.endpoint
    asked = list(ASKED.values())[: times(2, None)]
    for ask in asked:
        try:
            ask(api)
        except Exception:  # noqa: BLE001 - whatever huggingface_hub makes of it
            continue
    tell("calls", len(asked))
    told = [f"{record.getMessage()}" for record in caplog.records if record.name == "hubkit"]

    assert ([], []) == (origin.leaks, [text for text in told if TOKEN in text])
