"""Rows of the Model Details section: a fact or a caller's word each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from hubkit.cards._reading._base_model import CALLER
from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._reading._methods import RANK_KEYS

__all__ = ["Row", "detail_rows"]

# Settings that say what was trained, under words of people; the others keep their keys.
_LABELS = {
    "block_size": "Block size",
    "boft_block_size": "Block size",
    "oft_block_size": "Block size",
    "boft_block_num": "Blocks",
    "n_tasks": "Tasks",
    "num_tasks": "Tasks",
    "prompt_tuning_init_text": "Initial text",
    "feedforward_modules": "Feed-forward modules",
    "exclude_modules": "Modules left out",
    "layers_to_transform": "Adapted layers",
    "bias": "Trained biases",
}
_WORDS = ("prompt_tuning_init_text",)
# Of what a config may have by the thousand.
_MOST = 50
_LONGEST = 200


@frozen(kw_only=True)
class Row:
    """A labelled list of values."""

    label: str
    """What they are."""

    values: tuple[str, ...]
    """The values as data: the template escapes them."""

    is_code: bool = True
    """Whether they are names in code rather than words."""

    note: str = ""
    """What stands behind them in brackets; data too."""


def detail_rows(facts: AdapterFacts, base_models: Sequence[str]) -> tuple[Row, ...]:
    """The rows that there is evidence for.

    Args:
        facts: What the files prove.
        base_models: The base model as the caller or the files name it; may be empty.
    """
    rows = (
        *_base_rows(facts, base_models),
        Row(label="Method", values=_present(facts.method), is_code=False),
        Row(label="Task type", values=_present(facts.task_type)),
        *_number_rows(facts),
        *_module_rows(facts),
        *_setting_rows(facts),
        *_size_rows(facts),
        *_run_rows(facts),
    )
    return tuple(row for row in rows if row.values)


def _base_rows(facts: AdapterFacts, base_models: Sequence[str]) -> Iterator[Row]:
    proven = None if facts.sources.get("base_model") == CALLER else facts.base_model
    # The files' revision is of the files' base model, not of one that the caller names.
    pinned = facts.base_model_revision
    note = "as the author of this repository states"
    if tuple(base_models) == (proven,):
        note = f"at revision {pinned}" if pinned else ""
    yield Row(label="Base model", values=tuple(base_models), note=note)
    if base_models:
        yield Row(label="Base model class", values=_present(facts.base_model_class))
    evidence = facts.sources.get("quantization")
    yield Row(
        label="Quantization of the base model",
        values=_present(facts.quantization),
        is_code=False,
        note=f"from {evidence}" if evidence else "",
    )


def _number_rows(facts: AdapterFacts) -> Iterator[Row]:
    label = "Average target rank" if facts.peft_type in RANK_KEYS else "Rank (r)"
    # Patterns and AdaLoRA give modules other ranks than the one that was set.
    differ = bool(facts.ranks) and facts.ranks != (facts.r,)
    note = f"in the weights: {', '.join(map(str, facts.ranks))}" if differ else ""
    yield Row(label=label, values=_present(facts.r), is_code=False, note=note)
    yield Row(label="Alpha", values=_number(facts.alpha), is_code=False)
    yield Row(label="Scaling", values=_number(facts.scaling), is_code=False)
    yield Row(label="Dropout", values=_number(facts.dropout), is_code=False)
    for label, pattern in (("Other ranks", facts.rank_pattern), ("Other alphas", facts.alpha_pattern)):
        yield Row(label=label, values=tuple(f"{name}: {number:g}" for name, number in pattern.items()))
    yield Row(label="Virtual tokens", values=_present(facts.virtual_tokens), is_code=False)
    tokens = tuple(map(str, facts.invocation_tokens))
    yield Row(label="Invocation tokens", values=tokens, note="without them the adapter does nothing")
    yield Row(label="Trained rows of the vocabulary", values=_present(facts.trained_tokens), is_code=False)


def _module_rows(facts: AdapterFacts) -> Iterator[Row]:
    note = f"{facts.target_path_count:,} modules listed by path" if facts.target_path_count else ""
    yield Row(label="Target modules", values=facts.target_modules, note=note)
    parameters = facts.target_parameters
    yield Row(label="Target parameters", values=parameters[:_MOST], note=_of_all(len(parameters)))
    ranges = tuple(f"{start} to {end - 1}" for start, end in facts.layer_replication if end > start)
    note = _of_all(len(ranges)) or "stacked to a deeper model"
    yield Row(label="Layers of the base model", values=ranges[:_MOST], is_code=False, note=note)
    yield Row(label="Modules trained in full", values=facts.modules_to_save)


def _setting_rows(facts: AdapterFacts) -> Iterator[Row]:
    """The numbers and choices of the method: those that people ask about, then the others in one row."""
    shown = {key: _plain(value) for key, value in facts.settings.items()}
    for key, label in _LABELS.items():
        yield Row(label=label, values=shown.pop(key, ()), is_code=key not in _WORDS)
    others = tuple(f"{key}: {', '.join(values)}" for key, values in shown.items() if values)
    yield Row(label="Other settings", values=tuple(map(_cut, others[:_MOST])))


def _plain(value: object) -> tuple[str, ...]:
    """A setting as it stands in the file; each item of a list is one."""
    if isinstance(value, tuple):
        return tuple(text for item in value[:_MOST] for text in _plain(item))
    if isinstance(value, bool):
        return (str(value).lower(),)
    return (f"{value:.6g}",) if isinstance(value, float) else (_cut(str(value)),)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _of_all(count: int) -> str:
    return f"the first {_MOST} of {count:,}" if count > _MOST else ""


def _size_rows(facts: AdapterFacts) -> Iterator[Row]:
    note = "as saved"
    if facts.parameters is not None and facts.base_parameters:
        share = facts.parameters / facts.base_parameters
        note = f"as saved; {share:.3g} of the base model's {facts.base_parameters:,}"
        if share < 1:
            note = f"as saved; {100 * share:.3g} % of the base model's {facts.base_parameters:,}"
    yield Row(label="Trainable parameters", values=_grouped(facts.parameters), is_code=False, note=note)
    yield Row(label="Weight type", values=_present(facts.dtype))
    yield Row(label="Saved rows of the vocabulary", values=_grouped(facts.vocabulary_rows), is_code=False)
    yield Row(label="Labels", values=_present(facts.label_count), is_code=False)


def _run_rows(facts: AdapterFacts) -> Iterator[Row]:
    lengths = ((facts.steps, "step"), (facts.epochs, "epoch"), (facts.tokens_seen, "token"))
    said = tuple(f"{number:,.10g} {unit}{'' if number == 1 else 's'}" for number, unit in lengths if number)
    yield Row(label="Trained for", values=said, is_code=False)
    batch = _present(facts.total_batch_size)
    yield Row(label="Examples in each step", values=batch, is_code=False)
    if facts.best_step is not None and facts.best_metric is not None:
        best = f"{facts.best_metric_name or 'metric'} {facts.best_metric:.6g} at step {facts.best_step:,}"
        yield Row(label="Best evaluation", values=(best,), is_code=False)


def _present(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)


def _grouped(count: int | None) -> tuple[str, ...]:
    return () if count is None else (f"{count:,}",)


def _number(value: float | None) -> tuple[str, ...]:
    return () if value is None else (f"{value:.6g}",)
