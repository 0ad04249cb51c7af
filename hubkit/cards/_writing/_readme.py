"""Telling a tool's README from a person's.

PEFT and transformers' Trainer put a README of placeholders into every folder they
save. Its text may be replaced; what a person wrote may not. So the test is one-sided:
a text is a tool's only when every line of it is accounted for, and the first line
that is not makes it a person's. The front matter is no part of the question: tools
write down what they were told, and what is said there can be kept without the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hubkit.cards._writing._fingerprints import fingerprint, is_tool_line
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._yaml_tree import has_document_mark

__all__ = ["TOOL_TAGS", "is_template_readme"]

# Tools' cards have some kilobytes, even after a hundred epochs.
_LIMIT = 2_000_000
_LINE_LIMIT = 4_000
# YAML is slow to parse, and slower where somebody made it so.
_BLOCK_LIMIT = 50_000

_NUMBER = r"-?\d[\d.]*(?:e[+-]?\d+)?"
# Entity-wise metrics are small dicts, which the Trainer prints as Python does.
_SCORE = rf"(?:{_NUMBER}|-?inf|nan|No log|\{{[\w .'\":,()+-]{{0,2000}}\}})"
_DATASET = r"(?:an unknown dataset|the(?: [\w./+-]+){0,3} dataset)\."
_LINK = r"\[(?P<base>[^\]\s]*)\]\(https://huggingface\.co/(?P=base)\)"
_BETAS = rf"betas=\({_NUMBER}, ?{_NUMBER}\) and epsilon={_NUMBER}"
_OPTIMIZER_ARGS = r"(?:No additional optimizer arguments|\w+=[\w.+-]+(?:, ?\w+=[\w.+-]+)*)"
_SCORES = rf"\s*\|(?:\s*{_SCORE}\s*\|)+"

# Lines that hold a run's own values, by the heading that they stand under; the
# Trainer's title stands for the introduction.
_LINES: Mapping[str, tuple[str, ...]] = {
    "": (
        rf"This model was trained from scratch on {_DATASET}",
        rf"This model is a fine-tuned version of {_LINK} on {_DATASET}",
        rf"- [A-Z][\w ]*: {_SCORE}",
    ),
    "Training procedure": (
        r"- (?:quant_method|_?load_in_[48]bit|llm_int8_\w+|bnb_4bit_\w+): (?:[\w.]+|\[[\w', .]*\])",
    ),
    "Training hyperparameters": (
        rf"- (?:learning_rate|label_smoothing_factor|num_epochs): {_NUMBER}",
        rf"- lr_scheduler_warmup_(?:steps|ratio): {_NUMBER}",
        r"- (?:train|eval|total_train|total_eval)_batch_size: \d+",
        r"- (?:seed|num_devices|gradient_accumulation_steps|training_steps): \d+",
        r"- (?:distributed_type|lr_scheduler_type): [\w.-]+",
        r"- mixed_precision_training: (?:Native AMP|Apex, opt level O\d)",
        rf"- optimizer: (?:Adam|Use [\w.]+) with {_BETAS}(?: and optimizer_args={_OPTIMIZER_ARGS})?",
        r"- optimizer: (?:Adafactor|Use [\w.]+ and the args are:)",
    ),
    "Training results": (
        r"\| Training Loss\s*\| Epoch\s*\| Step\s*\|(?: [\w ]+\|)*",
        r"\|(?::-+:\|)+",
        _SCORES,
    ),
    "Framework versions": (r"- (?:PEFT|Transformers|Pytorch|TensorFlow|Datasets|Tokenizers) \d[\w.+-]*",),
}
_PATTERNS = {section: tuple(map(re.compile, lines)) for section, lines in _LINES.items()}

# The Trainer asks people to remove this comment once they have proofread.
_TRAINER_MARK = fingerprint("should probably proofread and complete it, then remove this comment. -->")
_PEFT_MARK = re.compile(r"- PEFT \d[\w.+-]*")

TOOL_TAGS: Final = frozenset({
    "alignment-handbook", "axolotl", "dpo", "full", "generated_from_trainer", "grpo", "kto", "llama-factory",
    "lora", "orpo", "peft", "reward-trainer", "sft", "transformers", "trl", "unsloth",
})  # fmt: skip
"""What PEFT, the Trainer, and the training tools built on them tag their models with."""


def is_template_readme(text: str) -> bool:
    r"""Whether the text of a README is only what PEFT and transformers' Trainer wrote into it.

    Any prose, filled placeholder or title that is not theirs makes it a person's, as
    does a removed proofreading comment of the Trainer. So does doubt: an empty file,
    broken front matter, a version that nobody knows. What the front matter says makes
    no difference: `update_card` keeps it.

    Args:
        text: The README.

    Returns:
        True when nothing that a person wrote would be lost with what stands below the front matter.

    >>> is_template_readme("---\nlicense: mit\n---\n### Framework versions\n\n- PEFT 0.10.0\n")
    True
    >>> is_template_readme("# My adapter\n\nTuned on foxes.")
    False
    """
    if len(text) > _LIMIT:
        return False
    matter = split_front_matter(text)
    body = text.removeprefix("\ufeff") if matter is None else _body(matter.tail)
    data = {} if matter is None else _data(matter.block)
    if data is None:
        return False
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    by_trainer = any(fingerprint(line) == _TRAINER_MARK for line in lines)
    by_peft = any(_PEFT_MARK.fullmatch(line) for line in lines)
    title = _trainer_title(data) if by_trainer else None
    return (by_trainer or by_peft) and _known_lines(lines, title)


def _body(tail: str) -> str:
    """What follows the closing line of the front matter."""
    return tail.lstrip("\r\n").partition("\n")[2]


def _known_lines(lines: list[str], title: str | None) -> bool:
    """Whether each line is a tool's, given the heading that it stands under."""
    patterns: tuple[re.Pattern[str], ...] = ()
    for line in lines:
        if len(line) > _LINE_LIMIT:
            return False
        if title is not None and line == f"# {title}":
            patterns = _PATTERNS[""]
        elif is_tool_line(line):
            patterns = _PATTERNS.get(line.lstrip("# "), ()) if line.startswith("#") else patterns
        elif not any(pattern.fullmatch(line) for pattern in patterns):
            return False
    return True


def _data(block: str) -> dict[Any, Any] | None:
    """The front matter as data; None when it can't be read."""
    import yaml

    # No front matter needs merge keys, with which a small text can grow without bounds,
    # nor YAML's own marks of documents.
    if len(block) > _BLOCK_LIMIT or "<<" in block or has_document_mark(block):
        return None
    try:
        data = yaml.safe_load(block)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if data is None:
        return {}
    return data if isinstance(data, dict) else None


def _trainer_title(data: Mapping[Any, Any]) -> str | None:
    """The title that the Trainer gave: it wrote the same name into the front matter."""
    match data:
        case {"model-index": [{"name": str(name)}, *_]} | {"model_name": str(name)}:
            return " ".join(name.split())
    return None
