"""Templates that can run nothing, and escape whatever they are given.

What stands in `{{ }}` is data unless a filter made Markdown of it. Templates run in
jinja2's sandbox, where no attribute leads to Python, and a name that there is none of
is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubkit.cards._markdown import Markdown, code, codes, escaped, fence, link, md, paragraphs, unmarked
from hubkit.cards._reading._files import UnreadableError, read_head
from hubkit.cards._text import shown
from hubkit.cards._writing._front_matter import split_front_matter
from hubkit.cards._writing._regions import marked, name_of
from hubkit.cards._writing._results_table import Table
from hubkit.errors import CardError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

__all__ = ["read_template", "render_layout", "render_part"]

_LAYOUT = "card.md.j2"
_TEMPLATE_LIMIT = 1024 * 1024
# What errors call a template of the caller's.
_CALLERS = "<template>"


def render_part(name: str, context: Mapping[str, Any]) -> str:
    """One of our own templates, rendered; without blank lines around it."""
    return _environment().get_template(f"{name}.md.j2").render(context).strip("\n")


def render_layout(template: str | None, context: Mapping[str, Any]) -> str:
    """The body of a card: a caller's template, or all sections one after another.

    Raises:
        CardError: The template is wrong, or asks for what there isn't; the text names the line.
    """
    if template is None:
        return _environment().get_template(_LAYOUT).render(context)
    try:
        return _environment().from_string(template).render(context)
    except Exception as error:
        raise CardError(f"template{_line_of(error)}: {type(error).__name__}: {shown(str(error))}") from error


def read_template(template: str | Path | None) -> str | None:
    """The text of a caller's template.

    Raises:
        CardError: It can't be read, or writes front matter of its own.
    """
    if isinstance(template, Path):
        name = shown(str(template))
        try:
            raw, size = read_head(template, _TEMPLATE_LIMIT)
            text = raw.decode("utf-8")
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise CardError(f"template {name} is missing or not UTF-8") from error
        except UnreadableError as error:
            raise CardError(f"template {name} {error}") from error
        if size > _TEMPLATE_LIMIT:
            raise CardError(f"template {name} has over {_TEMPLATE_LIMIT:,} bytes")
        template = text.replace("\r\n", "\n")
    if template is not None and split_front_matter(template) is not None:
        raise CardError("template: line 1: the front matter is written for you; start below it")
    return template


def _line_of(error: BaseException) -> str:
    """Where in the caller's template it went wrong: jinja2 puts template lines into tracebacks."""
    number = getattr(error, "lineno", None)
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == _CALLERS:
            number = step.tb_lineno
        step = step.tb_next
    return "" if number is None else f": line {number}"


@cache
def _environment() -> SandboxedEnvironment:
    """The environment of all templates, built once."""
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(_own_templates()),
        # `finalize` comes first: what it has made is Markdown, which this leaves alone.
        autoescape=True,
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_FILTERS)
    environment.globals["region"] = _region
    return environment


def _own_templates() -> dict[str, str]:
    folder = files("hubkit.cards") / "templates"
    # Line ends of a checkout on Windows must not end up in the card.
    return {
        path.name: "".join(f"{line}\n" for line in path.read_text("utf-8").splitlines())
        for path in folder.iterdir()
        if path.name.endswith(".j2")
    }


def _region(title: str, caller: Callable[[], str]) -> Markdown:
    """What stands in `{% call region("Title") %}`, between marks: it is replaced in an existing card."""
    return marked(name_of(title), str(caller()).strip("\n"))


def _listed(values: Iterable[object]) -> Markdown:
    """Values with commas between them."""
    return Markdown(", ".join(md(value) for value in values))


def _table(table: Table) -> Markdown:
    lines = [table.header, tuple("---" for _ in table.header), *table.rows]
    return Markdown("\n".join(f"| {' | '.join(map(md, cells))} |" for cells in lines))


def _markdown(text: object) -> Markdown:
    """Text that the template's author knows to be Markdown."""
    return Markdown(unmarked(str(text)))


_FILTERS: dict[str, Callable[..., Any]] = {
    "code": code,
    "codes": codes,
    "fence": fence,
    "link": link,
    "listed": _listed,
    "markdown": _markdown,
    "md": md,
    "paragraphs": paragraphs,
    "table": _table,
}
