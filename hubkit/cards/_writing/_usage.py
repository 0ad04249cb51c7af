"""The usage snippet: data becomes Python only as a quoted string."""

from __future__ import annotations

import json
import re

from attrs import frozen

from hubkit.cards._markdown import Markdown
from hubkit.cards._reading._facts import AdapterFacts
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
# What the base model's class says when the config names no task.
_TASKS_OF_CLASSES = {
    "ForCausalLM": "CAUSAL_LM",
    "ForQuestionAnswering": "QUESTION_ANS",
    "ForSequenceClassification": "SEQ_CLS",
    "ForTokenClassification": "TOKEN_CLS",
    "LMHeadModel": "CAUSAL_LM",
}
_CLASSIFICATION = ("SEQ_CLS", "TOKEN_CLS")

_TEXT = 'inputs = tokenizer("The quick brown fox", return_tensors="pt")'
_CHAT = (
    'messages = [{"role": "user", "content": "Hello, who are you?"}]',
    "inputs = tokenizer.apply_chat_template(",
    '    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"',
    ")",
)
_GENERATION = (
    "outputs = model.generate(**inputs, max_new_tokens=50)",
    "print(tokenizer.decode(outputs[0], skip_special_tokens=True))",
)
# Virtual tokens stand before the text's own, and have outputs too.
_OWN_TOKENS = ', -inputs["input_ids"].shape[1] :'


@frozen(kw_only=True)
class Usage:
    """The content of the Usage section."""

    snippet: str | None = None
    """Python that loads and runs the adapter; None when the files don't tell how."""

    merging: str | None = None
    """Python that goes on from there and merges it; None where that doesn't work, or nobody knows."""

    note: Markdown | None = None
    """One sentence of ours: what is unknown."""


def describe_usage(facts: AdapterFacts, repo_id: str, base_model: str | None) -> Usage:
    """Say how to load an adapter, as far as its files tell.

    The base model is loaded first and the adapter put onto it: the one-step ways
    fail for prompt methods, for AdaLoRA, and for classifiers of other than two
    labels.

    Args:
        facts: Task, method, label count and tokenizer.
        repo_id: Where the adapter will be.
        base_model: Its base model's id, when known.

    >>> describe_usage(AdapterFacts(), "org/adapter", None).snippet is None
    True
    """
    if facts.library_name != "peft":
        return Usage()
    if base_model is None:
        return Usage(note=_unknown("base model"))
    task = facts.task_type or _task_of(facts.base_model_class)
    if task not in _CLASSES:
        return Usage(note=_unknown("task"))
    note = None
    if task in _CLASSIFICATION and facts.label_count is None:
        note = Markdown(
            "The number of labels is not known: pass `num_labels` to the base model unless there are two."
        )
    merges = facts.merges is True and not facts.is_prompt_learning
    return Usage(
        snippet="\n".join((*_loading(facts, task, repo_id, base_model), "", *_running(facts, task))),
        merging="\n".join(_merging(repo_id)) if merges else None,
        note=note,
    )


def _unknown(what: str) -> Markdown:
    return Markdown(f"The {what} is not known, so that no loading example can be given.")


def _task_of(base_class: str | None) -> str:
    endings = (task for end, task in _TASKS_OF_CLASSES.items() if (base_class or "").endswith(end))
    return next(endings, "")


def _loading(facts: AdapterFacts, task: str, repo_id: str, base_model: str) -> tuple[str, ...]:
    options = ""
    # The files' revision is of the files' base model.
    if facts.base_model_revision and base_model == facts.base_model:
        options += f", revision={_quoted(facts.base_model_revision)}"
    if task in _CLASSIFICATION and facts.label_count is not None:
        options += f", num_labels={facts.label_count:d}"
    tokenizer = repo_id if facts.has_tokenizer else base_model
    return (
        "from peft import PeftModel",
        f"from transformers import {_CLASSES[task]}, AutoTokenizer",
        "",
        f"base_model = {_CLASSES[task]}.from_pretrained({_quoted(base_model)}{options})",
        f"model = PeftModel.from_pretrained(base_model, {_quoted(repo_id)})",
        f"tokenizer = AutoTokenizer.from_pretrained({_quoted(tokenizer)})",
    )


def _running(facts: AdapterFacts, task: str) -> tuple[str, ...]:
    own = _OWN_TOKENS if facts.is_prompt_learning else ""
    if task == "CAUSAL_LM":
        asking = _CHAT if facts.has_tokenizer and facts.has_chat_template else (_TEXT,)
        return (*asking, *_GENERATION)
    if task == "SEQ_2_SEQ_LM":
        return (_TEXT, *_GENERATION)
    if task == "QUESTION_ANS":
        return (
            'inputs = tokenizer("Who jumps?", "The quick brown fox jumps.", return_tensors="pt")',
            "outputs = model(**inputs)",
            f"start, end = outputs.start_logits[0{own}].argmax(), outputs.end_logits[0{own}].argmax()",
            'print(tokenizer.decode(inputs["input_ids"][0, start : end + 1]))',
        )
    results = {
        "FEATURE_EXTRACTION": "last_hidden_state",
        "SEQ_CLS": "logits.softmax(-1)",
        "TOKEN_CLS": f"logits[0{own}].argmax(-1)",
    }
    return (_TEXT, f"print(model(**inputs).{results[task]})")


def _merging(repo_id: str) -> tuple[str, ...]:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", repo_id.rpartition("/")[2]).strip("-.") or "model"
    folder = _quoted(f"{name}-merged")
    return (
        "merged = model.merge_and_unload()",
        f"merged.save_pretrained({folder})",
        f"tokenizer.save_pretrained({folder})",
    )


def _quoted(text: str) -> str:
    """A string literal. JSON's are Python's: of a clean line only quotes and backslashes are escaped."""
    return json.dumps(one_line(text), ensure_ascii=False)
