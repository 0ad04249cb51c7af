"""What every cache backend must do, as tests: `BackendContract`."""

from __future__ import annotations

from hubkit.testing._contract_base import OpenBackend
from hubkit.testing._contract_leases import LeaseClauses
from hubkit.testing._contract_sequences import SequenceClauses
from hubkit.testing._contract_sharing import SharingClauses
from hubkit.testing._contract_values import ValueClauses

__all__ = ["BackendContract", "OpenBackend"]


class BackendContract(ValueClauses, LeaseClauses, SharingClauses, SequenceClauses):
    """The clauses that every `CacheBackend` keeps. Subclass it, and say how to open one.

    The store must be empty when a test begins. Where the backend takes a clock, give it
    a `FakeClock` and override `pass_time`; otherwise real fractions of a second pass.

    .. code-block:: python

        class TestSQLiteCache(BackendContract):
            @pytest.fixture
            def open_backend(self, tmp_path):
                return lambda: SQLiteCache(tmp_path / "cache.db")

    Two clauses fork and kill real processes, so they run on POSIX systems. One tries
    sequences of uses that Hypothesis makes up, and shows the shortest that goes wrong.

    .. versionadded:: 0.1
    """
