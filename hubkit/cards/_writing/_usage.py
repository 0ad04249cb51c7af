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
_MESSAGES = 'messages = [{"role": "user", "content": "Hello, who are you?"}]'
_TEMPLATED = (
    "inputs = tokenizer.apply_chat_template(",
    '    messages, add_generation_prompt={asks}, return_dict=True, return_tensors="pt"',
    ")",
)
_PRINTED = "print(tokenizer.decode(outputs[0], skip_special_tokens=True))"
# Virtual tokens stand before the text's own, and have outputs too.
_OWN_TOKENS = ', -inputs["input_ids"].shape[1] :'
# The methods that learn several tasks at once, and the config's key for how many.
_TASK_COUNTS = {"MULTITASK_PROMPT_TUNING": "num_tasks", "POLY": "n_tasks"}
# PEFT hands the number of the task to the virtual tokens for these alone.
_MULTITASK_PROMPTS = ("CAUSAL_LM", "SEQ_2_SEQ_LM", "SEQ_CLS", "TOKEN_CLS")


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
    task = facts.task_type or _task_of(facts.base_model_class)
    missing = _missing(facts, task, base_model)
    if base_model is None or missing is not None:
        return Usage(note=missing)
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


def _missing(facts: AdapterFacts, task: str, base_model: str | None) -> Markdown | None:
    """Why there is no example that would work."""
    what = None
    if base_model is None:
        what = "The base model is not known"
    elif task not in _CLASSES:
        what = "The task is not known"
    elif facts.peft_type == "MULTITASK_PROMPT_TUNING" and task not in _MULTITASK_PROMPTS:
        what = "PEFT can't run multitask prompt tuning for this task"
    elif "alora" in facts.method_tags and not facts.invocation_tokens:
        what = "The tokens without which the adapter does nothing are not known"
    elif facts.invocation_tokens and task != "CAUSAL_LM":
        what = "How aLoRA runs for this task is not known"
    return None if what is None else Markdown(f"{what}, so that no loading example can be given.")


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
    needs_torch = facts.invocation_tokens or facts.peft_type in _TASK_COUNTS
    return (
        *(("import torch",) if needs_torch else ()),
        "from peft import PeftModel",
        f"from transformers import {_CLASSES[task]}, AutoTokenizer",
        "",
        f"base_model = {_CLASSES[task]}.from_pretrained({_quoted(base_model)}{options})",
        *_resizing(facts, base_model),
        f"model = PeftModel.from_pretrained(base_model, {_quoted(repo_id)})",
        f"tokenizer = AutoTokenizer.from_pretrained({_quoted(tokenizer)})",
    )


def _resizing(facts: AdapterFacts, base_model: str) -> tuple[str, ...]:
    """Give the base model as many rows as the saved embedding; the same number again does no harm."""
    rows = facts.vocabulary_rows
    known = facts.base_vocabulary if base_model == facts.base_model else None
    if rows is None or rows == known:
        return ()
    file = facts.sources.get("vocabulary_rows", "").partition(":")[0]
    source = f"  # the rows of the embedding in {one_line(file)}" if file else ""
    return (f"base_model.resize_token_embeddings({rows:d}){source}",)


def _running(facts: AdapterFacts, task: str) -> tuple[str, ...]:
    own = _OWN_TOKENS if facts.is_prompt_learning else ""
    choosing, chosen = _choosing(facts)
    if task in ("CAUSAL_LM", "SEQ_2_SEQ_LM"):
        generation = f"outputs = model.generate(**inputs{chosen}, max_new_tokens=50)"
        return (*_asking(facts, task), *choosing, generation, _PRINTED)
    if task == "QUESTION_ANS":
        return (
            'inputs = tokenizer("Who jumps?", "The quick brown fox jumps.", return_tensors="pt")',
            *choosing,
            f"outputs = model(**inputs{chosen})",
            f"start, end = outputs.start_logits[0{own}].argmax(), outputs.end_logits[0{own}].argmax()",
            'print(tokenizer.decode(inputs["input_ids"][0, start : end + 1]))',
        )
    results = {
        "FEATURE_EXTRACTION": "last_hidden_state",
        # One label alone is a score: its share is always 1.
        "SEQ_CLS": "logits" if facts.label_count == 1 else "logits.softmax(-1)",
        "TOKEN_CLS": f"logits[0{own}].argmax(-1)",
    }
    return (_TEXT, *choosing, f"print(model(**inputs{chosen}).{results[task]})")


def _asking(facts: AdapterFacts, task: str) -> tuple[str, ...]:
    """The input of a model that goes on from it."""
    called = bool(facts.invocation_tokens)
    asking: tuple[str, ...] = (_TEXT,)
    if task == "CAUSAL_LM" and facts.has_tokenizer and facts.has_chat_template:
        # Invocation tokens stand where the prompt for an answer does.
        asking = (_MESSAGES, *(line.format(asks=not called) for line in _TEMPLATED))
    return (*asking, *(_invoking(facts.invocation_tokens) if called else ()))


def _invoking(tokens: tuple[int, ...]) -> tuple[str, ...]:
    return (
        "# The adapter acts behind these tokens alone.",
        f"invocation = torch.tensor([[{', '.join(map(str, tokens))}]])",
        'tokens = torch.cat((inputs["input_ids"], invocation), dim=1)',
        'inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}',
    )


def _choosing(facts: AdapterFacts) -> tuple[tuple[str, ...], str]:
    """How one of several tasks is chosen, and the argument that passes it on."""
    key = _TASK_COUNTS.get(facts.peft_type or "")
    if key is None:
        return (), ""
    count = facts.settings.get(key)
    of = f"which of the {count:,} tasks" if type(count) is int and count > 1 else "the number of the task"
    return (f"task = torch.tensor([0])  # {of}, from 0",), ", task_ids=task"


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
