"""How much room a model takes. Pure; what isn't known is None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hubkit._compatibility._files import loaded_format, weight_files
from hubkit.models import ModelFile, ModelMetadata

__all__ = ["disk_bytes", "memory_bytes", "weight_bytes"]

_TYPES: Final = {
    64: "F64 I64 U64 C64",
    32: "F32 I32 U32",
    16: "F16 BF16 I16 U16",
    8: "I8 U8 BOOL F8_E4M3 F8_E5M2 F8_E8M0",
    6: "F6_E2M3 F6_E3M2",
    4: "F4",
}
_BITS: Final = {name: bits for bits, names in _TYPES.items() for name in names.split()}
"""Of one number of each type of the safetensors format."""


def disk_bytes(model: ModelMetadata) -> int | None:
    """Bytes of all files together."""
    return None if model.partial else _total(list(model.siblings))


def weight_bytes(model: ModelMetadata) -> int | None:
    """Bytes of the weights in the format that would be loaded; each GGUF file is a model of its own."""
    name, paths = loaded_format(weight_files(model))
    if name is None or (name == "GGUF" and len(paths) > 1):
        return None
    wanted = set(paths)
    return _total([file for file in model.siblings if file.rfilename in wanted])


def memory_bytes(model: ModelMetadata) -> int | None:
    """Bytes of the weights when loaded as they are stored: by the Hub's count of each type's numbers.

    A safetensors file holds them just as memory will.
    """
    block = model.extra.get("safetensors")
    counts = block.get("parameters") if isinstance(block, Mapping) else None
    if isinstance(counts, Mapping) and counts:
        if all(kind in _BITS and type(count) is int and count >= 0 for kind, count in counts.items()):
            bits: int = sum(_BITS[kind] * count for kind, count in counts.items())
            return bits // 8
        return None
    name, _ = loaded_format(weight_files(model))
    return weight_bytes(model) if name == "safetensors" else None


def _total(files: list[ModelFile]) -> int | None:
    sizes = [_size(file) for file in files]
    known = [size for size in sizes if size is not None]
    return sum(known) if sizes and len(known) == len(sizes) else None


def _size(file: ModelFile) -> int | None:
    if file.size is not None:
        return file.size
    in_lfs = file.lfs.get("size")
    return in_lfs if isinstance(in_lfs, int) and not isinstance(in_lfs, bool) else None
