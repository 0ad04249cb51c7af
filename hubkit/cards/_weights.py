"""Facts of the weight file's header."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hubkit.cards._facts import Findings
from hubkit.cards._safetensors import Tensor

__all__ = ["WEIGHTS_FILE", "find_in_weights"]

WEIGHTS_FILE = "adapter_model.safetensors"

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
_LORA_A = re.compile(r"\.lora_A(?:\.default)?(?:\.weight)?$")
_MAX_LABELS = 1_000_000


def find_in_weights(tensors: Iterable[Tensor], task_type: str | None, found: Findings) -> None:
    """Gather what the header of the weights proves.

    Args:
        tensors: The header's entries.
        task_type: The config's task: only a classifier's rows are labels.
        found: Takes the facts and the warnings.
    """
    tensors = tuple(tensors)
    if not tensors:
        found.warn(f"{WEIGHTS_FILE} holds no tensors")
        return
    names = sorted({_DTYPES.get(tensor.dtype, tensor.dtype[:32]) for tensor in tensors})
    found.add("parameters", sum(tensor.size for tensor in tensors), f"{WEIGHTS_FILE}: shape of every tensor")
    found.add("dtype", ", ".join(names), f"{WEIGHTS_FILE}: dtype of every tensor")
    ranks = {t.shape[0] for t in tensors if _LORA_A.search(t.name) and len(t.shape) == 2}
    found.add("ranks", tuple(sorted(ranks)), f"{WEIGHTS_FILE}: shape of every lora_A")
    if task_type in _CLASSIFICATION:
        _find_labels(tensors, found)


def _find_labels(tensors: Iterable[Tensor], found: Findings) -> None:
    heads = [t for t in tensors if len(t.shape) == 2 and _HEAD.search(_WRAPPER.sub("", t.name))]
    counts = {head.shape[0] for head in heads}
    if len(counts) > 1:
        found.warn(f"{WEIGHTS_FILE}: its classifiers disagree on the number of labels")
    elif counts and 0 < min(counts) <= _MAX_LABELS:
        found.add("label_count", min(counts), f"{WEIGHTS_FILE}: shape of {heads[0].name}")
