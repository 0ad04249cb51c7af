"""The backend of a third party keeps the contract."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hubkit.testing import BackendContract

FOLDER = Path(__file__).parents[2] / "examples" / "custom_backend"
sys.path.insert(0, str(FOLDER))
from team_folder import TeamFolder  # noqa: E402


class TestTeamFolder(BackendContract):
    @pytest.fixture
    def open_backend(self, tmp_path):
        """A store of its own for each clause."""
        return lambda: TeamFolder(f"team:///{tmp_path}/cache")
