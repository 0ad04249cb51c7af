"""What a model's files say: weights, configuration, tokenizer, code. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hubkit._compatibility._report import CompatibilityFinding, Severity
from hubkit._compatibility._words import plain
from hubkit._hub_record import is_weight_file
from hubkit.models import ModelMetadata

__all__ = ["file_findings", "is_adapter", "loaded_format", "weight_files"]

# What a loader reads first; each library has its own.
_CONFIG_FILES: Final = frozenset(
    {"config.json", "adapter_config.json", "model_index.json", "params.json", "config.yaml"}
)
# Formats that carry their configuration with them.
_SELF_DESCRIBING: Final = (".gguf", ".onnx", ".tflite")

_TOKENIZERS: Final = frozenset(
    {
        *(
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "vocab.txt",
            "vocab.json",
            "vocab.bpe",
        ),
        *("spiece.model", "sentencepiece.bpe.model", "spm.model", "source.spm", "tekken.json", "merges.txt"),
    }
)
_TEXT_TASKS: Final = frozenset(
    {
        *(
            "text-generation",
            "fill-mask",
            "text-classification",
            "token-classification",
            "question-answering",
        ),
        *(
            "summarization",
            "translation",
            "feature-extraction",
            "sentence-similarity",
            "zero-shot-classification",
        ),
    }
)
# Whose files can be judged by their names. Others have formats of their own, such as a pipeline's folder or one pickle.
_KNOWN_LAYOUTS: Final = frozenset({"transformers", "peft", "diffusers", "sentence-transformers", "timm"})
_PAPERS: Final = frozenset(
    {"readme.md", ".gitattributes", ".gitignore", "license", "license.txt", "license.md"}
)
_TEXT_LIBRARIES: Final = ("transformers", "sentence-transformers")

# In the order in which a loader that knows several would choose.
_FORMATS: Final = (
    ("safetensors", (".safetensors",)),
    ("pickle", (".bin", ".pt", ".pth", ".ckpt")),
    ("GGUF", (".gguf", ".ggml")),
    ("ONNX", (".onnx", ".onnx_data")),
    ("TensorFlow", (".h5",)),
    ("Flax", (".msgpack",)),
    ("TFLite", (".tflite",)),
    ("other", (".ot", ".npz")),
)


def weight_files(model: ModelMetadata) -> list[str]:
    """The paths of the weights."""
    return [file.rfilename for file in model.siblings if is_weight_file(file.rfilename)]


def loaded_format(paths: Sequence[str]) -> tuple[str | None, list[str]]:
    """The format that would be loaded, and the files of it; None when there are no weights."""
    for name, suffixes in _FORMATS:
        found = [path for path in paths if path.lower().endswith(suffixes)]
        if found:
            return name, found
    return None, []


def is_adapter(model: ModelMetadata) -> bool:
    """Whether a model is one of PEFT's adapters, which is nothing without its base model."""
    return any(file.rfilename == "adapter_config.json" for file in model.siblings)


def file_findings(model: ModelMetadata, required_library: str | None) -> Iterator[CompatibilityFinding]:
    """What is missing among the files, and what to beware of.

    Args:
        model: What is known of it.
        required_library: The library that is to load it; the one that it states if None.
    """
    if model.partial and not model.siblings:
        yield _found("files-unknown", "unknown", "its files are not known: a listing leaves them out")
        return
    weights = weight_files(model)
    library = required_library or model.library_name
    if library is None or library in _KNOWN_LAYOUTS or _has_only_papers(model):
        if not weights:
            yield _found("no-weights", "error", "it has no weight file", "look for a revision that has")
        yield from _config_findings(model)
    else:
        message = f"which files {plain(library)} needs is not known here, and wasn't looked at"
        yield _found("other-layout", "note", message)
    yield from _format_findings(model, weights)
    yield from _tokenizer_findings(model)


def _has_only_papers(model: ModelMetadata) -> bool:
    return all(file.rfilename.lower() in _PAPERS for file in model.siblings)


def _config_findings(model: ModelMetadata) -> Iterator[CompatibilityFinding]:
    paths = [file.rfilename for file in model.siblings]
    has_config = any(path in _CONFIG_FILES for path in paths)
    if not has_config and not any(path.lower().endswith(_SELF_DESCRIBING) for path in paths):
        remedy = "load its weights into a model that you configure yourself"
        yield _found("no-config", "error", "it has no configuration file", remedy)


def _format_findings(model: ModelMetadata, weights: Sequence[str]) -> Iterator[CompatibilityFinding]:
    formats = {
        name for name, suffixes in _FORMATS if any(path.lower().endswith(suffixes) for path in weights)
    }
    if formats == {"pickle"}:
        yield _found(
            "pickle-only",
            "warning",
            "its weights are pickles, which run what is in them when they are loaded",
            "load with weights_only=True, or ask for safetensors",
        )
    elif len(formats) == 1 and formats & {"GGUF", "ONNX", "TensorFlow", "Flax", "TFLite"}:
        (name,) = formats
        message = f"its weights are {name} only"
        yield _found("one-format", "note", message, f"use a library that reads {name}")


def _tokenizer_findings(model: ModelMetadata) -> Iterator[CompatibilityFinding]:
    # An adapter has its base model's, and a GGUF file its own.
    for_text = model.pipeline_tag in _TEXT_TASKS and model.library_name in _TEXT_LIBRARIES
    paths = [file.rfilename for file in model.siblings]
    names = {path.rpartition("/")[2] for path in paths}
    carries_it = any(path.lower().endswith(".gguf") for path in paths)
    if for_text and not is_adapter(model) and not carries_it and names.isdisjoint(_TOKENIZERS):
        remedy = "take the tokenizer of the model that it was made from"
        yield _found("no-tokenizer", "warning", "it has no tokenizer file that is known as one", remedy)


def _found(code: str, severity: Severity, message: str, remedy: str | None = None) -> CompatibilityFinding:
    return CompatibilityFinding(code=code, severity=severity, message=message, remedy=remedy, source="files")
