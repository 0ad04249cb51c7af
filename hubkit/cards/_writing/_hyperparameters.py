"""The Trainer's arguments as a table: first those that somebody chose."""

from __future__ import annotations

from attrs import frozen

from hubkit.cards._reading._facts import AdapterFacts
from hubkit.cards._writing._plain import metric_rows
from hubkit.cards._writing._results_table import Table

__all__ = ["Hyperparameters", "choose_hyperparameters"]

# Readers look for these, whether or not they were changed.
_USUAL = (
    "learning_rate",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "num_train_epochs",
    "optim",
    "lr_scheduler_type",
    "warmup_ratio",
    "warmup_steps",
    "weight_decay",
    "max_grad_norm",
    "seed",
)


@frozen(kw_only=True)
class Hyperparameters:
    """Arguments worth a line."""

    table: Table
    """Names and values."""

    changed: int = 0
    """How many of the first rows differ from the Trainer's defaults."""


def choose_hyperparameters(facts: AdapterFacts) -> Hyperparameters:
    """Choose from some hundred arguments those that say something of the run.

    >>> facts = AdapterFacts(hyperparameters={"seed": 7, "optim": "x"}, changed_hyperparameters=("seed",))
    >>> choose_hyperparameters(facts).table.rows
    (('seed', '7'), ('optim', 'x'))
    """
    given = facts.hyperparameters
    changed = [name for name in _ordered(facts.changed_hyperparameters) if name in given]
    rows = metric_rows({name: given[name] for name in changed})
    usual = {name: given[name] for name in _USUAL if name in given and name not in changed}
    table = Table(("Argument", "Value"), (*rows, *metric_rows(usual)))
    return Hyperparameters(table=table, changed=len(rows))


def _ordered(names: tuple[str, ...]) -> list[str]:
    """The usual ones in their order, then the others by name."""
    return sorted(names, key=lambda name: (_USUAL.index(name) if name in _USUAL else len(_USUAL), name))
