"""The usage snippet: data becomes Python only as a quoted string."""

from __future__ import annotations

import json

from attrs import frozen

from hubkit.cards._facts import AdapterFacts
from hubkit.cards._text import one_line

__all__ = ["Usage", "describe_usage"]

_CLASSES = {
    "CAUSAL_LM": "AutoModelForCausalLM",
    "FEATURE_EXTRACTION": "AutoModel",
    "QUESTION_ANS": "AutoModelForQuestionAnswering",
    "SEQ_2_SEQ_LM": "AutoModelForSeq2SeqLM",
    "SEQ_CLS": "AutoModelForSequenceClassification",
    "TOKEN_CLS": "AutoModelForTokenClassification",
}
_CLASSIFICATION = ("SEQ_CLS", "TOKEN_CLS")


@frozen(kw_only=True)
class Usage:
    """The content of the Usage section."""

    snippet: str | None = None
    """Python that loads the adapter; None when the files don't tell how."""

    note: str | None = None
    """One sentence: what is unknown."""


def describe_usage(facts: AdapterFacts, repo_id: str, base_model: str | None) -> Usage:
    """Say how to load an adapter, as far as its files tell.

    The base model is loaded first and the adapter put onto it: the one-step ways
    fail for prompt methods, for AdaLoRA, and for classifiers of other than two
    labels.

    Args:
        facts: Task, method and label count.
        repo_id: Where the adapter will be.
        base_model: Its base model's id, when known.

    >>> describe_usage(AdapterFacts(), "org/adapter", None).snippet is None
    True
    """
    if facts.library_name != "peft":
        return Usage()
    if base_model is None:
        return Usage(note="The base model is not known, so that no loading example can be given.")
    model_class = _CLASSES.get(facts.task_type or "")
    if model_class is None:
        return Usage(note="The task is not known, so that no loading example can be given.")
    classifies = facts.task_type in _CLASSIFICATION
    note = None
    if classifies and facts.label_count is None:
        note = "The number of labels is not known: pass `num_labels` to the base model unless there are two."
    labels = f", num_labels={facts.label_count}" if classifies and facts.label_count else ""
    return Usage(snippet=_snippet(model_class, repo_id, base_model, labels), note=note)


def _snippet(model_class: str, repo_id: str, base_model: str, labels: str) -> str:
    return "\n".join(
        (
            "from peft import PeftModel",
            f"from transformers import {model_class}, AutoTokenizer",
            "",
            f"base_model = {model_class}.from_pretrained({_quoted(base_model)}{labels})",
            f"model = PeftModel.from_pretrained(base_model, {_quoted(repo_id)})",
            f"tokenizer = AutoTokenizer.from_pretrained({_quoted(base_model)})",
        )
    )


def _quoted(text: str) -> str:
    """A string literal. JSON's are Python's: of a clean line only quotes and backslashes are escaped."""
    return json.dumps(one_line(text), ensure_ascii=False)
