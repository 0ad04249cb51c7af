"""What a person said in the front matter of a tool's README, kept when the tool's text goes.

The Trainer writes down what it was told (licence, language, data sets), and people add
tags and results to what tools wrote. So such a README is read as if it were a card of
ours without a text: what the tool put in is ours to replace, what somebody said stays
said, and what the Hub would refuse, or means nothing on other machines, is told and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hubkit.cards._ids import base_in_tag, hub_id
from hubkit.cards._unfit import without_unfit
from hubkit.cards._writing._evaluations import model_index, parse_evaluations
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._keys import update_keys
from hubkit.cards._writing._readme import TOOL_TAGS, is_template_readme
from hubkit.cards._writing._state import CardState, Digests, digests_of, write_state
from hubkit.cards._writing._yaml_tree import RefusedError, compose, plain_value, values_of
from hubkit.errors import CardError

__all__ = ["Adopted", "adopt", "results_of"]

# What tools write whatever they are told; other values of these keys are somebody's.
_TOOL_VALUES = {"library_name": ("peft", "transformers"), "pipeline_tag": ("text-generation",)}
_BASE_TAG = "base_model:adapter:"
_LISTS = ("datasets", "language", "model-index")
# What a card says in its text, too: there it has to be the same.
_WORDS = (
    "base_model", "datasets", "language", "library_name", "license", "license_link", "license_name",
    "model-index", "pipeline_tag",
)  # fmt: skip


@frozen(kw_only=True)
class Adopted:
    """A tool's README as a card of ours without a text."""

    text: str
    """Its front matter, and what is to be remembered of it."""

    warnings: tuple[str, ...] = ()
    """What somebody said and can't be kept."""


def adopt(readme: str) -> Adopted | None:
    r"""Keep what was said in the front matter of a tool's README.

    Args:
        readme: The README.

    Returns:
        None for every other text.

    >>> adopt("---\nlicense: mit\n---\n### Framework versions\n\n- PEFT 0.10.0\n").text.split("<!--")[0]
    '---\nlicense: mit\n---\n'
    """
    if not is_template_readme(readme):
        return None
    matter = split_front_matter(readme.removeprefix("\ufeff").replace("\r\n", "\n"))
    block = "" if matter is None else matter.block
    try:
        # All of it at once, since a few aliases can make each value a big one.
        root = compose(block)
        if root is not None:
            plain_value(root)
        there = values_of(block)
        data, warnings = without_unfit(_without_litter(there), exempt=("base_model",))
        block = _with_values(block, there, data)
    except RefusedError:
        return None
    digests = {name: _digests(name, value, data) for name, value in data.items()}
    if "base_model" in data and not _is_mended(there):
        digests["base_model"] = digests_of(data["base_model"])
    state = CardState(keys={name: found for name, found in digests.items() if found is not None})
    front = f"---\n{block}\n---\n" if block.strip() else ""
    return Adopted(text=f"{front}{write_state(state)}\n", warnings=tuple(warnings))


def results_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results in a front matter as `render_card` takes them; none when some of them would be lost."""
    match data.get("model-index"):
        case [{"results": [*results]}]:
            pass
        case _:
            return []
    try:
        index = model_index(parse_evaluations(results), "", None)
    except CardError:
        return []
    return results if index is not None and index[0]["results"] == results else []


def _with_values(block: str, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """The block with other values, its comments where they are."""
    stays = {name for name, value in there.items() if name in wanted and wanted[name] == value}
    changed = {name: digests_of(value) for name, value in there.items() if name not in stays}
    values = {name: wanted[name] for name in changed if name in wanted}
    return update_keys(block, "\n", values, {}, changed).block


def _without_litter(there: Mapping[str, Any]) -> dict[str, Any]:
    """The values without what tools leave in them and nobody needs: the Hub makes tags of base models itself."""
    data = {name: value for name, value in there.items() if name != "model_name"}
    if isinstance(data.get("tags"), list):
        data["tags"] = [tag for tag in data["tags"] if not (isinstance(tag, str) and base_in_tag(tag))]
    index = _without_nones(data.pop("model-index", None))
    has_results = isinstance(index, list) and any(
        isinstance(model, dict) and model.get("results") for model in index
    )
    return {**data, "model-index": index} if has_results else data


def _without_nones(value: Any) -> Any:
    """The Trainer writes down the name of what it doesn't know: None."""
    if isinstance(value, dict):
        return {key: _without_nones(item) for key, item in value.items() if item != "None"}
    return [_without_nones(item) for item in value] if isinstance(value, list) else value


def _digests(name: str, value: Any, data: Mapping[str, Any]) -> Digests | None:
    """What is to be remembered of a value; None for what stands in no text, and just stays."""
    if name == "tags":
        # Tags of somebody's own stay beside those that are said later.
        tags = [tag for tag in _texts(value) if tag in TOOL_TAGS]
        return digests_of(tags) if tags else {}
    if value in _TOOL_VALUES.get(name, ()):
        return digests_of(value)
    # Two licences can't be said anew in the place of one.
    is_word = name in _WORDS and (name in _LISTS or not isinstance(value, list))
    return digests_of(value, None) if is_word or _is_measured(name, value, data) else None


def _is_mended(there: Mapping[str, Any]) -> bool:
    """Whether somebody has mended the base model: tools name it in a tag, too, and there it is another."""
    name = there["base_model"]
    named = {tag.removeprefix(_BASE_TAG) for tag in _texts(there.get("tags")) if tag.startswith(_BASE_TAG)}
    return isinstance(name, str) and hub_id(name) == name and not named <= {name}


def _is_measured(name: str, value: Any, data: Mapping[str, Any]) -> bool:
    """Whether the value only lists the metrics of the results, and comes anew with them."""
    results = results_of(data)
    measured = {metric["type"] for result in results for metric in result["metrics"]}
    return name == "metrics" and (not results or measured.issuperset(_texts(value)))


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
