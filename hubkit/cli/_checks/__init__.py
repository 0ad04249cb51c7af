"""What `hubkit doctor` looks at: one small function for each check, each giving findings and never raising."""

from __future__ import annotations

from hubkit.cli._checks._finding import Finding
from hubkit.cli._checks._machine import examine_machine

__all__ = ["Finding", "examine_machine"]
