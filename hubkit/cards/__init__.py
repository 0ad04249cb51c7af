"""Model cards for trained adapters: every line of them has evidence.

`read_adapter` says what the files of a folder prove, `render_card` writes that
down, and the other two decide what becomes of a README that is already there:
a tool's template is replaced, a person's text is kept. `validate_card` says what is wrong
with a card, whoever wrote it.
"""

from __future__ import annotations

from hubkit.cards._adapter import read_adapter
from hubkit.cards._facts import AdapterFacts
from hubkit.cards._finding import Finding
from hubkit.cards._licensing import LicenseDecision, decide_license
from hubkit.cards._merge import MergedCard, merge_front_matter
from hubkit.cards._readme import is_template_readme
from hubkit.cards._render import render_card
from hubkit.cards._validate import validate_card

__all__ = [
    "AdapterFacts",
    "Finding",
    "LicenseDecision",
    "MergedCard",
    "decide_license",
    "is_template_readme",
    "merge_front_matter",
    "read_adapter",
    "render_card",
    "validate_card",
]
