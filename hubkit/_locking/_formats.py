"""Formats of weights, by the names of files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hubkit._hub_record import is_weight_file

__all__ = ["FORMATS", "files_of_other_formats", "format_of"]

_SUFFIXES: Final = {
    "ggml": (".ggml",),
    "gguf": (".gguf",),
    "h5": (".h5",),
    "msgpack": (".msgpack",),
    "npz": (".npz",),
    "onnx": (".onnx", ".onnx_data"),
    "pickle": (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"),
    "rust": (".ot",),
    "safetensors": (".safetensors",),
    "tflite": (".tflite",),
}
FORMATS: Final = tuple(_SUFFIXES)
"""What ``formats`` may name."""


def format_of(path: str) -> str | None:
    """The format of a file that holds weights; None of any other file.

    What ends like a pickle counts even where it holds no weights, as ``training_args.bin``: loading it
    can run a stranger's code all the same.

    >>> format_of("model.safetensors"), format_of("training_args.bin"), format_of("config.json")
    ('safetensors', 'pickle', None)
    """
    name = path.rsplit("/", 1)[-1].lower()
    found = next((known for known, suffixes in _SUFFIXES.items() if name.endswith(suffixes)), None)
    if found is None and is_weight_file(path):
        # A kind of weights that has no name here yet is nobody's allowed format.
        return name.rpartition(".")[2]
    return found if found == "pickle" or is_weight_file(path) else None


def files_of_other_formats(paths: Iterable[str], formats: Iterable[str]) -> list[tuple[str, str]]:
    """The files whose format isn't one of those, each with the format that it has."""
    allowed = {None, *formats}
    return [(path, str(found)) for path in paths if (found := format_of(path)) not in allowed]
