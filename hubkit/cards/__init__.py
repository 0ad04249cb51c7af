"""Model cards for trained adapters: every line of them has evidence.

`read_adapter` says what the files of a folder prove, `render_card` writes that
down, and `update_card` decides what becomes of a README that is already there: a
tool's template is replaced, a card of ours is brought up to date, and what a person
wrote is kept. `draw_curve` makes the picture that may stand beside a card, and
`validate_card` says what is wrong with a card, whoever wrote it.
"""

from __future__ import annotations

from hubkit.cards._finding import Finding
from hubkit.cards._licensing import LicenseDecision, decide_license
from hubkit.cards._markdown import Markdown
from hubkit.cards._memory import words_of
from hubkit.cards._reading._adapter import read_adapter
from hubkit.cards._reading._facts import AdapterFacts, LoggedStep
from hubkit.cards._update import UpdatedCard, update_card
from hubkit.cards._validate import validate_card
from hubkit.cards._writing._arguments import check_words
from hubkit.cards._writing._contradictions import contradicted_metrics, contradicted_settings
from hubkit.cards._writing._curve import draw_curve, is_our_curve
from hubkit.cards._writing._merge import MergedCard, merge_front_matter
from hubkit.cards._writing._readme import is_template_readme
from hubkit.cards._writing._render import render_card

__all__ = [
    "AdapterFacts",
    "Finding",
    "LicenseDecision",
    "LoggedStep",
    "Markdown",
    "MergedCard",
    "UpdatedCard",
    "check_words",
    "contradicted_metrics",
    "contradicted_settings",
    "decide_license",
    "draw_curve",
    "is_our_curve",
    "is_template_readme",
    "merge_front_matter",
    "read_adapter",
    "render_card",
    "update_card",
    "validate_card",
    "words_of",
]
