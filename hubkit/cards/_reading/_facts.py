"""What the files of an adapter prove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

__all__ = ["AdapterFacts", "Findings", "LoggedStep"]

_MAX_WARNINGS = 100


@frozen(kw_only=True)
class LoggedStep:
    """What the Trainer logged at one step; what it didn't is None."""

    step: int
    """Optimizer steps taken by then."""

    epoch: float | None = None
    """Passes over the training data by then."""

    loss: float | None = None
    """Mean training loss since the entry before."""

    eval_loss: float | None = None
    """Loss of an evaluation at this step."""

    learning_rate: float | None = None
    """Of the optimizer at this step."""

    grad_norm: float | None = None
    """Length of the gradient at this step."""

    metrics: Mapping[str, float] = field(factory=dict, hash=False)
    """What else an evaluation at this step measured, such as `eval_accuracy`."""


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
    """Id of the base model on the Hub; None when all that is known of it is a path."""

    base_model_revision: str | None = None
    """The base model's branch, tag or commit, when the config pins one."""

    base_model_class: str | None = None
    """The base model's architecture, such as `LlamaForCausalLM`."""

    base_parameters: int | None = None
    """Count of the base model's own numbers, when its files lie on this disk and are not quantized."""

    quantization: str | None = None
    """How the base model is quantized, such as `4-bit (bitsandbytes nf4)`; None without evidence."""

    quantization_bits: int | None = None
    """Bits of a quantized weight, when the evidence says so."""

    is_prompt_learning: bool | None = None
    """Whether the method learns virtual tokens, not weights; None for unknown methods."""

    merges: bool | None = None
    """Whether PEFT can merge the adapter into its base model: not with some variants of LoRA, nor
    into a base model that is quantized by anything but bitsandbytes or HQQ; None for unknown methods
    and quantizers."""

    papers: tuple[str, ...] = ()
    """arXiv ids of the method's papers, the method's own first."""

    r: int | None = None
    """The rank that was set; for AdaLoRA the average that it was to end with."""

    ranks: tuple[int, ...] = ()
    """The ranks that the saved LoRA matrices have, sorted, each once."""

    alpha: float | None = None
    """The scaling numerator, `lora_alpha` or `alpha`."""

    rank_pattern: Mapping[str, float] = field(factory=dict, hash=False)
    """Modules, or patterns of their names, whose rank differs from `r`."""

    alpha_pattern: Mapping[str, float] = field(factory=dict, hash=False)
    """Modules, or patterns of their names, whose numerator differs from `alpha`."""

    scaling: float | None = None
    """What the update is multiplied by where no pattern applies: alpha / r, for rsLoRA alpha / sqrt(r)."""

    dropout: float | None = None
    """The probability of dropping an input of the adapter, or a module of it, during training."""

    virtual_tokens: int | None = None
    """How many tokens a prompt method learned."""

    invocation_tokens: tuple[int, ...] = ()
    """The tokens of a text that the adapter acts behind (aLoRA); without them it does nothing."""

    trained_tokens: int | None = None
    """How many rows of the vocabulary's embedding were trained."""

    target_modules: tuple[str, ...] = ()
    """Names of the adapted modules, sorted; full paths are cut to their last part."""

    target_path_count: int | None = None
    """How many full module paths the config lists; None when it lists names."""

    target_parameters: tuple[str, ...] = ()
    """Names of the adapted parameters that belong to no module of their own, sorted."""

    layer_replication: tuple[tuple[int, int], ...] = ()
    """Ranges of the base model's layers, from the first to before the last, stacked to a new model."""

    modules_to_save: tuple[str, ...] = ()
    """Modules trained and saved whole, each once."""

    settings: Mapping[str, Any] = field(factory=dict, hash=False)
    """What else the config sets: text, numbers, truth values and tuples of them, by key."""

    parameters: int | None = None
    """Count of the numbers in the adapter's weight file."""

    dtype: str | None = None
    """Their type, such as `float32`; several are joined by commas."""

    vocabulary_rows: int | None = None
    """Rows of the vocabulary's embedding that is saved with the adapter; PEFT saves one that was enlarged."""

    base_vocabulary: int | None = None
    """Rows of the base model's own, when its config lies on this disk."""

    label_count: int | None = None
    """Rows of the saved classifier, for classification tasks."""

    peft_version: str | None = None
    """Version of PEFT that wrote the config."""

    framework_versions: Mapping[str, str] = field(factory=dict, hash=False)
    """Versions of the libraries that trained it by their names, such as `Transformers`."""

    hyperparameters: Mapping[str, Any] = field(factory=dict, hash=False)
    """The Trainer's arguments as plain data, sorted by name. Secrets, paths, what is unset, and what
    only says where the run was logged and saved are left out."""

    changed_hyperparameters: tuple[str, ...] = ()
    """Names of those that differ from the Trainer's defaults, as far as these are known."""

    training_class: str | None = None
    """The class of the Trainer's arguments, such as `TrainingArguments` or TRL's `SFTConfig`."""

    total_batch_size: int | None = None
    """Examples that each optimizer step saw, on all devices together."""

    history: tuple[LoggedStep, ...] = field(default=(), hash=False)
    """The Trainer's log, by step."""

    steps: int | None = None
    """Optimizer steps of the whole run."""

    epochs: float | None = None
    """Passes over the training data of the whole run."""

    best_step: int | None = None
    """The optimizer step with the best evaluation, when the Trainer looked for one."""

    best_metric: float | None = None
    """What that evaluation measured."""

    best_metric_name: str | None = None
    """What the Trainer compared, such as `eval_loss`."""

    tokens_seen: int | None = None
    """Input tokens of the whole run, when the Trainer counted them."""

    emissions: float | None = None
    """Grams of CO2-equivalent, when a tracker wrote them beside the adapter."""

    emissions_source: str | None = None
    """The tracker, such as `codecarbon 3.3.2`."""

    emissions_country: str | None = None
    """Where the tracker found the machine to stand."""

    hardware: str | None = None
    """What the run used, such as `1 x NVIDIA A100`, as the tracker found it."""

    has_tokenizer: bool = False
    """Whether the folder has a tokenizer of its own."""

    has_chat_template: bool = False
    """Whether that tokenizer has a chat template."""

    metrics: Mapping[str, float] = field(factory=dict, hash=False)
    """The last evaluation's and training's numbers, as the Trainer wrote them."""

    sources: Mapping[str, str] = field(factory=dict, hash=False)
    """For each fact `file: key`. A metric is called `metrics.<name>`, a version
    `framework_versions.<name>`. `caller` stands for the caller's word, `base model` in front of a
    file for the folder of the base model."""

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
        if value is not None and value != () and value != {}:
            self.values[name] = value
            self.sources[name] = source

    def warn(self, text: str) -> None:
        """Keep a warning, once, and a hundred at most: nobody reads more."""
        if len(self.warnings) < _MAX_WARNINGS and text not in self.warnings:
            self.warnings.append(text)

    def facts(self) -> AdapterFacts:
        """The frozen result."""
        return AdapterFacts(**self.values, sources=dict(self.sources), warnings=tuple(self.warnings))
