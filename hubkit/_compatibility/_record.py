"""What the Hub's record says of a model: library, code of its own, quantization, access. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hubkit._compatibility._report import CompatibilityFinding
from hubkit._compatibility._words import plain
from hubkit.models import ModelMetadata

__all__ = ["record_findings"]

_CUSTOM_FILES: Final = re.compile(r"(?:modeling|configuration|tokenization|processing)_\w+\.py", re.ASCII)
_VERSION: Final = re.compile(r"\d+(?:\.\d+){0,3}(?:[.\w+-]{0,20})", re.ASCII)

# What transformers calls the method, and what it then needs.
_QUANTIZERS: Final = {
    "awq": "autoawq",
    "gptq": "gptqmodel",
    "bitsandbytes": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes",
    "bitsandbytes_8bit": "bitsandbytes",
    "aqlm": "aqlm",
    "compressed-tensors": "compressed-tensors",
    "eetq": "eetq",
    "hqq": "hqq",
    "quanto": "optimum-quanto",
    "torchao": "torchao",
}
_TAGGED: Final = ("awq", "gptq", "bitsandbytes", "aqlm", "compressed-tensors", "hqq")


def record_findings(
    model: ModelMetadata, required_library: str | None, installed: Mapping[str, str | None]
) -> Iterator[CompatibilityFinding]:
    """What the record says in a model's favour or against it.

    Args:
        model: What is known of it.
        required_library: The library that is to load it.
        installed: Versions of libraries that somebody has looked for in this Python; None: it isn't there.
    """
    if model.disabled:
        yield CompatibilityFinding(
            code="disabled", severity="error", message="the Hub has disabled it", source="disabled"
        )
    if required_library is not None:
        yield from _library(model, required_library)
        if installed.get(required_library, "") is None:
            yield CompatibilityFinding(
                code="not-installed",
                severity="note",
                message=f"{plain(required_library)} is not installed in this Python",
                source="this Python",
            )
    yield from _version(model, installed.get("transformers"))
    yield from _own_code(model)
    yield from _quantization(model)
    if model.gated:
        how = " after its owner has agreed" if model.gated == "manual" else ""
        yield CompatibilityFinding(
            code="gated",
            severity="warning",
            message=f"its files are handed out only to those who have asked for access{how}",
            remedy="ask for it on the model's page, and use a token of that account",
            source="gated",
        )


def _library(model: ModelMetadata, required: str) -> Iterator[CompatibilityFinding]:
    """By the library's own field; records of 2022 without one say it in a tag."""
    stated = model.library_name
    if stated == required or (stated is None and required in model.tags):
        return
    yield CompatibilityFinding(
        code="library-unknown" if stated is None else "other-library",
        severity="unknown" if stated is None else "error",
        message=f"its library is {plain(stated) if stated else 'not stated'}, not {plain(required)}",
        remedy=None if stated is None else f"load it with {plain(stated)}",
        source="tags" if stated is None else "library_name",
    )


def _version(model: ModelMetadata, installed: str | None) -> Iterator[CompatibilityFinding]:
    """The version that wrote the configuration, where the Hub tells, beside the one that is here."""
    made_with = _config(model).get("transformers_version")
    if not isinstance(made_with, str) or not _VERSION.fullmatch(made_with):
        return
    is_older = installed is not None and _is_older(installed, made_with)
    here = f", and {installed} is installed" if is_older else ""
    yield CompatibilityFinding(
        code="older-library" if is_older else "made-with",
        severity="warning" if is_older else "note",
        message=f"its configuration was written by transformers {made_with}{here}",
        remedy=f"pip install 'transformers>={made_with}'" if is_older else None,
        source="config: transformers_version",
    )


def _is_older(version: str, than: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        # What is under development comes before its release, and knows as much.
        return Version(version).release < Version(than).release
    except InvalidVersion:
        return False


def _own_code(model: ModelMetadata) -> Iterator[CompatibilityFinding]:
    info = model.extra.get("transformersInfo")
    custom_class = isinstance(info, Mapping) and info.get("custom_class")
    if _config(model).get("auto_map"):
        source = "config: auto_map"
    elif isinstance(custom_class, str) and custom_class:
        source = "transformersInfo: custom_class"
    elif "custom_code" in model.tags:
        source = "tags"
    elif any(_CUSTOM_FILES.fullmatch(file.rfilename) for file in model.siblings):
        yield CompatibilityFinding(
            code="own-code",
            severity="note",
            message="it brings Python files that look like a model's own code",
            remedy="read them before you load it with trust_remote_code=True",
            source="files",
        )
        return
    else:
        return
    yield CompatibilityFinding(
        code="remote-code",
        severity="warning",
        message="it runs code of its own: it needs trust_remote_code=True",
        remedy="read that code, and pin the revision that you have read",
        source=source,
    )


def _quantization(model: ModelMetadata) -> Iterator[CompatibilityFinding]:
    given = _config(model).get("quantization_config")
    method = given.get("quant_method") if isinstance(given, Mapping) else None
    source = "config: quantization_config"
    if not isinstance(method, str):
        method = next((tag for tag in _TAGGED if tag in model.tags), None)
        source = "tags"
    if method is None:
        return
    package = _QUANTIZERS.get(method)
    yield CompatibilityFinding(
        code="quantized",
        severity="warning",
        message=f"its weights are quantized with {plain(method)}",
        remedy=f"install {package}" if package else "see its card for what loads it",
        source=source,
    )


def _config(model: ModelMetadata) -> Mapping[str, Any]:
    config = model.extra.get("config")
    return config if isinstance(config, Mapping) else {}
