"""Facts of adapter_config.json."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from hubkit.cards._ids import looks_local
from hubkit.cards._reading._entries import Entries, finite
from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._methods import RANK_KEYS
from hubkit.cards._reading._peft_types import PEFT_TYPES

__all__ = ["CONFIG_FILE", "find_in_config"]

CONFIG_FILE = "adapter_config.json"

# The methods whose layers scale by alpha / r; AdaLoRA's rank changes as it trains, and
# GraLoRA's is a sum.
_ALPHA_OVER_R = frozenset({"LORA", "LOHA", "LOKR", "RANDLORA", "PSOFT", "SUPERTUNING", "DEFT"})
_OWN_SCALING = frozenset({"FOURIERFT", "LILY", "PEANUT", "WAVEFT"})
# OFT's `r` counts blocks.
_NO_RANK = frozenset({"OFT"})
_MAX_PATTERNS = 10_000
# Those who train such adapters call them by some words.
_MAX_INVOCATION = 200

# What other facts say, what is of no use to a reader, and what may be a path.
_TOLD_ELSEWHERE = """
    alora_invocation_tokens alpha_pattern arrow_config auto_mapping base_model_name_or_path corda_config
    cpt_mask cpt_token_ids cpt_tokens_type_mask ensure_weight_tying eva_config fan_in_fan_out inference_mode
    init_lora_weights kasa_config layer_replication loftq_config lora_ga_config megatron_config megatron_core
    modules_to_save monteclora_config num_attention_heads num_layers num_transformer_submodules
    num_virtual_tokens token_dim peft_type peft_version progressbar r rank_pattern
    revision save_only_topk_weights save_precomputed_indices save_indices save_projection target_modules
    target_parameters task_type token_indices tokenizer_kwargs tokenizer_name_or_path trainable_token_indices
    use_bdlora use_dora use_qalora use_rslora velora_config prompt_tuning_init_state_dict_path shadow_model
    runtime_offload_base_weight
    """
_NO_SETTINGS = frozenset(_TOLD_ELSEWHERE.split())
# A number of a layer: 0 is the first.
_COUNTED_FROM_ZERO = frozenset({"layers_to_transform"})
_MAX_SETTINGS = 40
_MAX_SETTING_ITEMS = 32
_MAX_SETTING_TEXT = 200


def find_in_config(config: Entries, found: Findings) -> None:
    """Gather the numbers and the modules that a PEFT config names.

    The method's name, the base model and how it was quantized need a look at other
    files too, and are found elsewhere.

    Args:
        config: The decoded file.
        found: Takes the facts and the warnings.
    """
    for key in ("task_type", "peft_version"):
        found.add(key, config.text(key), config.source(key))
    if "peft_version" in found.values:
        versions = found.values.setdefault("framework_versions", {})
        versions["PEFT"] = found.values["peft_version"]
        found.sources["framework_versions.PEFT"] = config.source("peft_version")
    peft_type = config.values.get("peft_type")
    peft_type = peft_type if isinstance(peft_type, str) else ""
    _find_numbers(config, peft_type, found)
    _find_patterns(config, found)
    _find_modules(config, found)
    _find_tokens(config, found)
    settings = dict(_settings(config, peft_type))
    if settings:
        found.add("settings", settings, config.source(*settings))


def _find_numbers(config: Entries, peft_type: str, found: Findings) -> None:
    known = PEFT_TYPES.get(peft_type)
    rank_key = RANK_KEYS.get(peft_type, "r")
    rank = None if peft_type in _NO_RANK else config.count(rank_key)
    found.add("r", rank, config.source(rank_key))
    # Types that nobody knows yet, and configs without one, call it as the known ones do.
    keys = (known.alpha_key,) if known else ("lora_alpha", "alpha")
    alpha_key = next((key for key in keys if key and config.values.get(key) is not None), "")
    alpha = config.number(alpha_key)
    found.add("alpha", alpha, config.source(alpha_key))
    if known and known.dropout_key:
        found.add("dropout", config.number(known.dropout_key), config.source(known.dropout_key))
    if peft_type in _OWN_SCALING:
        found.add("scaling", config.number("scaling"), config.source("scaling"))
    elif peft_type in _ALPHA_OVER_R and rank and alpha is not None:
        _find_scaling(config, rank, alpha, alpha_key, found)


def _find_scaling(config: Entries, rank: int, alpha: float, alpha_key: str, found: Findings) -> None:
    stabilized = config.values.get("use_rslora") is True
    keys = (alpha_key, "r", "use_rslora") if stabilized else (alpha_key, "r")
    try:
        scaling = finite(alpha / (math.sqrt(rank) if stabilized else rank))
    except OverflowError:
        scaling = None
    # DEFT takes an alpha of zero for "don't scale".
    if alpha or config.values.get("peft_type") != "DEFT":
        found.add("scaling", scaling, config.source(*keys))


def _find_patterns(config: Entries, found: Findings) -> None:
    for key in ("rank_pattern", "alpha_pattern"):
        given = config.values.get(key)
        if not isinstance(given, dict) or len(given) > _MAX_PATTERNS:
            continue
        # AdaLoRA keeps masks under the same key; its ranks stand in the weights.
        numbers = {name: number for name in sorted(given) if (number := finite(given[name])) is not None}
        if numbers:
            found.add(key, numbers, config.source(key))
    pairs = config.values.get("layer_replication")
    if isinstance(pairs, list) and 0 < len(pairs) <= _MAX_PATTERNS and all(map(_is_range, pairs)):
        found.add(
            "layer_replication",
            tuple((start, end) for start, end in pairs),
            config.source("layer_replication"),
        )


def _is_range(pair: object) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(type(end) is int and 0 <= end < 2**31 for end in pair)
    )


def _find_modules(config: Entries, found: Findings) -> None:
    targets = config.names("target_modules")
    paths = [name for name in targets if _is_path(name)]
    found.add(
        "target_modules",
        tuple(sorted({_last_part(name) for name in targets})),
        config.source("target_modules"),
    )
    found.add("target_path_count", len(paths) or None, config.source("target_modules"))
    # PEFT writes the classifier of a classification task twice.
    kept = tuple(dict.fromkeys(config.names("modules_to_save")))
    found.add("modules_to_save", kept, config.source("modules_to_save"))
    parameters = tuple(sorted(set(config.names("target_parameters"))))
    found.add("target_parameters", parameters, config.source("target_parameters"))


def _is_path(name: str) -> bool:
    """Whether a target is a full module path, as `all-linear` is stored, or a name."""
    return any(part.isdigit() for part in name.split(".")[:-1])


def _last_part(name: str) -> str:
    """`layers.0.self_attn.q_proj` to `q_proj`; a numbered part keeps its parent.

    >>> _last_part("layers.0.self_attn.q_proj"), _last_part("layers.0.attn.to_out.0"), _last_part("attn.q")
    ('q_proj', 'to_out.0', 'attn.q')
    """
    if not _is_path(name):
        return name
    parts = name.split(".")
    return ".".join(parts[-2:] if parts[-1].isdigit() else parts[-1:])


def _find_tokens(config: Entries, found: Findings) -> None:
    found.add("virtual_tokens", config.count("num_virtual_tokens"), config.source("num_virtual_tokens"))
    calls = config.values.get("alora_invocation_tokens")
    if isinstance(calls, list) and len(calls) <= _MAX_INVOCATION and all(map(_is_token, calls)):
        found.add("invocation_tokens", tuple(calls), config.source("alora_invocation_tokens"))
    for key in ("trainable_token_indices", "token_indices"):
        given = config.values.get(key)
        # Indices of the input embedding, or of several embeddings by name.
        lists = list(given.values()) if isinstance(given, dict) else [given]
        indices = {index for part in lists if isinstance(part, list) for index in part if type(index) is int}
        found.add("trained_tokens", len(indices) or None, config.source(key))


def _is_token(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _settings(config: Entries, peft_type: str) -> Iterator[tuple[str, Any]]:
    """What else the config sets; what is off, absent or the usual start is left out."""
    known = PEFT_TYPES.get(peft_type)
    told = {known.alpha_key, known.dropout_key} if known else set()
    told |= {"lora_alpha", "alpha", RANK_KEYS.get(peft_type, "r")}
    told |= {"scaling"} if peft_type in _OWN_SCALING else set()
    told |= set() if config.values.get("use_qalora") else {"qalora_group_size"}
    skipped = (_NO_SETTINGS | told) - ({"r"} if peft_type in _NO_RANK else set())
    taken = 0
    for key in sorted(config.values):
        value = _setting(config.values[key])
        usual = value in (None, False, "none", ()) or (key.startswith("init_") and value is True)
        usual = usual and not (key in _COUNTED_FROM_ZERO and type(value) is int)
        if key not in skipped and len(key) <= 64 and not usual and taken < _MAX_SETTINGS:
            taken += 1
            yield key, value


def _setting(value: object) -> Any:
    """A plain value, or a short list of them as a tuple; None for anything else."""
    if isinstance(value, list):
        items = tuple(map(_setting, value)) if len(value) <= _MAX_SETTING_ITEMS else ()
        if any(item is None or isinstance(item, tuple) for item in items):
            return None
        # PEFT keeps names in sets, whose order differs from run to run.
        return tuple(sorted(items)) if all(isinstance(item, str) for item in items) else items
    if isinstance(value, str):
        return value if 0 < len(value) <= _MAX_SETTING_TEXT and not looks_local(value) else None
    return value if isinstance(value, bool) else finite(value)
