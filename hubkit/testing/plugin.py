"""The pytest plugin: loaded in every run of everybody who installs hubkit, so it imports nothing but pytest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubkit.testing.local_hub import LocalHub

__all__ = ["local_hub"]


@pytest.fixture
def local_hub() -> Iterator[LocalHub]:
    """A running, empty `LocalHub`, gone after the test.

    Needs ``pip install "hubkit[testing]"``.
    """
    from hubkit.testing.local_hub import LocalHub

    with LocalHub() as hub:
        yield hub
