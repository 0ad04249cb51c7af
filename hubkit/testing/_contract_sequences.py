"""The contract's clause about many uses in a row, in an order that nobody thought of."""

from __future__ import annotations

from typing import ClassVar

from hubkit.testing._contract_base import Clauses, OpenBackend

__all__ = ["SequenceClauses"]


class SequenceClauses(Clauses):
    """What came before changes nothing but what it was meant to change."""

    sequences: ClassVar[int] = 30
    """How many are tried; fewer where each use takes long."""

    def test_any_sequence_of_uses(self, open_backend: OpenBackend) -> None:
        """However its uses follow each other, a store answers as a dictionary with ends and leases would."""
        from hypothesis import HealthCheck, settings
        from hypothesis.stateful import run_state_machine_as_test

        from hubkit.testing._backend_machine import BackendMachine

        pass_time, instant = self.pass_time, self.instant

        class Machine(BackendMachine):
            def __init__(self) -> None:
                super().__init__(open_backend, pass_time, instant)

        run_state_machine_as_test(  # type: ignore[no-untyped-call, unused-ignore]
            Machine,
            settings=settings(
                max_examples=self.sequences,
                stateful_step_count=60,
                deadline=None,
                database=None,
                # Several failures at once would be no AssertionError.
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
