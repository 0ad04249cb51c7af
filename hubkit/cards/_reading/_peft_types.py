"""The adapter methods of PEFT: their names, their papers, and what each can do.

Read from PEFT 0.21.2, whose own documentation names the papers; whether a method
merges was tried on a small model for each.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["MERGES_ON", "PEFT_TYPES", "PeftType"]


@frozen
class PeftType:
    """What is known of a method, whatever an adapter's files say."""

    name: str
    """For people."""

    papers: tuple[str, ...] = ()
    """arXiv ids, the method's own first."""

    merges: bool | None = True
    """Whether PEFT can merge such an adapter into its base model; None when nobody tried."""

    is_prompt: bool = False
    """Whether it learns virtual tokens."""

    alpha_key: str | None = None
    """The config's key for the scaling numerator."""

    dropout_key: str | None = None
    """The config's key for the dropout probability."""


def _prompt(name: str, *papers: str) -> PeftType:
    """A method without weights of its own has nothing to merge."""
    return PeftType(name, papers, merges=False, is_prompt=True)


PEFT_TYPES = {
    "ADALORA": PeftType("AdaLoRA", ("2303.10512",), alpha_key="lora_alpha", dropout_key="lora_dropout"),
    "ADAMSS": PeftType("AdaMSS"),
    "ADAPTION_PROMPT": PeftType("LLaMA-Adapter", ("2303.16199",), merges=False),
    "BEFT": PeftType("BEFT", ("2509.15974",), merges=False),
    "BOFT": PeftType("BOFT", ("2311.06243", "2306.07280"), dropout_key="boft_dropout"),
    # Gone from PEFT, not from the Hub: MiSS has taken its place.
    "BONE": PeftType("Bone", ("2409.15371",)),
    "C3A": PeftType("C3A", ("2407.19342",)),
    "CARTRIDGE": _prompt("Cartridge", "2506.06266"),
    "CPT": _prompt("Context-aware prompt tuning", "2410.17222"),
    "DEFT": PeftType("DEFT", alpha_key="alpha", dropout_key="deft_dropout"),
    "DELORA": PeftType("DeLoRA", ("2503.18225",), dropout_key="module_dropout"),
    "FOURIERFT": PeftType("FourierFT", ("2405.03003",)),
    "FROD": PeftType("FRoD", dropout_key="frod_dropout"),
    "GLORA": PeftType("GLoRA", ("2306.07967",)),
    "GRALORA": PeftType("GraLoRA", ("2505.20355",), alpha_key="alpha", dropout_key="gralora_dropout"),
    "HIRA": PeftType("HiRA", dropout_key="hira_dropout"),
    "HRA": PeftType("HRA", ("2405.17484",)),
    "IA3": PeftType("IA3", ("2205.05638",)),
    "LILY": PeftType("Lily", ("2407.09946",), merges=False),
    "LN_TUNING": PeftType("LayerNorm tuning", ("2312.11420",)),
    "LOHA": PeftType("LoHa", ("2108.06098", "2309.14859"), alpha_key="alpha", dropout_key="module_dropout"),
    "LOKR": PeftType("LoKr", ("2309.14859", "2108.06098"), alpha_key="alpha", dropout_key="module_dropout"),
    "LORA": PeftType("LoRA", ("2106.09685",), alpha_key="lora_alpha", dropout_key="lora_dropout"),
    "MISS": PeftType("MiSS", ("2409.15371",), dropout_key="miss_dropout"),
    "MULTITASK_PROMPT_TUNING": _prompt("Multitask prompt tuning", "2303.02861"),
    "OFT": PeftType("OFT", ("2306.07280",), dropout_key="module_dropout"),
    "OSF": PeftType("OSF", ("2504.07097",)),
    "PEANUT": PeftType("PEANuT", ("2410.01870",)),
    "POLY": PeftType("Polytropon", ("2202.13914", "2211.03831"), merges=False),
    "PREFIX_TUNING": _prompt("Prefix tuning", "2101.00190"),
    "PROMPT_TUNING": _prompt("Prompt tuning", "2104.08691"),
    "PSOFT": PeftType("PSOFT", ("2505.11235",), alpha_key="psoft_alpha", dropout_key="psoft_dropout"),
    "PVERA": PeftType("PVeRA", ("2512.07703",), dropout_key="pvera_dropout"),
    "P_TUNING": _prompt("P-tuning", "2103.10385"),
    "RANDLORA": PeftType(
        "RandLoRA", ("2502.00987",), alpha_key="randlora_alpha", dropout_key="randlora_dropout"
    ),
    "ROAD": PeftType("RoAd", ("2409.00119",)),
    "SHADOW": PeftType("Shadow", merges=False, alpha_key="shadow_alpha", dropout_key="shadow_dropout"),
    "SHIRA": PeftType("SHiRA", ("2406.13175",)),
    "SUPERTUNING": PeftType(
        "Supertuning", ("2607.09287",), alpha_key="lora_alpha", dropout_key="lora_dropout"
    ),
    "TINYLORA": PeftType("TinyLoRA", ("2602.04118",), dropout_key="tinylora_dropout"),
    "TRAINABLE_TOKENS": PeftType("Trainable tokens"),
    "UNILORA": PeftType("Uni-LoRA", ("2506.00799",), dropout_key="unilora_dropout"),
    "VBLORA": PeftType("VB-LoRA", ("2405.15179",), dropout_key="vblora_dropout"),
    "VERA": PeftType("VeRA", ("2310.11454",), dropout_key="vera_dropout"),
    "WAVEFT": PeftType("WaveFT", ("2505.12532",)),
    "XLORA": PeftType("X-LoRA", ("2402.07148",), merges=None),
}

# The methods that can undo a quantization, add what was learned and quantize again. With any
# other quantization of the base model merging fails, for all of them.
_ON_BOTH = ("BOFT", "LORA", "MISS", "OFT", "SHIRA", "VERA")
MERGES_ON = {
    "bitsandbytes": frozenset((*_ON_BOTH, "HIRA", "PVERA", "RANDLORA", "ROAD")),
    "hqq": frozenset(_ON_BOTH),
}
