"""What threads see when huggingface_hub closes the client that they share, with hubkit or without."""

from __future__ import annotations

__all__ = ["is_vanished_client"]


def is_vanished_client(error: Exception) -> bool:
    """Whether there was no client to ask.

    ``get_session`` looks for it twice without a lock; closed in between, it returns None.
    """
    return isinstance(error, AttributeError) and str(error).startswith("'NoneType' object has no attribute")
