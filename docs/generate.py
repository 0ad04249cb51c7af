"""Writes what the pages say about settings and errors, from the classes themselves.

python docs/generate.py            # bring the pages up to date
python docs/generate.py --check    # exit code 1 if they are not
"""

from __future__ import annotations

import argparse
import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs

from hubkit import HubConfig, errors
from hubkit.cli._failures import exit_code_of

DOCS = Path(__file__).parent
_DOUBLE = re.compile(r"``(.+?)``")


def settings_table() -> str:
    """Every field of `HubConfig`: its default and its meaning."""
    meanings = dict(_documented_fields(HubConfig))
    rows = [
        (
            f"`{field.name}`",
            _default(field),
            meanings[field.name],
        )
        for field in attrs.fields(HubConfig)
    ]
    return _table(("Setting", "Default", "Means"), rows)


def errors_table() -> str:
    """Every error: what else it is, how the command line ends with it, and what it means."""
    rows = [
        (f"`{kind.__name__}`", _also(kind), str(int(exit_code_of(_sample(kind)))), _first_line(kind))
        for kind in map(errors.__dict__.__getitem__, errors.__all__)
    ]
    return _table(("Error", "is also", "Exit code", "Means"), rows)


PARTS: dict[str, Callable[[], str]] = {"configuration.md": settings_table, "errors.md": errors_table}


def renewed(page: str) -> str:
    """The text of a page with its generated part as it should be."""
    text = (DOCS / page).read_text(encoding="utf-8")
    before, begin, rest = text.partition("<!-- generated: python docs/generate.py -->\n")
    _, end, after = rest.partition("\n<!-- end -->")
    if not (begin and end):
        raise SystemExit(f"{page} has no place for it")
    return f"{before}{begin}\n{PARTS[page]()}{end}{after}"


def _documented_fields(cls: type) -> Iterator[tuple[str, str]]:
    """Names of fields and the text that stands below each."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    assert isinstance(tree.body[0], ast.ClassDef)
    body = tree.body[0].body
    for field, text in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(text, ast.Expr)
            yield field.target.id, " ".join(str(ast.literal_eval(text.value)).split())


def _default(field: attrs.Attribute[object]) -> str:
    if field.name == "cache":
        return "a folder of the platform"
    if field.default is None:
        return ""
    if field.name == "cache_max_bytes":
        return "`1GiB`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    # Times are kept as floats, and everything else that counts as integers.
    return f"`{_as_time(field.default)}`" if isinstance(field.default, float) else f"`{field.default}`"


def _as_time(seconds: float) -> str:
    """Seconds as people write them in settings."""
    for unit, length in (("h", 3600), ("m", 60), ("s", 1)):
        if seconds > length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}"


def _also(kind: type[errors.HubkitError]) -> str:
    return ", ".join(f"`{base.__name__}`" for base in kind.__bases__ if base is not Exception)


def _sample(kind: type[errors.HubkitError]) -> errors.HubkitError:
    return kind("")


def _first_line(kind: type[errors.HubkitError]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return _DOUBLE.sub(r"`\1`", text).replace("|", "\\|")


def main() -> None:
    """Write the pages anew, or say that they are out of date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    old = [page for page in PARTS if renewed(page) != (DOCS / page).read_text(encoding="utf-8")]
    if check and old:
        raise SystemExit(f"out of date: {', '.join(old)}; run python docs/generate.py")
    for page in old:
        (DOCS / page).write_text(renewed(page), encoding="utf-8")


if __name__ == "__main__":
    main()
