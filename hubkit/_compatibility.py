"""Whether a model can be used: decided from its metadata alone."""

from __future__ import annotations

from hubkit._hub_record import is_weight_file
from hubkit.models import ModelMetadata

__all__ = ["is_compatible", "missing_for_use"]

# What a loader reads first; each library has its own.
_CONFIG_FILES = frozenset(
    {"config.json", "adapter_config.json", "model_index.json", "params.json", "config.yaml"}
)
# Formats that carry their configuration with them.
_SELF_DESCRIBING = (".gguf", ".onnx", ".tflite")


def is_compatible(model: ModelMetadata, required_library: str | None = None) -> bool:
    """Whether the model has what it takes to be loaded, by that library if one is named."""
    return not missing_for_use(model, required_library)


def missing_for_use(model: ModelMetadata, required_library: str | None = None) -> list[str]:
    """What stands in the way, a sentence each; empty when nothing does.

    Args:
        model: Full metadata: a listing's has no files, and would say "no weights" of everything.
        required_library: Such as ``transformers`` or ``peft``.
    """
    findings = []
    if required_library is not None and not _is_made_for(model, required_library):
        findings.append(f"its library is {model.library_name or 'not stated'}, not {required_library}")
    paths = [file.rfilename for file in model.siblings]
    if not any(map(is_weight_file, paths)):
        findings.append("it has no weight file")
    has_config = any(path in _CONFIG_FILES for path in paths)
    if not has_config and not any(path.lower().endswith(_SELF_DESCRIBING) for path in paths):
        findings.append("it has no configuration file")
    if model.disabled:
        findings.append("the Hub has disabled it")
    return findings


def _is_made_for(model: ModelMetadata, library: str) -> bool:
    """By the library's own field; records of 2022 without one say it in a tag."""
    if model.library_name is not None:
        return model.library_name == library
    return library in model.tags
