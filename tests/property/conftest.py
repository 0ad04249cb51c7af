"""Examples as many as Hypothesis chooses, however slow the machine; many more when somebody asks for that."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_PATIENT = [HealthCheck.too_slow]

# Other tests of the same run get this profile too: it differs from the default in patience alone.
settings.register_profile("hubkit", deadline=None, suppress_health_check=_PATIENT)
# Minutes for each property: `tox -e fuzz`.
settings.register_profile("long", deadline=None, suppress_health_check=_PATIENT, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "hubkit"))
