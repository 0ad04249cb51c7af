"""Checking a card before anybody else does: offline, in milliseconds, whatever the text."""

from __future__ import annotations

import re

from hubkit.cards._finding import Finding
from hubkit.cards._validation._body import check_body, find_path
from hubkit.cards._validation._language import check_language
from hubkit.cards._validation._license import check_license
from hubkit.cards._validation._lines import Lines
from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._names import check_names
from hubkit.cards._validation._report import FRONT_MATTER, Report, quoted
from hubkit.cards._validation._repositories import check_repositories
from hubkit.cards._validation._results import check_results
from hubkit.cards._validation._schema import check_types
from hubkit.cards._validation._secrets import check_secrets
from hubkit.cards._validation._syntax import check_syntax
from hubkit.cards._validation._tree import BrokenYamlError, Fields, Scalar, Tree, read_tree, walk
from hubkit.cards._writing._front_matter import FrontMatter, split_front_matter
from hubkit.errors import InvalidArgumentError

__all__ = ["validate_card"]

_LONGEST = 5_000_000
_BYTE_ORDER_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")
_OPENED = re.compile(r"\s*---([ \t]*)(?:\r|\n)")
_OPENED_LATE = re.compile(r"^---[ \t]*\r?\n[\w-]{1,60}:", re.MULTILINE)

# What is known of a key says more than what its spelling may do, hence the order.
_RULES = (
    check_types,
    check_license,
    check_language,
    check_names,
    check_repositories,
    check_results,
    check_syntax,
)


def validate_card(text: str) -> list[Finding]:
    r"""Check a model card as the Hub would, and for what the Hub doesn't look at.

    Nothing is asked of the Hub, whose rules change: it stays the judge, and what passes
    here may still be refused there. An error is what the Hub is known to refuse, or a
    secret; a warning is what it takes, though nobody meant it.

    Args:
        text: The card: front matter and body. Read the file without newline translation.

    Returns:
        The findings, by line, then key; the same for the same text.

    Raises:
        InvalidArgumentError: It is no text, but a path, say. No text whatever raises.

    >>> for finding in validate_card("---\nlicense: Apache 2.0\n---\n# Hi"):
    ...     print(finding.severity, finding)
    error line 2: license: "license" must be one of the Hub's licence ids; "Apache 2.0" is none (write apache-2.0)
    """
    if not isinstance(text, str):
        raise InvalidArgumentError(f"text must be the text of a card, not {type(text).__name__}")
    report = Report()
    if len(text) > _LONGEST:
        report.warn(
            FRONT_MATTER,
            None,
            f"the card has over {_LONGEST:,} characters: the rest was not checked",
            "put long tables into files of their own",
        )
        text = text[:_LONGEST]
    matter = split_front_matter(text)
    body_start = 0 if matter is None else _body_start(matter)
    lines = Lines(text, body_start)
    if matter is None:
        _report_missing(text, lines, report)
    else:
        _check_front_matter(matter, report)
    check_secrets(text, lines, report)
    check_body(text, body_start, lines, report)
    return report.findings()


def _body_start(matter: FrontMatter) -> int:
    """Behind the closing line."""
    closing = matter.tail.index("---")
    end = _LINE_END.search(matter.tail, closing)
    return len(matter.head) + len(matter.block) + (end.end() if end else len(matter.tail))


def _report_missing(text: str, lines: Lines, report: Report) -> None:
    opened, late = _OPENED.match(text.removeprefix(_BYTE_ORDER_MARK)), _OPENED_LATE.search(text)
    if opened is not None:
        blanks = "take the blanks behind the first --- away"
        remedy = blanks if opened[1] else "end it with a line --- of its own"
    elif late is not None:
        remedy = f"move the block of line {lines.number_of(late.start())} to the top of the file"
    else:
        remedy = "begin the file with a block of metadata between two lines ---"
    report.warn(FRONT_MATTER, 1, "empty or missing yaml metadata in repo card", remedy)


def _check_front_matter(matter: FrontMatter, report: Report) -> None:
    if matter.head.startswith(_BYTE_ORDER_MARK):
        report.warn(
            FRONT_MATTER,
            1,
            "a byte order mark stands before it, behind which huggingface_hub doesn't find it",
            "save the file as UTF-8 without a byte order mark",
        )
    first_line = 1 + len(_LINE_END.findall(matter.head))
    try:
        tree = read_tree(matter.block, first_line)
    except BrokenYamlError as error:
        line = first_line + error.line
        if error.is_refused:
            report.error(FRONT_MATTER, line, f"it {error.message}", _syntax_remedy(error))
        else:
            report.warn(FRONT_MATTER, line, f"it {error.message}", "make it smaller")
        return
    _check_tree(tree, first_line, report)


def _check_tree(tree: Tree, first_line: int, report: Report) -> None:
    root = tree.root
    if (
        root is None
        or (isinstance(root, Scalar) and not root.text)
        or (isinstance(root, Fields) and not root.pairs)
    ):
        report.warn(
            FRONT_MATTER,
            first_line,
            "empty or missing yaml metadata in repo card",
            "say at least license, base_model and library_name",
        )
        return
    if not isinstance(root, Fields):
        report.error(
            FRONT_MATTER, root.line, "it is no mapping of keys to values", "write lines such as license: mit"
        )
        return
    for line in tree.odd_keys:
        report.warn(FRONT_MATTER, line, "a key is no text", "write the key as text")
    card = Metadata(root)
    for rule in _RULES:
        rule(card, report)
    for path, node in walk(root):
        found = find_path(node.text) if isinstance(node, Scalar) and not report.knows(path) else None
        if found is not None:
            report.warn(
                path,
                node.line,
                f"{quoted(found)} is a local path, and means nothing on other machines",
                "name a model or data set of the Hub, or leave it out",
            )


def _syntax_remedy(error: BrokenYamlError) -> str:
    if "with a tab" in error.message:
        return "indent with spaces, not with tabs"
    if "mapping values" in error.message:
        return "put values that hold a colon in quotes"
    return "mend this line; values with special characters go in quotes"
