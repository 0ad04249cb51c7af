"""Examples as many as Hypothesis chooses, however slow the machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Other tests of the same run get this profile too: it differs from the default in patience alone.
settings.register_profile("hubkit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hubkit")
