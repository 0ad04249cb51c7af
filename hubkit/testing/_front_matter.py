"""A card's front matter, read and judged as the Hub does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import yaml

from hubkit.testing._known import LICENSES

__all__ = ["CardError", "Verdict", "as_list", "card_tags", "judge_card", "read_card"]

_BLOCK = re.compile(r"^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LANGUAGE_WORDS = frozenset({"code", "multilingual"})
_REPO_ID = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")


class CardError(ValueError):
    """The front matter is not YAML, or not a mapping."""


class _Loader(yaml.SafeLoader):
    """Reads `no` as a word: the Hub's parser speaks YAML 1.2, where only true and false are booleans."""


_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOLEAN, list("tTfF"))


@attrs.frozen
class Verdict:
    """What the Hub says about a card."""

    errors: tuple[str, ...] = ()
    """Reasons to refuse it."""

    warnings: tuple[str, ...] = ()
    """Advice."""


def read_card(text: str) -> dict[str, Any]:
    """Read the front matter.

    Args:
        text: The whole README.md.

    Returns:
        Its mapping, as JSON values; empty when there is no front matter.

    Raises:
        CardError: It is no mapping or no YAML.
    """
    block = _BLOCK.match(text)
    if block is None:
        return {}
    try:
        data = yaml.load(block.group(2), Loader=_Loader)  # noqa: S506 - a SafeLoader with fewer booleans
        # Through JSON, so that dates become text as they do in the Hub's answers.
        clean = json.loads(json.dumps(data, default=str))
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise CardError(f"Invalid YAML metadata: {error}") from error
    if clean is None:
        return {}
    if not isinstance(clean, dict):
        raise CardError("Invalid YAML metadata: it must be a mapping")
    return clean


def judge_card(text: str, repo_type: str) -> Verdict:
    """Check a card.

    Args:
        text: The whole README.md.
        repo_type: ``model``, ``dataset`` or ``space``.

    Returns:
        Errors and warnings, in the Hub's words.
    """
    try:
        data = read_card(text)
    except CardError as error:
        return Verdict(errors=(str(error),))
    if not data:
        return Verdict(warnings=("empty or missing yaml metadata in repo card",))
    return Verdict(errors=tuple(_errors(data, repo_type)))


def card_tags(data: Mapping[str, Any], body: str = "") -> list[str]:
    """Derive the tags that the Hub makes of a card.

    Args:
        data: The front matter.
        body: The whole README.md, searched for arXiv papers.

    Returns:
        The card's own tags, languages, data sets, papers and licence, in the Hub's order.
    """
    tags = [tag for tag in as_list(data.get("tags")) if isinstance(tag, str)]
    tags += [code for code in as_list(data.get("language")) if isinstance(code, str)]
    tags += [f"dataset:{name}" for name in as_list(data.get("datasets"))]
    tags += [f"arxiv:{number}" for number in dict.fromkeys(_ARXIV.findall(body))]
    tags += [f"license:{name}" for name in as_list(data.get("license"))]
    return list(dict.fromkeys(tags))


def as_list(value: object) -> list[Any]:
    """Take one value or a list of them, as card fields allow either; None is no value."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _errors(data: Mapping[str, Any], repo_type: str) -> Iterator[str]:
    for name in as_list(data.get("license")):
        if name not in LICENSES:
            yield f'"license" must be one of [{", ".join(LICENSES)}]'
    yield from _language_errors(data.get("language"))
    for field in ("tags", "widget", "model-index"):
        if not isinstance(data.get(field, []), list | None):
            yield f'"{field}" must be an array'
    for field, what in (("base_model", "model"), ("datasets", "dataset")):
        if repo_type == "model":
            yield from _id_errors(field, data.get(field), what)


def _language_errors(value: object) -> Iterator[str]:
    for position, code in enumerate(as_list(value)):
        where = f'"language[{position}]"' if isinstance(value, list) else '"language"'
        if not isinstance(code, str):
            yield f"{where} must be a string"
        elif code != code.lower():
            yield f"{where} must only contain lowercase characters"
        elif code not in _LANGUAGE_WORDS and not _LANGUAGE.fullmatch(code):
            yield (
                f'{where} with value "{code}" is not valid. It must be an ISO 639-1, 639-2 or 639-3 code '
                '(two/three letters), or a special value like "code", "multilingual". If you want to use '
                "BCP-47 identifiers, you can specify them in language_bcp47."
            )


def _id_errors(field: str, value: object, what: str) -> Iterator[str]:
    advice = "Use a model id from" if what == "model" else "If possible, use a dataset id from"
    for position, name in enumerate(as_list(value)):
        if not isinstance(name, str) or not _REPO_ID.fullmatch(name):
            where = f'"{field}[{position}]"' if isinstance(value, list) else f'"{field}"'
            yield f'{where} with value "{name}" is not valid. {advice} https://hf.co/{what}s.'
