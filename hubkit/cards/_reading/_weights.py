"""Facts of the weight file's header."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Set
from pathlib import Path

from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import UnreadableError, read_object
from hubkit.cards._reading._safetensors import Tensor, read_header

__all__ = ["find_weights"]

_FILE = "adapter_model.safetensors"
_INDEX = "adapter_model.safetensors.index.json"
_PICKLE = "adapter_model.bin"
_UNKNOWN = "size and type of the weights are unknown"
# An index names each tensor.
_INDEX_LIMIT = 32 * 1024 * 1024
_SHARD = re.compile(r"adapter_model-\d{5}-of-\d{5}\.safetensors")
_MAX_SHARDS = 100

_DTYPES = {
    "BF16": "bfloat16",
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
}
_CLASSIFICATION = ("SEQ_CLS", "TOKEN_CLS")
# The last layer of every classification head in transformers.
_HEAD = re.compile(r"(?:^|\.)(?:classifier|score|(?:classifier|classification_head)\.out_proj)\.weight$")
# Older PEFT kept the wrapper's and the adapter's name inside the path.
_WRAPPER = re.compile(r"\.modules_to_save(?:\.default)?(?=\.)")
_LORA_A = re.compile(r"\.lora_(?:embedding_)?A(?:\.default)?(?:\.weight)?$")
# PEFT puts one of these in between for each further parameter of the same module.
_INNER = ".base_layer"
# What models call the embedding of their vocabulary and the layer that undoes it. PEFT keeps
# the layer whole beneath a name of its own, or as it was inside of its own layer.
_VOCABULARY = r"(?:^|\.)(?:embed_tokens|embed_in|shared|tok_embeddings|word_embeddings|wte|{head})"
_HEADS = "lm_head|embed_out"
_WHOLE = r"(?:\.(?:modules_to_save|original_module|default|token_adapter|base_layer)){0,4}\.weight$"
# Which dimension counts the vocabulary.
_ROWS = (
    (re.compile(_VOCABULARY.format(head=_HEADS) + _WHOLE), 0),
    (re.compile(_VOCABULARY.format(head=_HEADS) + r"\.lora_embedding_A(?:\.default)?$"), 1),
    (re.compile(rf"(?:^|\.)(?:{_HEADS})\.lora_B(?:\.default)?\.weight$"), 0),
)
# Longer ones are no paths of modules.
_MAX_PATH = 1000
_MAX_LABELS = 1_000_000
_MAX_VOCABULARY = 2**31


def find_weights(folder: Path, found: Findings) -> None:
    """Gather what the headers of the weight files prove.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings; its task says whether rows are labels.
    """
    # Without a readable config the file's name is what is left to tell whose it is.
    for name in (_FILE, _INDEX, _PICKLE):
        if "library_name" not in found.values and os.path.exists(folder / name):
            found.add("library_name", "peft", name)
    file = _FILE if os.path.exists(folder / _FILE) or not os.path.exists(folder / _INDEX) else _INDEX
    try:
        tensors = read_header(folder / _FILE) if file == _FILE else _read_shards(folder)
    except FileNotFoundError:
        found.warn(f"{file} {'is missing' if file == _FILE else 'names files that are missing'}: {_UNKNOWN}")
        if os.path.exists(folder / _PICKLE):
            found.warn(f"{_PICKLE} is a pickle, which can run code: it was not opened")
    except UnreadableError as error:
        found.warn(f"{file} {error}: {_UNKNOWN}")
    else:
        _find_in_tensors(tensors, file, found)


def _read_shards(folder: Path) -> tuple[Tensor, ...]:
    """The tensors of all files that an index names."""
    shards = read_object(folder / _INDEX, _INDEX_LIMIT).get("weight_map")
    names = set(map(str, shards.values())) if isinstance(shards, dict) else set()
    if not 0 < len(names) <= _MAX_SHARDS or not all(map(_SHARD.fullmatch, names)):
        raise UnreadableError("names no weight files as PEFT calls them")
    return tuple(tensor for name in sorted(names) for tensor in read_header(folder / name))


def _find_in_tensors(tensors: tuple[Tensor, ...], file: str, found: Findings) -> None:
    if not tensors:
        found.warn(f"{file} holds no tensors")
        return
    names = sorted({_DTYPES.get(tensor.dtype, tensor.dtype[:32]) for tensor in tensors})
    found.add("parameters", sum(tensor.size for tensor in tensors), f"{file}: shape of every tensor")
    found.add("dtype", ", ".join(names), f"{file}: dtype of every tensor")
    found.add("ranks", _ranks(tensors, found), f"{file}: shape of every lora_A")
    _find_vocabulary(tensors, file, found)
    if found.values.get("task_type") in _CLASSIFICATION:
        _find_labels(tensors, file, found)


def _ranks(tensors: Iterable[Tensor], found: Findings) -> tuple[int, ...]:
    """The rows of each lora_A, which are its rank, in convolutions too."""
    # A parameter of several experts has the rows of them all in one matrix.
    owners = {name.rpartition(".")[0] for name in found.values.get("target_parameters", ())}
    ranks = set()
    for tensor in tensors:
        match = _LORA_A.search(tensor.name) if len(tensor.shape) > 1 else None
        if match is not None and not _belongs_to(tensor.name[: match.start()], owners):
            ranks.add(tensor.shape[0])
    return tuple(sorted(ranks))


def _belongs_to(module: str, owners: Set[str]) -> bool:
    """Whether a module's path ends with one of the names."""
    if not owners or len(module) > _MAX_PATH:
        return False
    while module.endswith(_INNER):
        module = module.removesuffix(_INNER)
    parts = module.split(".")
    return any(".".join(parts[start:]) in owners for start in range(len(parts)))


def _find_vocabulary(tensors: Iterable[Tensor], file: str, found: Findings) -> None:
    """How many rows the vocabulary has by whatever is saved of its embedding."""
    names: dict[int, str] = {}
    for tensor in tensors:
        if len(tensor.shape) == 2 and len(tensor.name) <= _MAX_PATH:
            for pattern, dimension in _ROWS:
                if pattern.search(tensor.name):
                    names.setdefault(tensor.shape[dimension], tensor.name)
    if len(names) > 1:
        found.warn(f"{file}: its embeddings disagree on the size of the vocabulary")
    for rows, name in names.items():
        if len(names) == 1 and 0 < rows < _MAX_VOCABULARY:
            found.add("vocabulary_rows", rows, f"{file}: shape of {name}")


def _find_labels(tensors: Iterable[Tensor], file: str, found: Findings) -> None:
    heads = [t for t in tensors if len(t.shape) == 2 and _HEAD.search(_WRAPPER.sub("", t.name))]
    counts = {head.shape[0] for head in heads}
    if len(counts) > 1:
        found.warn(f"{file}: its classifiers disagree on the number of labels")
    elif counts and 0 < min(counts) <= _MAX_LABELS:
        found.add("label_count", min(counts), f"{file}: shape of {heads[0].name}")
