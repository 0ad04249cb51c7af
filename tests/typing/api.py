"""The public API as users write it. Checked by mypy and pyright; never run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubkit import (
    HubClient,
    HubConfig,
    ModelCache,
    ModelFile,
    ModelMetadata,
    RateLimitedError,
    SnapshotStatus,
    locking,
)
from hubkit.cache import (
    BackendStats,
    CacheBackend,
    FilesystemCache,
    Lease,
    MemoryCache,
    SQLiteCache,
    open_backend,
)
from hubkit.cards import (
    AdapterFacts,
    Finding,
    Markdown,
    UpdatedCard,
    draw_curve,
    read_adapter,
    render_card,
    update_card,
    validate_card,
)
from hubkit.connector import HuggingFaceConnector, PlatformConnector
from hubkit.testing import BackendContract, FakeClock, LocalHub
from hubkit_redis import RedisCache

config: HubConfig = HubConfig(ttl="12h", cache=["memory://", "redis://host/0"], token="hf_x", deadline=10)
loaded: HubConfig = HubConfig.load({"offline": True})

with HubClient(config, clock=FakeClock()) as hub:
    connected: bool = hub.connect({"token": "hf_x"})
    found: list[ModelMetadata] = hub.search_models("llama", ["pytorch"], sort="likes", limit=3)
    model: ModelMetadata | None = hub.get_model_metadata("org/name", use_cache=False, revision="main")
    sure: ModelMetadata = hub.require_model_metadata("org/name")
    many: dict[str, ModelMetadata | None] = hub.get_many_metadata(["org/name"])
    folder: Path = hub.download_model("org/name", Path("x"), allow_patterns=["*.json"], verify=True)
    status: SnapshotStatus = hub.snapshot_status("org/name", revision="main", verify=True)
    whole: bool = status.complete
    url: str = hub.upload_artifact("./adapter", {"repo_id": "org/name", "metrics": {"loss": 0.1}})
    license_id: str | None = hub.check_license("org/name")
    fits: bool = hub.check_compatibility("org/name", required_library="peft")
    allowed: bool = hub.license_report("org/name", ["mit"], base_model="org/base").is_clear
    reasons: tuple[str, ...] = hub.compatibility_report("org/name", "peft", check_access=True).reasons
    from_cache: bool = hub.search_models("llama").from_cache
    files: list[ModelFile] = hub.repos.files("org/name")
    cache: ModelCache = hub.cache
    locked: locking.LockReport = locking.lock(hub, "models.toml", upgrade=["org/name"])
    checked: locking.CheckReport = locking.check(hub, Path("models.toml"), "snapshots")
    codes: list[str] = [finding.code for finding in checked.findings]
    synced: list[locking.SyncedModel] = locking.sync(hub, "models.toml", "snapshots", frozen=True)

    size: int | None = sure.model_size
    card: Mapping[str, Any] = sure.card_data
    siblings: Sequence[ModelFile] = sure.siblings
    plain: dict[str, Any] = sure.to_dict()
    again: ModelMetadata = ModelMetadata.from_dict(plain)

backends: list[CacheBackend] = [
    MemoryCache(),
    FilesystemCache("x"),
    SQLiteCache("x.db"),
    RedisCache("redis://host/0"),
    open_backend("memory://"),
]


stats: BackendStats = backends[0].stats()
lease: Lease | None = backends[0].lease("key", 5.0)


def retry_after(error: RateLimitedError) -> float | None:
    """Attributes of errors are typed."""
    return error.retry_after


def card_of(path: Path) -> str:
    """Cards by themselves."""
    facts: AdapterFacts = read_adapter(path)
    picture: bytes | None = draw_curve(facts.history)
    card = render_card(
        facts,
        repo_id="org/name",
        license="mit",
        metrics=[{"dataset": {"type": "org/d", "name": "D"}, "metrics": {"f1": 0.5}}],
        curve_image=None if picture is None else "training_curve.png",
        sections={"Usage": None, "Limits": Markdown("*None*")},
        template=path / "card.md.j2",
    )
    updated: UpdatedCard = update_card((path / "README.md").read_text(), card)
    findings: list[Finding] = validate_card(updated.text)
    return "".join(one.message for one in findings if one.severity == "error")


async def connect(connector: PlatformConnector) -> bool:
    """The async face."""
    return isinstance(connector, HuggingFaceConnector) and await connector.connect({"token": "hf_x"})


async def is_told_by_cache(connector: HuggingFaceConnector) -> bool:
    """What a search found says who said so, in the async face too."""
    async with HuggingFaceConnector("cache", config=config) as other:
        await other.aclose()
    return (await connector.search_models("llama")).from_cache


class TestMyBackend(BackendContract):
    """A third party's backend."""


def use(hub: LocalHub) -> int:
    """The test server."""
    return hub.load_models("models.json") + hub.total_requests
