"""Folders and values that the card tests share."""

import json
import shutil
import struct
from pathlib import Path

import pytest

ADAPTERS = Path(__file__).parents[1] / "data" / "adapters"
NAMES = sorted(path.name for path in ADAPTERS.iterdir() if path.is_dir())


@pytest.fixture(params=NAMES)
def adapter_folder(request, tmp_path):
    """Each real adapter, in a folder that has nothing beside it."""
    return shutil.copytree(ADAPTERS / request.param, tmp_path / "run" / request.param)


@pytest.fixture
def real_adapter(tmp_path):
    """Copy a real adapter by name."""
    return lambda name: shutil.copytree(ADAPTERS / name, tmp_path / "run" / name)


@pytest.fixture
def tool_readme():
    """Read the README that a tool wrote for a real adapter."""
    return lambda name, file="README.peft.md": (ADAPTERS / name / file).read_bytes().decode()


@pytest.fixture
def write_adapter(tmp_path):
    """Write an adapter folder from a config and tensor shapes."""

    def write(config, shapes=None, dtype="F32", width=4):
        folder = tmp_path / "written"
        folder.mkdir(exist_ok=True)
        text = config if isinstance(config, bytes) else json.dumps(config).encode()
        (folder / "adapter_config.json").write_bytes(text)
        (folder / "adapter_model.safetensors").write_bytes(safetensors_bytes(shapes or {}, dtype, width))
        return folder

    return write


def safetensors_bytes(shapes, dtype="F32", width=4):
    """A well-formed file of zeros."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        size = width
        for length in shape:
            size *= length
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes(end)


@pytest.fixture
def make_safetensors():
    """The bytes of a well-formed safetensors file."""
    return safetensors_bytes
