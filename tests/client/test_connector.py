"""The async connector, as the first one behaved."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, timezone

import pytest

from hubkit import HubConfig, ModelMetadata, NotConnectedError
from hubkit.connector import HuggingFaceConnector, ModelCache, PlatformConnector


@pytest.fixture
def connector(hub, monkeypatch, tmp_path):
    """A connector of this test's hub."""
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HUBKIT_RETRIES", "0")
    monkeypatch.chdir(tmp_path)
    return HuggingFaceConnector(tmp_path / "cache")


def test_what_it_says_of_itself(connector):
    """Class attributes and credentials, as the studio reads them."""
    assert isinstance(connector, PlatformConnector)
    assert ("huggingface", "HuggingFace Hub") == (connector.name, connector.display_name)
    assert connector.supports_registry
    assert [False] * 3 == [
        getattr(connector, f"supports_{what}") for what in ("training", "inference", "tracking")
    ]
    assert ["token"] == connector.get_required_credentials()
    assert isinstance(connector._cache, ModelCache)


def test_before_connect_the_cache_answers(connector, hub):
    """Nothing is asked; what is cached is told."""
    hub.reset_counts()

    async def questions():
        return [
            await connector.get_model_metadata("gpt2"),
            await connector.check_license("gpt2"),
            await connector.check_compatibility("gpt2"),
            await connector.verify_connection(),
        ]

    assert [None, None, False, False] == asyncio.run(questions())
    files = [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]
    connector._cache.set(ModelMetadata("gpt2", license="mit", siblings=files))
    assert [True, "mit", True] == [bool(answer) for answer in asyncio.run(questions())[:1]] + asyncio.run(
        questions()
    )[1:3]
    assert 0 == hub.total_requests


def test_settings_and_end(hub, alice, tmp_path):
    """Settings may be given, a folder goes before their cache, and `async with` closes it for now."""
    config = HubConfig(endpoint=hub.endpoint, cache="memory://", retries=0)

    async def live():
        async with HuggingFaceConnector(tmp_path / "cache", config=config) as connector:
            assert await connector.connect({"token": alice})
            first = await connector.get_model_metadata("gpt2")
        return first, await connector.get_model_metadata("gpt2")

    first, second = asyncio.run(live())

    assert "gpt2" == first.model_id
    assert first == second
    assert (tmp_path / "cache").is_dir()


def test_before_connect_the_settings_count(hub, monkeypatch, tmp_path):
    """How old an answer may be is a setting, before connecting too."""
    monkeypatch.setenv("HUBKIT_STALE_IF_ERROR", "7d")
    old = ModelMetadata("gpt2", cached_at=datetime.now(timezone.utc) - timedelta(hours=30))
    connector = HuggingFaceConnector(tmp_path / "old")
    connector._cache.set(old)

    assert old == asyncio.run(connector.get_model_metadata("gpt2"))


def test_before_connect_nothing_else(connector, tmp_path):
    """Search, download and upload insist on a connection."""
    for call in (
        lambda: connector.search_models("x"),
        lambda: connector.download_model("gpt2"),
        lambda: connector.upload_artifact(str(tmp_path), {"repo_id": "a/b"}),
    ):
        with pytest.raises(RuntimeError, match="Not connected to HuggingFace") as info:
            asyncio.run(call())
        assert isinstance(info.value, NotConnectedError)


def test_whole_life(connector, alice, adapters, tmp_path):
    """Connected it does everything; disconnected it is back to the cache."""

    async def live():
        assert await connector.connect({"token": alice})
        assert await connector.verify_connection()
        found = await connector.search_models("gpt", limit=1)
        model = await connector.get_model_metadata("alice/secret")
        url = await connector.upload_artifact(str(adapters / "lora-causal-lm"), {"repo_id": "alice/up"})
        path = await connector.download_model("alice/up", tmp_path / "hf")
        assert await connector.disconnect()
        return found, model, url, path

    found, model, url, path = asyncio.run(live())

    assert ["gpt2"] == [m.model_id for m in found]
    assert not found.from_cache
    assert model.private
    assert url.endswith("/alice/up")
    assert (path / "adapter_config.json").exists()
    assert asyncio.run(connector.get_model_metadata("alice/secret")) is None


def test_errors_of_connect(connector, hub):
    """As the first connector promised them."""
    with pytest.raises(ValueError, match="token is required"):
        asyncio.run(connector.connect({}))
    with pytest.raises(ValueError, match=r"Invalid HuggingFace token format \(should start with 'hf_'\)"):
        asyncio.run(connector.connect({"token": "abc"}))
    with pytest.raises(ValueError, match="refused"):
        asyncio.run(connector.connect({"token": "hf_unknown"}))
    hub.stop()
    with pytest.raises(ConnectionError):
        asyncio.run(connector.connect({"token": "hf_unknown"}))


def test_missing_things(connector, alice, tmp_path):
    """A missing model or folder is a FileNotFoundError."""

    async def ask(call):
        await connector.connect({"token": alice})
        await call()

    with pytest.raises(FileNotFoundError):
        asyncio.run(ask(lambda: connector.download_model("no/such", tmp_path)))
    with pytest.raises(FileNotFoundError):
        asyncio.run(ask(lambda: connector.upload_artifact(str(tmp_path / "no"), {"repo_id": "a/b"})))
    with pytest.raises(ValueError, match="repo_id"):
        asyncio.run(ask(lambda: connector.upload_artifact(str(tmp_path), {})))


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.submit_job({}),
        lambda c: c.get_job_status("x"),
        lambda c: c.cancel_job("x"),
        lambda c: anext(c.stream_logs("x")),
        lambda c: c.fetch_artifact("x"),
        lambda c: c.list_resources(),
        lambda c: c.get_pricing("x"),
    ],
)
def test_what_a_registry_does_not(connector, call):
    """Refused as not implemented."""

    async def ask():
        await call(connector)

    with pytest.raises(NotImplementedError):
        asyncio.run(ask())


def test_event_loop_never_stalls(connector, hub, alice):
    """While the hub takes its time the loop goes on."""
    hub.fail("model_info", status=None, delay=0.5)

    async def watch():
        await connector.connect({"token": alice})
        task = asyncio.create_task(connector.get_model_metadata("gpt2"))
        longest = 0.0
        while not task.done():
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - began)
        return longest, task.result()

    longest, model = asyncio.run(watch())

    assert "gpt2" == model.model_id
    assert longest < 0.25
