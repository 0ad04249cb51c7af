"""The Trainer's arguments as plain data, and which of them somebody chose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hubkit._secrets import redact
from hubkit.cards._ids import looks_local
from hubkit.cards._reading._entries import finite
from hubkit.cards._reading._inert_pickle import Instance, Reference
from hubkit.cards._text import scrub

__all__ = ["changed_from_defaults", "plain_hyperparameters"]

# A name may say that its value is a secret, or a place on somebody's machine.
_SECRET = re.compile(r"passw|pwd|secret|credential|private|cookie|auth|(?:api|access)_?key|(?:key|token)$")
_VOCABULARY = frozenset(f"{kind}_token" for kind in ("bos", "cls", "eos", "mask", "pad", "sep", "unk"))
_PLACE = re.compile(r"(?:^|_)(?:dir|directory|path|file|folder|url|uri|host|hostname|port|endpoint|address)$")
# Where and how often a run was logged, saved and pushed, and what the machine was: nothing that
# the adapter would be another without.
_SURROUNDINGS = re.compile(
    r"_|(?:hub|push_to_hub|log|logging|save|trackio|ddp|debug|disable|do|jit|ray|tpu|mp|include|distributed)_"
    r"|dataloader_(?:num_workers|pin_memory|persistent_workers|prefetch_factor|multiprocessing_context|in_order)$"
    r"|(?:report_to|run_name|project|debug|local_rank|device|use_cpu|no_cuda|use_mps_device|use_ipex|xpu_backend"
    r"|past_index|push_to_hub|overwrite_output_dir|resume_from_checkpoint|ignore_data_skip|skip_memory_metrics"
    r"|restore_callback_states_from_checkpoint|accelerator_config|deepspeed|deepspeed_plugin|fsdp_plugin_args"
    r"|eval_do_concat_batches|eval_use_gather_object|eval_accumulation_steps|eval_on_start|eval_delay"
    r"|batch_eval_metrics|prediction_loss_only|remove_unused_columns|label_names|length_column_name"
    r"|enable_jit_checkpoint|torch_empty_cache_steps|half_precision_backend|fp16_backend|mixed_precision"
    r"|dataset_num_proc|model_init_kwargs|load_best_model_at_end|greater_is_better)$"
)
_MAX_NAMES = 300
_MAX_NAME = 64
_MAX_TEXT = 200
_MAX_ITEMS = 32
_MAX_DEPTH = 3
_MAX_VALUES = 5_000
_MAX_WHOLE = 2**63

# Read from transformers 5.23.0; where 4.57.1 has another default, both stand. What is unset by
# default is not listed: to set it is to change it.
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "activation_checkpointing": (False,),
    "adafactor": (False,),
    "adam_beta1": (0.9,),
    "adam_beta2": (0.999,),
    "adam_epsilon": (1e-8,),
    "auto_find_batch_size": (False,),
    "average_tokens_across_devices": (True, False),
    "bf16": (False,),
    "bf16_full_eval": (False,),
    "dataloader_drop_last": (False,),
    "eval_strategy": ("no",),
    "fp16": (False,),
    "fp16_full_eval": (False,),
    "fp16_opt_level": ("O1",),
    "full_determinism": (False,),
    "gradient_accumulation_steps": (1,),
    "gradient_checkpointing": (False,),
    "group_by_length": (False,),
    "label_smoothing_factor": (0.0,),
    "learning_rate": (5e-5,),
    "lr_scheduler_type": ("linear",),
    "max_grad_norm": (1.0,),
    "max_steps": (-1,),
    "num_train_epochs": (3.0,),
    "optim": ("adamw_torch", "adamw_torch_fused"),
    "per_device_eval_batch_size": (8,),
    "per_device_train_batch_size": (8,),
    "seed": (42,),
    "torch_compile": (False,),
    "train_sampling_strategy": ("random",),
    "use_cache": (False,),
    "use_liger_kernel": (False,),
    "warmup_ratio": (0.0,),
    "warmup_steps": (0,),
    "weight_decay": (0.0,),
}
# These are unset by default, at least in one of the two.
_UNSET_NAMES = """
    activation_checkpointing_kwargs data_seed eval_steps fsdp fsdp_config fsdp_min_num_params
    gradient_checkpointing_kwargs liger_kernel_config lr_scheduler_kwargs metric_for_best_model
    neftune_noise_alpha optim_args optim_target_modules tf32 torch_compile_backend torch_compile_mode
    """
_UNSET = frozenset(_UNSET_NAMES.split())


def plain_hyperparameters(state: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that made the adapter what it is, by name.

    What is unset, names a secret or a place, or says only where a run was logged and
    saved is left out, as is what has no plain form.

    Args:
        state: The attributes of the Trainer's arguments.
    """
    plain: dict[str, Any] = {}
    writer = _Writer()
    for name in sorted(state):
        if len(plain) < _MAX_NAMES and not _SURROUNDINGS.match(name):
            value = writer.named(name, state[name], _MAX_DEPTH)
            if value is not None and value not in ([], {}):
                plain[name] = value
    return plain


def changed_from_defaults(hyperparameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the arguments that are not as the Trainer has them by default.

    >>> changed_from_defaults({"learning_rate": 1e-4, "seed": 42, "of_another_trainer": 1})
    ('learning_rate',)
    """
    changed = {name for name in hyperparameters if name in _UNSET}
    for name, defaults in _DEFAULTS.items():
        if name in hyperparameters and not _is_one_of(hyperparameters[name], defaults):
            changed.add(name)
    return tuple(sorted(changed))


def _is_one_of(value: object, defaults: Iterable[object]) -> bool:
    # True equals 1 in Python, and is another argument.
    return any(
        value == default and isinstance(value, bool) == isinstance(default, bool) for default in defaults
    )


class _Writer:
    """Writes values out; what is shared between many could make few bytes an endless text."""

    def __init__(self) -> None:
        self._left = _MAX_VALUES

    def named(self, name: str, value: object, depth: int) -> Any:
        """A plain value, unless its name says that it is nobody's business."""
        lowered = name.lower()
        private = _SECRET.search(lowered) and lowered not in _VOCABULARY
        fits = len(name) <= _MAX_NAME and re.fullmatch(r"[\w.-]+", name)
        if not fits or private or _PLACE.search(lowered):
            return None
        return self._plain(value, depth)

    def _plain(self, value: object, depth: int) -> Any:
        """The same as JSON has it; None for what it has no form for, or that is too long."""
        self._left -= 1
        if self._left < 0:
            return None
        match value:
            case list() | tuple() if depth and len(value) <= _MAX_ITEMS:
                items = [self._plain(item, depth - 1) for item in value]
                return None if None in items else items
            case dict() if depth and len(value) <= _MAX_ITEMS:
                named = {key: self.named(key, value[key], depth - 1) for key in sorted(value)}
                return {key: item for key, item in named.items() if item is not None}
        return _single(value)


def _single(value: object) -> Any:
    match value:
        case bool():
            return value
        case int() | float():
            return finite(value) if abs(value) < _MAX_WHOLE else None
        case str():
            return _text(value)
        case Reference(name=str(name)) if name.startswith("torch."):
            # A type of numbers, such as torch.bfloat16.
            return _text(name.removeprefix("torch."))
        case Instance(
            made_by="builtins.getattr" | "__builtin__.getattr", arguments=(Reference(), str(member))
        ):
            # So some versions of Python write members of enumerations.
            return _text(member.lower())
        case Instance(arguments=(str(text),), state=state) if not state:
            return _text(text)
    return None


def _text(value: str) -> str | None:
    """Text that is short, clean, and no place on a machine."""
    fits = 0 < len(value) <= _MAX_TEXT and "\n" not in value
    safe = fits and scrub(value) == value == redact(value)
    return value if safe and not looks_local(value) else None
