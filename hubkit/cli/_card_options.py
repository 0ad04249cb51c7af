"""Options of every command that makes a card, and what they say."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from hubkit.errors import InvalidArgumentError, LocalPathError

__all__ = ["card_options"]

Command = Callable[..., Any]

_OPTIONS = (
    click.option(
        "--base-model", metavar="ID", help="What the adapter was trained on, if its files don't say."
    ),
    click.option("--dataset", metavar="NAME", multiple=True, help="What it was trained with; repeatable."),
    click.option("--description", metavar="TEXT", help="A few sentences for the card."),
    click.option("--license", metavar="ID", help="Such as mit; there is no default."),
    click.option("--license-name", metavar="NAME", help="The licence's own name, when its id is 'other'."),
    click.option("--license-link", metavar="URL", help="Where that licence is; or LICENSE."),
    click.option("--tag", "tags", metavar="T", multiple=True, help="A tag for the card; repeatable."),
    click.option("--language", metavar="CODE", multiple=True, help="Such as en; repeatable."),
    click.option(
        "--pipeline-tag", metavar="TASK", help="Such as summarization, if the adapter's task has none."
    ),
    click.option("--training-config", metavar="FILE.json", help="Settings of the training, a JSON object."),
    click.option(
        "--metrics", metavar="FILE.json", help="Results, a JSON object, or a list that names the datasets."
    ),
    click.option(
        "--front-matter", metavar="FILE.json", help="Further keys of the Hub's, a JSON object: new_version."
    ),
    click.option(
        "--sections",
        metavar="FILE.json",
        help="Markdown by title, a JSON object; null leaves a section of ours out.",
    ),
    click.option("--template", metavar="FILE.j2", help="A jinja2 template for the card's body."),
)
_LISTS = ("dataset", "language", "tags")
_FILES: Mapping[str, tuple[type, ...]] = {
    "training_config": (dict,),
    "metrics": (dict, list),
    "front_matter": (dict,),
    "sections": (dict,),
}
_NAMES = (
    "base_model", "dataset", "description", "license", "license_name", "license_link", "tags", "language",
    "pipeline_tag", "training_config", "metrics", "front_matter", "sections", "template",
)  # fmt: skip


def card_options(command: Command) -> Command:
    """Give a command the options; it gets what they say as ``words``, by argument of `render_card`."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        words = {name: _said(name, options.pop(name)) for name in _NAMES}
        return command(
            *args, words={name: word for name, word in words.items() if word is not None}, **options
        )

    for decorate in reversed(_OPTIONS):
        run = decorate(run)
    return run


def _said(name: str, value: Any) -> Any:
    """What an option says; None when it wasn't given."""
    if name in _LISTS:
        return list(value) or None
    if value is None:
        return None
    if name in _FILES:
        held = _read_json(f"--{name.replace('_', '-')}", value, _FILES[name])
        return _as_markdown(held) if name == "sections" else held
    return Path(value) if name == "template" else value


def _as_markdown(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Who writes sections for a card writes Markdown."""
    from hubkit.cards import Markdown

    return {title: Markdown(text) if isinstance(text, str) else text for title, text in sections.items()}


def _read_json(option: str, name: str, kinds: tuple[type, ...]) -> Any:
    """What a file holds.

    Raises:
        LocalPathError: It can't be read.
        InvalidArgumentError: It holds something else.
    """
    try:
        value = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise LocalPathError(f"{option} {name}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"{option} {name}: not JSON: {error}") from error
    if not isinstance(value, kinds):
        wanted = "a JSON object" if list not in kinds else "a JSON object or list"
        raise InvalidArgumentError(f"{option} {name}: {wanted} is needed, not {type(value).__name__}")
    return value
