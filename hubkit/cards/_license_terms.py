"""What a licence asks of whoever trains on a model and passes the result on, in one sentence.

A reminder in our own words, for the licence ids of the Hub. It says neither all that a licence
asks nor anything that a court would: that is for its text, and a lawyer.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["Terms", "terms_of"]


@frozen
class Terms:
    """The terms of a licence, as far as an adapter's author needs a reminder."""

    obligation: str | None = None
    """What follows for the adapter; None when nothing does."""

    binds: bool = True
    """Whether they bind what is made from the model, so that another licence can't simply replace them."""

    link: str | None = None
    """Where the text is, for licences that are one owner's."""


_FREE = Terms(binds=False)
_NOTICE = Terms("Keep its copyright and licence notices with whatever is passed on.", binds=False)
_CREDIT = Terms("Name its authors, link to the licence and say what was changed.", binds=False)
_SAME = Terms("What is made from it is passed on under the same licence.")
_CREDIT_SAME = Terms(
    "Name its authors, say what was changed, and pass on what is made from it under the same licence."
)
_NO_SALE = Terms("Name its authors and say what was changed; commercial use is not allowed.")
_NO_SALE_SAME = Terms(
    "Name its authors and pass on what is made from it under the same licence; commercial use is not allowed."
)
_NO_CHANGE = Terms("It does not allow changed versions to be passed on.")
_RESEARCH = Terms("It allows non-commercial research and little else, for what is made from it too.")


def _uses(link: str | None = None) -> Terms:
    return Terms(
        "Its restrictions on use bind what is made from it: pass them and a copy of the licence on.",
        link=link,
    )


def _llama(number: str, page: str, display: str, name: str) -> Terms:
    return Terms(
        f"The Llama {number} Community License asks for a copy of itself and its attribution notice with whatever is "
        f'passed on, for "{display}" shown prominently, for a model name that begins with "{name}", and for '
        "keeping to Meta's acceptable use policy.",
        link=f"https://huggingface.co/meta-llama/{page}",
    )


_TERMS = {
    **dict.fromkeys(("cc0-1.0", "pddl", "unlicense", "wtfpl"), _FREE),
    **dict.fromkeys(
        (
            *(
                "afl-3.0",
                "apache-2.0",
                "artistic-2.0",
                "bsd",
                "bsd-2-clause",
                "bsd-3-clause",
                "bsd-3-clause-clear",
            ),
            *("bsl-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "ecl-2.0", "etalab-2.0", "isc", "mit"),
            *("ms-pl", "ncsa", "odc-by", "openmdw-1.0", "openmdw-1.1", "postgresql", "zlib"),
        ),
        _NOTICE,
    ),
    **dict.fromkeys(("cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"), _CREDIT),
    **dict.fromkeys(("cc-by-sa-3.0", "cc-by-sa-4.0"), _CREDIT_SAME),
    **dict.fromkeys(("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0"), _NO_SALE),
    **dict.fromkeys(("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"), _NO_SALE_SAME),
    **dict.fromkeys(("cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"), _NO_CHANGE),
    **dict.fromkeys(
        (
            *("cdla-sharing-1.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "gfdl", "lgpl", "lgpl-2.1"),
            *("lgpl-3.0", "lgpl-lr", "lppl-1.3c", "mpl-2.0", "odbl", "ofl-1.1", "osl-3.0"),
        ),
        _SAME,
    ),
    **dict.fromkeys(
        ("gpl", "gpl-2.0", "gpl-3.0"),
        Terms("What is made from it is passed on under the same licence, with its source."),
    ),
    "agpl-3.0": Terms(
        "What is made from it is passed on under the same licence, with its source, to users over a network too."
    ),
    "openrail": _uses("https://huggingface.co/blog/open_rail"),
    "openrail++": _uses(
        "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md"
    ),
    "bigcode-openrail-m": _uses("https://www.bigcode-project.org/docs/pages/bigcode-openrail"),
    "bigscience-bloom-rail-1.0": _uses("https://huggingface.co/spaces/bigscience/license"),
    "bigscience-openrail-m": _uses("https://bigscience.huggingface.co/blog/bigscience-openrail-m"),
    "creativeml-openrail-m": _uses("https://huggingface.co/spaces/CompVis/stable-diffusion-license"),
    **dict.fromkeys(
        (
            *("apple-amlr", "deepfloyd-if-license", "fair-noncommercial-research-license", "h-research"),
            "intel-research",
        ),
        _RESEARCH,
    ),
    **dict.fromkeys(
        ("apple-ascl", "c-uda", "cc", "grok2-community", "other"),
        Terms("Its terms bind what is made from it: read its text before passing anything on."),
    ),
    "gemma": Terms(
        "The Gemma Terms of Use ask for a copy of themselves and their notice with whatever is passed on, for a "
        "note on what was changed, and for binding those who get it to the same restrictions on use.",
        link="https://ai.google.dev/gemma/terms",
    ),
    "llama2": Terms(
        "The Llama 2 Community License asks for a copy of itself and its attribution notice with whatever is passed "
        "on, and for keeping to Meta's acceptable use policy.",
        link="https://huggingface.co/meta-llama/Llama-2-7b-chat-hf/blob/main/LICENSE.txt",
    ),
    "llama3": _llama("3", "Meta-Llama-3-8B/blob/main/LICENSE", "Built with Meta Llama 3", "Llama 3"),
    "llama3.1": _llama("3.1", "Meta-Llama-3.1-70B-Instruct/blob/main/LICENSE", "Built with Llama", "Llama"),
    "llama3.2": _llama("3.2", "Llama-3.2-1B/blob/main/LICENSE.txt", "Built with Llama", "Llama"),
    "llama3.3": _llama("3.3", "Llama-3.3-70B-Instruct/blob/main/LICENSE", "Built with Llama", "Llama"),
    "llama4": _llama("4", "Llama-4-Scout-17B-16E-Instruct/blob/main/LICENSE", "Built with Llama", "Llama"),
}


def terms_of(license_id: str) -> Terms | None:
    """The terms of a licence; None for an id that the Hub has no licence for.

    >>> terms_of("mit").binds, terms_of("gemma").binds, terms_of("apache") is None
    (False, True, True)
    """
    return _TERMS.get(license_id)
