"""The header of a safetensors file: names, types and shapes, no tensor data.

The file starts with the length of its header, eight bytes, little-endian; the
header is a JSON object. The standard library is enough to read it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from hubkit.cards._reading._files import UnreadableError, parse_object, read_head
from hubkit.cards._text import shown

__all__ = ["Tensor", "read_header"]

# Adapters of the largest mixtures of experts stay below a third of this.
HEADER_LIMIT = 32 * 1024 * 1024
# No model has more dimensions; a hostile header may, and their product takes long.
_MAX_DIMENSIONS = 16
_MAX_SIZE = 2**63

# Bits, since the smallest floats share bytes.
_BITS = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}


@frozen(kw_only=True)
class Tensor:
    """One tensor as the header describes it."""

    name: str
    """Dotted path in the model."""

    dtype: str
    """Type in the format's own words, such as `BF16`."""

    shape: tuple[int, ...]
    """Length of each dimension."""

    span: tuple[int, int]
    """First byte and the one after the last, counted from the end of the header."""

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        product = 1
        for length in self.shape:
            product *= length
        return product


def read_header(path: Path) -> tuple[Tensor, ...]:
    """The tensors of a safetensors file, by name.

    Args:
        path: The file. Its tensor data is never read.

    Raises:
        FileNotFoundError: There is no such file.
        UnreadableError: It is truncated, too big, or no safetensors file.
    """
    start, file_size = read_head(path, 8)
    if len(start) < 8:
        raise UnreadableError("is truncated: it has no header")
    (length,) = struct.unpack("<Q", start)
    if length > file_size - 8:
        raise UnreadableError("is truncated or no safetensors file: its header is longer than the file")
    if length > HEADER_LIMIT:
        raise UnreadableError(f"has a header of {length:,} bytes; at most {HEADER_LIMIT:,} are read")
    raw, _ = read_head(path, length, offset=8)
    header = parse_object(raw)
    header.pop("__metadata__", None)
    tensors = tuple(_parse_tensor(name, header[name]) for name in sorted(header))
    _check_spans(tensors, file_size - 8 - length)
    return tensors


def _parse_tensor(name: str, entry: Any) -> Tensor:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]}:
            known = len(shape) <= _MAX_DIMENSIONS and _are_lengths([*shape, begin, end])
        case _:
            known = False
    if not known:
        raise UnreadableError(f"describes the tensor {shown(name)} in no known way")
    tensor = Tensor(name=name, dtype=dtype, shape=tuple(shape), span=(begin, end))
    bits = _BITS.get(dtype)
    if bits is not None and tensor.size * bits != (end - begin) * 8:
        raise UnreadableError(f"gives the tensor {shown(name)} a shape that its bytes don't fit")
    return tensor


def _are_lengths(values: list[Any]) -> bool:
    # bool is an int to Python, and no length.
    return all(type(value) is int and 0 <= value < _MAX_SIZE for value in values)


def _check_spans(tensors: Iterable[Tensor], available: int) -> None:
    """Refuse tensors that overlap, leave gaps, or reach past the end."""
    reached = 0
    for begin, end in sorted(tensor.span for tensor in tensors):
        if begin != reached or end < begin:
            raise UnreadableError("has tensors that overlap or leave gaps")
        reached = end
    if reached > available:
        raise UnreadableError("is truncated: tensors end after the file does")
    if reached < available:
        raise UnreadableError("has bytes that belong to no tensor")
