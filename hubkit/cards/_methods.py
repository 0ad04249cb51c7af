"""What a PEFT config's method is called by people, and by the tags of the Hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

__all__ = ["RANK_KEYS", "Method", "name_method"]

# Types that people write as PEFT does (BOFT, OFT, HRA, ...) need no line here;
# nor do types that PEFT will add: they keep the name that the config gives.
_NAMES = {
    "ADALORA": "AdaLoRA",
    "ADAMSS": "AdaMSS",
    "ADAPTION_PROMPT": "LLaMA-Adapter",
    "BONE": "Bone",
    "CARTRIDGE": "Cartridge",
    "CPT": "Context-aware prompt tuning",
    "DELORA": "DeLoRA",
    "FOURIERFT": "FourierFT",
    "GLORA": "GLoRA",
    "GRALORA": "GraLoRA",
    "HIRA": "HiRA",
    "LN_TUNING": "LayerNorm tuning",
    "LOHA": "LoHa",
    "LOKR": "LoKr",
    "LORA": "LoRA",
    "MISS": "MiSS",
    "MULTITASK_PROMPT_TUNING": "Multitask prompt tuning",
    "POLY": "Polytropon",
    "PREFIX_TUNING": "Prefix tuning",
    "PROMPT_TUNING": "Prompt tuning",
    "PVERA": "PVeRA",
    "P_TUNING": "P-tuning",
    "RANDLORA": "RandLoRA",
    "ROAD": "RoAd",
    "SHIRA": "SHiRA",
    "TINYLORA": "TinyLoRA",
    "TRAINABLE_TOKENS": "Trainable tokens",
    "UNILORA": "Uni-LoRA",
    "VBLORA": "VB-LoRA",
    "VERA": "VeRA",
    "WAVEFT": "WaveFT",
    "XLORA": "X-LoRA",
}

# Flags that turn LoRA into a method with a name of its own. PEFT writes them into
# every LoRA config, so that only a true one says something.
_VARIANTS = {
    "use_dora": "DoRA",
    "use_rslora": "rsLoRA",
    "use_qalora": "QALoRA",
    "use_bdlora": "BD-LoRA",
    "alora_invocation_tokens": "aLoRA",
    "arrow_config": "Arrow",
}
_STARTS = {
    "corda": "CorDA",
    "eva": "EVA",
    "loftq": "LoftQ",
    "lora_ga": "LoRA-GA",
    "olora": "OLoRA",
    "orthogonal": "orthogonal matrices",
    "pissa": "PiSSA",
}

# AdaLoRA's `r` is a default that it never uses: it prunes down to `target_r`.
RANK_KEYS = {"ADALORA": "target_r"}


@frozen(kw_only=True)
class Method:
    """A method under its names."""

    name: str
    """For people, such as `DoRA + rsLoRA`."""

    tags: tuple[str, ...]
    """For the Hub, such as `lora` and `dora`."""

    keys: tuple[str, ...]
    """Keys of the config that prove it."""


def name_method(peft_type: str, config: Mapping[str, Any]) -> Method:
    """Name the method of a config.

    Args:
        peft_type: The config's type; one that nobody knows is kept as it is.
        config: The whole config, for the flags of LoRA's variants.

    >>> name_method("LORA", {"use_dora": True, "use_rslora": True}).name
    'DoRA + rsLoRA'
    >>> name_method("IA3", {}).tags
    ('ia3',)
    """
    name = _NAMES.get(peft_type, peft_type)
    keys = ["peft_type"]
    tags = [_slug(peft_type)]
    if peft_type == "LORA":
        variants = [key for key in _VARIANTS if config.get(key)]
        name = " + ".join(_VARIANTS[key] for key in variants) or name
        tags += [_slug(_VARIANTS[key]) for key in variants]
        keys += variants
        start = _named_start(config.get("init_lora_weights"))
        if start is not None:
            name = f"{name}, initialised with {start}"
            keys.append("init_lora_weights")
    return Method(name=name, tags=tuple(tag for tag in tags if tag), keys=tuple(keys))


def _named_start(value: object) -> str | None:
    """The initialisation that has a name; `pissa_niter_16` is PiSSA too."""
    if not isinstance(value, str):
        return None
    return _STARTS.get(re.sub(r"_niter_\d+$", "", value.lower()))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text[:64].lower()).strip("-")
