"""The names that SPDX has for the Hub's licences, where it has one, and back."""

from __future__ import annotations

__all__ = ["hub_id_of", "spdx_of"]

# Most ids of the Hub are SPDX's in small letters. Left out is what SPDX has no name for, and
# what says too little to pick one: "gpl", "bsd", "cc" and "gfdl" leave the version open.
_BY_LETTERS = (
    "AFL-3.0 Apache-2.0 Artistic-2.0 BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear BSL-1.0 CC-BY-2.0 CC-BY-2.5 "
    "CC-BY-3.0 CC-BY-4.0 CC-BY-NC-2.0 CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-2.0 "
    "CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDLA-Permissive-1.0 "
    "CDLA-Permissive-2.0 CDLA-Sharing-1.0 ECL-2.0 EPL-1.0 EPL-2.0 etalab-2.0 EUPL-1.1 EUPL-1.2 ISC LPPL-1.3c MIT "
    "MPL-2.0 MS-PL NCSA OFL-1.1 OSL-3.0 PostgreSQL Unlicense WTFPL Zlib"
)
_BY_NAME = {
    "c-uda": "C-UDA-1.0",
    "lgpl-lr": "LGPLLR",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    # The Hub doesn't say whether later versions may be chosen; this one may be in either case.
    "agpl-3.0": "AGPL-3.0-only",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only",
}
_SPDX = {name.lower(): name for name in _BY_LETTERS.split()} | _BY_NAME
_HUB_IDS = {spdx.lower(): license_id for license_id, spdx in _SPDX.items()}


def hub_id_of(name: str) -> str:
    """The Hub's id of a licence that is named by that or by SPDX's; a name that is neither stays as it is.

    >>> hub_id_of("Apache-2.0"), hub_id_of("GPL-3.0-only"), hub_id_of("MIT"), hub_id_of("Ours")
    ('apache-2.0', 'gpl-3.0', 'mit', 'Ours')
    """
    folded = name.strip().lower()
    return folded if folded in _SPDX else _HUB_IDS.get(folded, name)


def spdx_of(license_id: str) -> str | None:
    """The SPDX id of a licence of the Hub; None where SPDX has none, or the Hub's id leaves it open.

    >>> spdx_of("apache-2.0"), spdx_of("odbl"), spdx_of("llama2"), spdx_of("gpl")
    ('Apache-2.0', 'ODbL-1.0', None, None)
    """
    return _SPDX.get(license_id)
