"""The sample: model records of 10 KB, 22 keys and 40 files, such as the Hub sends for a sharded model."""

from __future__ import annotations

import hashlib
from typing import Any

__all__ = ["FILES", "model_id", "record", "sizes"]

FILES = 40
_SHARDS = 14


def model_id(number: int) -> str:
    """The name of a sample model."""
    return f"bench-org/sample-model-{number:04d}-instruct"


def sizes() -> tuple[int, int]:
    """Files and keys of a record."""
    sample = record(0)
    return len(sample["siblings"]), len(sample)


def record(number: int) -> dict[str, Any]:
    """What the Hub says about a sample model, files with their sizes included."""
    name = model_id(number)
    return {
        "_id": _hex(name, "id", 24),
        "id": name,
        "modelId": name,
        "author": "bench-org",
        "sha": _hex(name, "sha", 40),
        "lastModified": "2025-03-12T10:30:05.000Z",
        "createdAt": "2025-03-01T06:14:01.000Z",
        "private": False,
        "gated": False,
        "disabled": False,
        "downloads": 186_325 + number,
        "likes": 38 + number,
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "tags": _tags(),
        "cardData": _card(),
        "config": _config(),
        "siblings": _siblings(name),
        "safetensors": {"parameters": {"BF16": 70_553_706_496}, "total": 70_553_706_496},
        "usedStorage": 141_117_412_992,
        "transformersInfo": {"auto_model": "AutoModelForCausalLM", "pipeline_tag": "text-generation"},
        "spaces": [f"bench-org/demo-{place}" for place in range(6)],
    }


def _hex(name: str, what: str, length: int) -> str:
    return hashlib.sha256(f"{name} {what}".encode()).hexdigest()[:length]


def _tags() -> list[str]:
    languages = ["en", "de", "fr", "it", "pt", "hi", "es", "th"]
    plain = ["transformers", "safetensors", "llama", "text-generation", "conversational", "pytorch"]
    papers = [f"arxiv:2{year}.{9149 + year * 7:05d}" for year in range(104, 116)]
    bases = ["base_model:bench-org/base-70b", "base_model:finetune:bench-org/base-70b"]
    return [*plain, *languages, *papers, *bases, "license:llama3.1", "autotrain_compatible", "region:us"]


def _card() -> dict[str, Any]:
    return {
        "license": "llama3.1",
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "language": ["en", "de", "fr", "it", "pt", "hi", "es", "th"],
        "base_model": ["bench-org/base-70b"],
        "tags": ["llama", "pytorch", "conversational"],
        "extra_gated_prompt": "You agree to the licence and to the acceptable use policy. " * 6,
    }


def _config() -> dict[str, Any]:
    template = (
        "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endfor %}"
    )
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "tokenizer_config": {
            "bos_token": "<|begin_of_text|>",
            "eos_token": "<|eot_id|>",
            "chat_template": template * 23,
        },
    }


def _siblings(name: str) -> list[dict[str, Any]]:
    shards = [f"model-{part:05d}-of-{_SHARDS:05d}.safetensors" for part in range(1, _SHARDS + 1)]
    small = ["README.md", "config.json", "generation_config.json", "model.safetensors.index.json"]
    small += ["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", ".gitattributes"]
    logs = [f"eval/run-{place:02d}.json" for place in range(FILES - len(shards) - len(small))]
    return [_large(name, path) for path in shards] + [_small(name, path) for path in (*small, *logs)]


def _large(name: str, path: str) -> dict[str, Any]:
    lfs = {"sha256": _hex(name, path + " lfs", 64), "size": 4_976_706_864, "pointerSize": 135}
    return {"rfilename": path, "blobId": _hex(name, path, 40), "size": lfs["size"], "lfs": lfs}


def _small(name: str, path: str) -> dict[str, Any]:
    return {"rfilename": path, "blobId": _hex(name, path, 40), "size": 1_204}
