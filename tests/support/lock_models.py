"""Files of the models that are locked in tests."""

from __future__ import annotations

WEIGHTS = bytes(range(256)) * 40


def card(**values):
    """A model card's front matter."""
    lines = "".join(f"{key}: {value}\n" for key, value in values.items())
    return f"---\n{lines}---\n# A model\n".encode()


def model_files(**front_matter):
    """A model's files."""
    return {"README.md": card(**front_matter), "config.json": b"{}", "model.safetensors": WEIGHTS}
