"""What the files of an adapter prove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

__all__ = ["AdapterFacts", "Findings"]


@frozen(kw_only=True)
class AdapterFacts:
    """What the files of an adapter prove, and where each fact stands.

    A fact that no file proves is None or empty. Text is as the files have it:
    whoever shows it has to escape it. `warnings` alone may be printed as they are.

    >>> AdapterFacts(peft_type="LORA", r=8).r
    8
    """

    library_name: str | None = None
    """`peft` when the config is PEFT's, or else the weight file is called as PEFT calls it."""

    peft_type: str | None = None
    """The method as PEFT's config names it, such as `LORA`; unknown ones too."""

    method: str | None = None
    """The method as people name it, such as `DoRA + rsLoRA`."""

    method_tags: tuple[str, ...] = ()
    """The method as tags of the Hub, such as `lora`."""

    task_type: str | None = None
    """The task as PEFT's config names it, such as `CAUSAL_LM`."""

    base_model: str | None = None
    """Id of the base model on the Hub; None when the config names a path."""

    r: int | None = None
    """The rank that was set; for AdaLoRA the average that it was to end with."""

    ranks: tuple[int, ...] = ()
    """The ranks that the saved LoRA matrices have, sorted, each once."""

    alpha: float | None = None
    """The scaling numerator, `lora_alpha` or `alpha`."""

    target_modules: tuple[str, ...] = ()
    """Names of the adapted modules, sorted; full paths are cut to their last part."""

    target_path_count: int | None = None
    """How many full module paths the config lists; None when it lists names."""

    modules_to_save: tuple[str, ...] = ()
    """Modules trained and saved whole, each once."""

    parameters: int | None = None
    """Count of the numbers in the adapter's weight file."""

    dtype: str | None = None
    """Their type, such as `float32`; several are joined by commas."""

    label_count: int | None = None
    """Rows of the saved classifier, for classification tasks."""

    peft_version: str | None = None
    """Version of PEFT that wrote the config."""

    metrics: Mapping[str, float] = field(factory=dict, hash=False)
    """The last evaluation's and training's numbers, as the Trainer wrote them."""

    sources: Mapping[str, str] = field(factory=dict, hash=False)
    """For each fact `file: key`; a metric is called `metrics.<name>`."""

    warnings: tuple[str, ...] = ()
    """What could not be read or believed, one sentence each."""


@define(kw_only=True)
class Findings:
    """Facts while they are gathered."""

    values: dict[str, Any] = field(factory=dict)
    """Field of `AdapterFacts` to its value."""

    sources: dict[str, str] = field(factory=dict)
    """Field to the file and key that prove it."""

    warnings: list[str] = field(factory=list)
    """What could not be read or believed."""

    def add(self, name: str, value: object, source: str) -> None:
        """Keep a fact and its source; None and empty values are no facts."""
        if value is not None and value != ():
            self.values[name] = value
            self.sources[name] = source

    def warn(self, text: str) -> None:
        """Keep a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def facts(self) -> AdapterFacts:
        """The frozen result."""
        return AdapterFacts(**self.values, sources=dict(self.sources), warnings=tuple(self.warnings))
