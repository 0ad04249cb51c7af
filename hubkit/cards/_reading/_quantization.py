"""How the base model is quantized: an adapter's config doesn't say, so other evidence must."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from hubkit.cards._reading._base_files import BASE_CONFIG
from hubkit.cards._reading._entries import Entries

__all__ = ["Quantization", "quantization_of"]

_NAMES = {
    "aqlm": "AQLM",
    "awq": "AWQ",
    "auto-round": "AutoRound",
    "bitsandbytes": "bitsandbytes",
    "eetq": "EETQ",
    "fp8": "FP8",
    "gptq": "GPTQ",
    "hqq": "HQQ",
    "mxfp4": "MXFP4",
    "vptq": "VPTQ",
}
# AWQ stores 4 bits, EETQ 8: their kernels know nothing else. The others store what their names say.
_SUFFIXES = (
    (re.compile(r"-bnb-([48])-?bit$", re.IGNORECASE), "bitsandbytes", None),
    (re.compile(r"[-_]awq(?:[-_]int4)?$", re.IGNORECASE), "awq", 4),
    (re.compile(r"[-_]eetq(?:[-_](?:int8|8-?bit))?$", re.IGNORECASE), "eetq", 8),
    (re.compile(r"[-_]fp8(?:[-_]dynamic)?$", re.IGNORECASE), "fp8", 8),
    # They end in -AQLM-PV-2Bit-1x16-hf: bits, codebooks, the form of the files.
    (re.compile(r"[-_]aqlm(?:-pv)?[-_]([1-8])-?bit(?:-\d+x\d+)?(?:-hf)?$", re.IGNORECASE), "aqlm", None),
    (re.compile(r"[-_]aqlm(?:-pv)?(?:-\d+x\d+)?(?:-hf)?$", re.IGNORECASE), "aqlm", None),
    (re.compile(r"[-_]hqq[-_]([1-8])-?bit$", re.IGNORECASE), "hqq", None),
    (re.compile(r"[-_]([1-8])-?bit(?:[-_]g[0-9]+)?[-_]hqq$", re.IGNORECASE), "hqq", None),
    (re.compile(r"[-_]hqq$", re.IGNORECASE), "hqq", None),
    (re.compile(r"[-_]gptq[-_]int([2348])$", re.IGNORECASE), "gptq", None),
    (re.compile(r"[-_]gptq[-_]([2348])-?bits?$", re.IGNORECASE), "gptq", None),
    (re.compile(r"[-_]([2348])-?bits?[-_]gptq$", re.IGNORECASE), "gptq", None),
    (re.compile(r"[-_]gptq$", re.IGNORECASE), "gptq", None),
    (re.compile(r"[-_]([48])-?bit$", re.IGNORECASE), "", None),
)
# How people call the quantizers; LoftQ starts from what bitsandbytes makes of a model.
_IN_TEXT = re.compile(rf"\b({'|'.join(_NAMES)}|bnb|nf4|fp4|qlora)(?![a-z])", re.IGNORECASE)
_BITS_IN_TEXT = re.compile(r"\b([2-8])[- ]?bits?\b", re.IGNORECASE)


@frozen(kw_only=True)
class Quantization:
    """How the base model is quantized, and whence that is known."""

    text: str
    """For people, such as `4-bit (bitsandbytes nf4)`."""

    bits: int | None
    """Of a weight; None when the evidence doesn't say."""

    method: str
    """In the words of transformers, such as `gptq`; may be empty."""

    source: str
    """File and key, or the caller."""


def quantization_of(
    config: Entries,
    *,
    said: str | None,
    trained_with: Mapping[str, Any],
    base_config: Mapping[str, Any],
    base_model: str | None,
) -> Quantization | None:
    """The strongest evidence of a quantized base model; None when there is none.

    Args:
        config: The adapter's config.
        said: The caller's words, such as `4-bit`.
        trained_with: The quantization that the Trainer's arguments ask for.
        base_config: The config of the base model.
        base_model: Its id on the Hub.
    """
    found = _evidence(config, said, trained_with, base_config, base_model)
    return next((piece for piece in found if piece is not None), None)


def _evidence(
    config: Entries,
    said: str | None,
    trained_with: Mapping[str, Any],
    base_config: Mapping[str, Any],
    base_model: str | None,
) -> Iterator[Quantization | None]:
    if said is not None and said.strip():
        yield _of_words(said.strip())
    yield _of_config(trained_with, "training_args.bin: model_init_kwargs.quantization_config")
    given = base_config.get("quantization_config")
    yield _of_config(given if isinstance(given, dict) else {}, f"{BASE_CONFIG}: quantization_config")
    loftq = config.values.get("loftq_config")
    if isinstance(loftq, dict) and loftq:
        yield _described(loftq.get("loftq_bits"), "LoftQ", "bitsandbytes", config.source("loftq_config"))
    yield _of_name(base_model or "")
    if config.values.get("use_qalora") is True:
        # PEFT has QALoRA for GPTQ alone.
        yield _described(None, "GPTQ", "gptq", config.source("use_qalora"))


def _of_words(said: str) -> Quantization:
    """A person's, such as `4-bit (nf4)`."""
    bits, named = _BITS_IN_TEXT.search(said), _IN_TEXT.search(said)
    method = named[1].lower() if named else ""
    return Quantization(
        text=said,
        bits=int(bits[1]) if bits else None,
        method="bitsandbytes" if method in ("bnb", "nf4", "fp4", "qlora") else method,
        source="caller: quantization",
    )


def _of_config(given: Mapping[str, Any], source: str) -> Quantization | None:
    """What a `quantization_config` says, in JSON or as an object's attributes."""
    method = given.get("quant_method")
    method = method.lower() if isinstance(method, str) else ""
    # Configs written before the key came say it by the flags alone.
    for bits in (4, 8):
        if any(given.get(key) is True for key in (f"load_in_{bits}bit", f"_load_in_{bits}bit")):
            kind = given.get("bnb_4bit_quant_type") if bits == 4 else None
            detail = f"bitsandbytes {kind}" if kind in ("nf4", "fp4") else "bitsandbytes"
            return _described(bits, detail, "bitsandbytes", source)
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", method):
        return None
    bits_given = given.get("bits", given.get("w_bit", given.get("nbits")))
    return _described(bits_given, _NAMES.get(method, method), method, source)


def _of_name(model_id: str) -> Quantization | None:
    for pattern, method, always in _SUFFIXES:
        match = pattern.search(model_id)
        if match is not None:
            stated = int(match[1]) if pattern.groups else None
            return _described(always or stated, _NAMES.get(method, ""), method, "base_model: the name's end")
    return None


def _described(bits: object, name: str, method: str, source: str) -> Quantization:
    known = bits if type(bits) is int and 1 <= bits <= 8 else None
    text = (f"{known}-bit ({name})" if name else f"{known}-bit") if known else name
    return Quantization(text=text, bits=known, method=method, source=source)
