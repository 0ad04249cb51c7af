"""Recognising the lines that tools write into every card they generate.

Only fingerprints are kept: the start of the SHA-256 of each line, white space
collapsed and the level of a heading dropped, since that is what has varied. They
cover the model-card template of huggingface_hub 0.12 to 2.4, which PEFT fills in,
and the fixed lines of PEFT 0.5 to 0.21 and of transformers' Trainer 4.25 to 5.23.
A line that a later version adds is unknown, so that its card counts as a person's:
kept for nothing, rather than lost.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["fingerprint", "is_tool_line"]

# Long enough that no sentence meets one by chance.
_LENGTH = 12

_DIGESTS = """
    04c2bd4c864a 056c31adf0d7 09e1faf8ecf1 0bb1b2302bb4 0c9a62578015 0cc724e82289 0ce5b7ad9240 0e28a17ee00f
    101d95683853 12a6c74bdbb1 13d46d6f11b7 153d15d30456 15e3c8bd46a2 1d679f57f1ad 22c6ea7ed6d5 23f6155a9918
    24864dc7fc55 25bb710a0211 25d1312f3f37 28349cadf454 298e631899aa 2a286c95be0a 2ab9d9f8ff3a 2b17f9ff8963
    3193a13bbc83 34c013b9f280 34e2eac99612 37429fea0fd0 3892e823cb4a 38d959b248a5 3daf0eef589b 548e9dfedacd
    54a419a6a364 5650874b87aa 565fa58f5304 5e4a2ee43497 5e8c6c378262 5f358fb71c30 6041bc2e5cfe 63ec0cca7e66
    656cff3beaba 6bf0d62b7532 6f1ab16f064d 6fe121c4dd6c 703efff60d42 70b089bf801b 738d5350704e 743dbee38a65
    7a6abc9a1050 7d5a35572662 7d94e2bc76d0 8056130561d8 8194e60de4df 8944e5b14539 8b242bb3ca1e 8cc9d622bd1b
    8ce9e9ae2c87 8fd1375a23a4 924889897967 979a6afddfbd 9badb34b37a3 9bd1c2980a2e 9c46de88c8ee 9d18d6d62f01
    9f2f7b30d895 9fb495d175a5 a09901a87190 a2e6de0b4984 a370b692b99a a8e787134889 ab56d37e46e7 ab6b03015a7c
    acee214b4c94 b1e358e9b9f0 b2e09e7cd9c8 b8374a83424e b88c9b0ad798 bf780ae98ebe c03462948930 c75bcd1e4229
    c8622d2d4cad ca9e72eaa59a cfe9411f30ff d17efcd2fe95 d472979042ac d53000c35bce d58c8067934b d90965b3b4b6
    dad34220be9d ded38119edeb df01adce66fe dfadec23f658 e23f55ac8c5f e8a1df74a95f ea4dcce03945 efb91e44b9be
    eff50fe55555 f51d896390d6 ffb8fc250c00
"""
_KNOWN = frozenset(_DIGESTS.split())


def fingerprint(line: str) -> str:
    """The fingerprint of a line.

    >>> fingerprint("## Model  Details") == fingerprint("# Model Details")
    True
    """
    normal = re.sub(r"^#+\s*", "# ", " ".join(line.split()))
    return hashlib.sha256(normal.encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def is_tool_line(line: str) -> bool:
    """Whether a tool wrote the line, word for word.

    >>> is_tool_line("[More Information Needed]"), is_tool_line("Trained on foxes.")
    (True, False)
    """
    return fingerprint(line) in _KNOWN
