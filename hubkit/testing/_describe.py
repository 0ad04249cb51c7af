"""A repository as the Hub describes it: the record behind `model_info`, made from its files."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from math import prod
from typing import Any

from hubkit.testing._blobs import BlobStore
from hubkit.testing._commits import Commit, FileEntry, timestamp
from hubkit.testing._front_matter import CardError, as_list, card_tags, read_card
from hubkit.testing._repos import Repo

__all__ = ["Describer"]

_SHARD = re.compile(r"[\w.-]+-\d{5}-of-\d{5}\.safetensors")
_MAX_TENSOR_HEADER = 4 << 20
_MAX_TEXT = 4 << 20


class Describer:
    """Makes Hub-shaped records.

    Args:
        blobs: Where the contents are.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        # What the files of a commit say is costly enough to be worked out once.
        self._facts: dict[tuple[str, int], dict[str, Any]] = {}

    def describe(self, repo: Repo, commit: Commit | None = None) -> dict[str, Any]:
        """Describe a repository at a commit, without its siblings.

        Args:
            repo: The repository.
            commit: One of its commits; None means the head of main.

        Returns:
            A new dict in the Hub's shape. What a loaded record says stands until something is committed.
        """
        kept = {key: value for key, value in repo.record.items() if key != "siblings"}
        if not repo.committed:
            return {**_identity_of(repo), **kept, **_settings_of(repo), "sha": _sha_of(repo, commit)}
        commit = commit or repo.commit()
        basics = {
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "createdAt": timestamp(repo.created_at),
            "spaces": [],
        }
        return {
            **_identity_of(repo),
            "author": repo.namespace or None,
            **basics,
            **kept,
            **_settings_of(repo),
            **self._fields(repo, commit),
            "sha": commit.commit_hash,
            "lastModified": timestamp(commit.date),
        }

    def siblings(
        self, repo: Repo, commit: Commit | None = None, *, blobs: bool = False
    ) -> list[dict[str, Any]]:
        """List the files as `model_info` does.

        Args:
            repo: The repository.
            commit: One of its commits; None means the head of main.
            blobs: Whether to add sizes and hashes.

        Returns:
            One dict for each file.
        """
        if not repo.committed:
            recorded = repo.record.get("siblings") or []
            return [dict(each) if blobs else {"rfilename": each["rfilename"]} for each in recorded]
        files = (commit or repo.commit()).files
        return [_sibling(files[path], blobs=blobs) for path in sorted(files)]

    def text(self, entry: FileEntry | None) -> str | None:
        """Read a file as text; None when it is missing, unknown, too long or not UTF-8."""
        if entry is None or entry.digest not in self._blobs or (entry.size or 0) > _MAX_TEXT:
            return None
        with self._blobs.open(str(entry.digest)) as file:
            try:
                return file.read().decode()
            except UnicodeDecodeError:
                return None

    def _fields(self, repo: Repo, commit: Commit) -> Mapping[str, Any]:
        # The number of commits is part of the key: storage counts the whole history.
        key = (commit.commit_hash, len(repo.commits))
        if key not in self._facts:
            fields = self._work_out(repo.repo_type, commit)
            self._facts[key] = {**fields, "usedStorage": _used_storage(repo)}
        return self._facts[key]

    def _work_out(self, repo_type: str, commit: Commit) -> dict[str, Any]:
        readme = self.text(commit.files.get("README.md"))
        if readme is None and "README.md" in commit.files:
            # The card is known by name alone: what the loaded record says of it stands.
            return {}
        readme = readme or ""
        try:
            card = read_card(readme)
        except CardError:
            card = {}
        fields: dict[str, Any] = {"cardData": card} if card else {}
        if repo_type == "model":
            fields |= self._model_fields(card, readme, commit)
        else:
            fields["tags"] = [*card_tags(card, readme), "region:us"]
            if repo_type == "space":
                fields["sdk"] = card.get("sdk")
        return fields

    def _model_fields(self, card: Mapping[str, Any], readme: str, commit: Commit) -> dict[str, Any]:
        files = commit.files
        adapter = self._json(files.get("adapter_config.json"))
        config = _config_of(self._json(files.get("config.json")), adapter)
        library = card.get("library_name") or ("peft" if adapter else None)
        fields: dict[str, Any] = {"config": config} if config else {}
        fields |= {"library_name": library} if library else {}
        fields |= {"pipeline_tag": card["pipeline_tag"]} if card.get("pipeline_tag") else {}
        bases = as_list(card.get("base_model"))
        relation = card.get("base_model_relation") or _relation(bases, library, files)
        formats = [
            word
            for word in ("safetensors", "gguf", "onnx")
            if any(path.endswith(f".{word}") for path in files)
        ]
        derived = [library, *formats, config.get("model_type"), card.get("pipeline_tag")]
        lineage = [f"base_model:{base}" for base in bases] + [
            f"base_model:{relation}:{base}" for base in bases
        ]
        tags = [*filter(None, derived), *card_tags(card, readme), *lineage, "region:us"]
        fields["tags"] = list(dict.fromkeys(tags))
        if bases:
            fields["baseModels"] = {"relation": relation, "models": [{"id": base} for base in bases]}
        if card.get("model-index") is not None:
            fields["model-index"] = card["model-index"]
        if tensors := self._tensors(files):
            fields["safetensors"] = {"parameters": tensors, "total": sum(tensors.values())}
        return fields

    def _json(self, entry: FileEntry | None) -> dict[str, Any]:
        try:
            found = json.loads(self.text(entry) or "{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _tensors(self, files: Mapping[str, FileEntry]) -> dict[str, int]:
        """Count parameters by type, from the headers of the safetensors files at the root."""
        whole = [path for path in ("model.safetensors", "adapter_model.safetensors") if path in files]
        counts: dict[str, int] = {}
        for path in whole[:1] or [path for path in files if _SHARD.fullmatch(path)]:
            for kind, shape in self._tensor_shapes(files[path]):
                counts[kind] = counts.get(kind, 0) + prod(shape)
        return counts

    def _tensor_shapes(self, entry: FileEntry) -> list[tuple[str, list[int]]]:
        if entry.digest not in self._blobs:
            return []
        with self._blobs.open(str(entry.digest)) as file:
            head = file.read(8)
            size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
            if not 0 < size <= _MAX_TENSOR_HEADER:
                return []
            try:
                header = json.loads(file.read(size))
                return [
                    (each["dtype"], each["shape"]) for name, each in header.items() if name != "__metadata__"
                ]
            except (ValueError, TypeError, KeyError, AttributeError):
                return []


def _identity_of(repo: Repo) -> dict[str, Any]:
    names = {"modelId": repo.repo_id} if repo.repo_type == "model" else {}
    return {"_id": repo.object_id, "id": repo.repo_id, **names}


def _settings_of(repo: Repo) -> dict[str, Any]:
    settings: dict[str, Any] = {"id": repo.repo_id, "private": repo.private}
    if repo.repo_type == "model":
        settings["modelId"] = repo.repo_id
    # A record says nothing of these unless it did when it was loaded, or somebody changed them since.
    if repo.committed or repo.gated or "gated" in repo.record:
        settings["gated"] = repo.gated
    if repo.committed or repo.disabled or "disabled" in repo.record:
        settings["disabled"] = repo.disabled
    return settings


def _sha_of(repo: Repo, commit: Commit | None) -> str:
    return commit.commit_hash if commit else repo.main_hash


def _sibling(entry: FileEntry, *, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": entry.path}
    described: dict[str, Any] = {"rfilename": entry.path, "blobId": entry.blob_id, "size": entry.size}
    if entry.is_lfs:
        described["lfs"] = {"sha256": entry.digest, "size": entry.size, "pointerSize": entry.pointer_size}
    return described


def _config_of(config: Mapping[str, Any], adapter: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what the Hub keeps of ``config.json`` and ``adapter_config.json``."""
    kept = {
        key: config[key] for key in ("architectures", "model_type", "quantization_config") if key in config
    }
    if adapter:
        names = ("base_model_name_or_path", "task_type")
        kept["peft"] = {key: adapter[key] for key in names if adapter.get(key)}
    return kept


def _relation(bases: list[Any], library: str | None, files: Mapping[str, FileEntry]) -> str:
    if library == "peft" or "adapter_config.json" in files:
        return "adapter"
    if len(bases) > 1:
        return "merge"
    return "quantized" if any(path.endswith(".gguf") for path in files) else "finetune"


def _used_storage(repo: Repo) -> int:
    """Count the bytes of every content in the whole history, each once."""
    sizes = {
        entry.blob_id: entry.size or 0 for commit in repo.commits.values() for entry in commit.files.values()
    }
    return sum(sizes.values())
