"""Rows of the Model Details section: a fact or a caller's word each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from hubkit.cards._facts import AdapterFacts
from hubkit.cards._methods import RANK_KEYS

__all__ = ["Row", "detail_rows"]


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
    """Our own words behind them."""


def detail_rows(facts: AdapterFacts, base_models: Sequence[str], datasets: Sequence[str]) -> tuple[Row, ...]:
    """The rows that there is evidence for.

    Args:
        facts: What the files prove.
        base_models: The base model as the caller or the files name it; may be empty.
        datasets: The training data as the caller names it; may be empty.
    """
    rows = (
        Row(label="Base model", values=tuple(base_models)),
        Row(label="Method", values=_present(facts.method), is_code=False),
        Row(label="Task type", values=_present(facts.task_type)),
        *_number_rows(facts),
        *_module_rows(facts),
        *_size_rows(facts),
        Row(label="Framework", values=_versions(facts), is_code=False),
        Row(label="Training dataset", values=tuple(datasets)),
    )
    return tuple(row for row in rows if row.values)


def _number_rows(facts: AdapterFacts) -> Iterator[Row]:
    label = "Average target rank" if facts.peft_type in RANK_KEYS else "Rank (r)"
    # Patterns and AdaLoRA give modules other ranks than the one that was set.
    differ = bool(facts.ranks) and facts.ranks != (facts.r,)
    note = f"in the weights: {', '.join(map(str, facts.ranks))}" if differ else ""
    yield Row(label=label, values=_present(facts.r), is_code=False, note=note)
    yield Row(label="Alpha", values=_present(facts.alpha), is_code=False)


def _module_rows(facts: AdapterFacts) -> Iterator[Row]:
    note = f"{facts.target_path_count:,} modules listed by path" if facts.target_path_count else ""
    yield Row(label="Target modules", values=facts.target_modules, note=note)
    yield Row(label="Modules trained in full", values=facts.modules_to_save)


def _size_rows(facts: AdapterFacts) -> Iterator[Row]:
    count = None if facts.parameters is None else f"{facts.parameters:,}"
    yield Row(label="Trainable parameters", values=_present(count), is_code=False, note="as saved")
    yield Row(label="Weight type", values=_present(facts.dtype))
    yield Row(label="Labels", values=_present(facts.label_count), is_code=False)


def _versions(facts: AdapterFacts) -> tuple[str, ...]:
    return (f"PEFT {facts.peft_version}",) if facts.peft_version else ()


def _present(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)
