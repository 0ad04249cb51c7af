"""What became of the tests of each threat or fault, told in a table at the end."""

from __future__ import annotations

from collections import Counter, defaultdict

__all__ = ["Tally"]

_DONE = "done"


class Tally:
    """Counts tests by the name that a marker gives them, in the workers of xdist too.

    Args:
        marker: The marker; its argument is the name.
        each: What one test of them is called, in the plural.
    """

    def __init__(self, marker, *, each):
        self._marker = marker
        self._each = each
        self._outcomes = defaultdict(Counter)
        self._done = defaultdict(Counter)

    def mark(self, item):
        """Let the reports of a test know what it is about."""
        marker = item.get_closest_marker(self._marker)
        if marker is not None:
            item.user_properties.append((self._marker, marker.args[0]))

    def count(self, report):
        """Count what became of a test."""
        names = [value for name, value in report.user_properties if name == self._marker]
        # One that fails as it is set up never comes to be called.
        if not names or not (report.when == "call" or (report.when == "setup" and not report.passed)):
            return
        self._outcomes[names[0]][report.outcome] += 1
        for name, value in report.user_properties:
            if name == _DONE:
                self._done[names[0]][value[0]] += value[1]

    def tell(self, terminalreporter):
        """With ``-v``: a line for each name, how many tests there were and what became of them."""
        if not self._outcomes or terminalreporter.config.option.verbose < 1:
            return
        terminalreporter.section(f"{self._marker}s")
        width = max(map(len, self._outcomes))
        for name, outcomes in sorted(self._outcomes.items()):
            line = f"{name:<{width}} {sum(outcomes.values()):>4} {self._each}: {_listed(outcomes)}"
            done = self._done[name]
            terminalreporter.write_line(f"{line}; {_listed(done)}" if done else line)


def _listed(counts):
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
