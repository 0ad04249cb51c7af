"""Which licence a model is under, whence that is known, and what its base models ask."""

from __future__ import annotations

from hubkit._licenses._chain import Look, license_chain
from hubkit._licenses._judgement import allow_list, judge
from hubkit._licenses._report import (
    LicenseConflict,
    LicenseLink,
    LicenseReport,
    LicenseVerdict,
    StatedLicense,
)
from hubkit._licenses._statement import LicenseStatement, stated_license

__all__ = [
    "LicenseConflict",
    "LicenseLink",
    "LicenseReport",
    "LicenseStatement",
    "LicenseVerdict",
    "Look",
    "StatedLicense",
    "allow_list",
    "judge",
    "license_chain",
    "stated_license",
]
