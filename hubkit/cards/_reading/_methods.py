"""What a PEFT config's method is called, by people and by the tags of the Hub, and what it can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hubkit.cards._reading._peft_types import PEFT_TYPES, PeftType

__all__ = ["RANK_KEYS", "Method", "name_method"]

# AdaLoRA's `r` is a default that it never uses: it prunes down to `target_r`.
RANK_KEYS = {"ADALORA": "target_r"}

_QLORA_PAPER = "2305.14314"


@frozen
class _Variant:
    """A key of LoRA's config that gives the method a name of its own."""

    name: str
    paper: str
    merges: bool = True


# PEFT writes these keys into every LoRA config: only a true one says something.
_VARIANTS = {
    "use_dora": _Variant("DoRA", "2402.09353"),
    "use_rslora": _Variant("rsLoRA", "2312.03732"),
    "use_qalora": _Variant("QALoRA", "2309.14717", merges=False),
    "use_bdlora": _Variant("BD-LoRA", "2510.23346"),
    "alora_invocation_tokens": _Variant("aLoRA", "2504.12397", merges=False),
    "arrow_config": _Variant("Arrow", "2405.11157", merges=False),
    "kasa_config": _Variant("KaSA", "2412.06071"),
    "monteclora_config": _Variant("MonteCLoRA", "2411.04358"),
    "velora_config": _Variant("VeLoRA", "2405.17991"),
}
# Their configs count for nothing without this value: PEFT ignores them.
_STARTS = {
    "corda": ("CorDA", "2406.05223"),
    "eva": ("EVA", "2410.07170"),
    "loftq": ("LoftQ", "2310.08659"),
    "lora_ga": ("LoRA-GA", "2407.05000"),
    "mica": ("MiCA", "2604.01694"),
    "olora": ("OLoRA", "2406.01775"),
    "orthogonal": ("orthogonal matrices", None),
    "pissa": ("PiSSA", "2404.02948"),
}


@frozen(kw_only=True)
class Method:
    """A method under its names."""

    name: str
    """For people, such as `DoRA + rsLoRA`."""

    tags: tuple[str, ...]
    """For the Hub, such as `lora` and `dora`."""

    keys: tuple[str, ...]
    """Keys of the config that prove it."""

    papers: tuple[str, ...] = ()
    """arXiv ids, the method's own first, then its variants'."""

    merges: bool | None = None
    """Whether PEFT can merge the adapter, as far as the config tells."""

    merge_keys: tuple[str, ...] = ()
    """Keys of the config that decide on that."""

    is_prompt: bool | None = None
    """Whether it learns virtual tokens; None when the type is unknown."""


def name_method(peft_type: str, config: Mapping[str, Any], *, bits: int | None = None) -> Method:
    """Name the method of a config.

    Args:
        peft_type: The config's type; one that nobody knows is kept as it is.
        config: The whole config, for the flags of LoRA's variants.
        bits: Of a weight of the base model, when it is known to be quantized.

    >>> name_method("LORA", {"use_dora": True, "use_rslora": True}).name
    'DoRA + rsLoRA'
    >>> name_method("LORA", {}, bits=4).tags
    ('lora', 'qlora')
    """
    known = PEFT_TYPES.get(peft_type)
    if peft_type == "LORA" and known is not None:
        return _lora(known, config, bits)
    return Method(
        name=known.name if known else peft_type,
        tags=tuple(filter(None, [_slug(peft_type)])),
        keys=("peft_type",),
        papers=known.papers if known else (),
        merges=known.merges if known else None,
        merge_keys=("peft_type",),
        is_prompt=known.is_prompt if known else None,
    )


def _lora(known: PeftType, config: Mapping[str, Any], bits: int | None) -> Method:
    keys = [key for key in _VARIANTS if config.get(key)]
    variants = [_VARIANTS[key] for key in keys]
    names = [variant.name for variant in variants]
    papers = [*known.papers, *(variant.paper for variant in variants)]
    # QALoRA is a method for quantized models itself.
    if bits == 4 and "use_qalora" not in keys:
        names.insert(0, "QLoRA")
        papers.insert(1, _QLORA_PAPER)
    name = " + ".join(names) or known.name
    start, paper = _named_start(config.get("init_lora_weights"))
    blocking = [key for key in keys if not _VARIANTS[key].merges]
    blocking += ["layer_replication"] if config.get("layer_replication") else []
    return Method(
        name=f"{name}, initialised with {start}" if start else name,
        tags=tuple(dict.fromkeys(["lora", *map(_slug, names)])),
        keys=("peft_type", *keys, *(["init_lora_weights"] if start else [])),
        papers=tuple(papers) + ((paper,) if paper else ()),
        merges=not blocking,
        merge_keys=("peft_type", *blocking),
        is_prompt=False,
    )


def _named_start(value: object) -> tuple[str | None, str | None]:
    """The initialisation that has a name, and its paper; `pissa_niter_16` is PiSSA too."""
    if not isinstance(value, str):
        return None, None
    return _STARTS.get(re.sub(r"_niter_\d+$", "", value.lower()), (None, None))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text[:64].lower()).strip("-")
