"""A card as a web page that needs nothing but itself, and runs nothing."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubkit.errors import ConfigError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = ["card_page"]

_COMMENT = re.compile(r"\s*(?:<!--.*?-->\s*)+", re.DOTALL)
_FRONT_MATTER = re.compile(r"^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))")
_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,200}\.(?:png|jpe?g)", re.IGNORECASE)
_PICTURE_LIMIT = 10 * 1024 * 1024
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.6 system-ui, sans-serif; color: #1f2430; max-width: 48rem; margin: 2rem auto; padding: 0 1rem }}
h1, h2, h3 {{ line-height: 1.25; margin: 1.8em 0 .6em }}
h1 {{ margin-top: .5em }}
h2 {{ border-bottom: 1px solid #e3e6eb; padding-bottom: .25em }}
pre, code {{ font: .88em/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: #f4f5f8; border-radius: 4px }}
pre {{ padding: .8rem 1rem; overflow-x: auto }}
code {{ padding: .15em .35em }}
pre code {{ padding: 0; font-size: 1em }}
table {{ border-collapse: collapse }}
th, td {{ border: 1px solid #dfe2e8; padding: .3rem .8rem; text-align: left }}
th {{ background: #f4f5f8 }}
img {{ max-width: 100% }}
a {{ color: #2f6fb5 }}
.metadata {{ border-left: 4px solid #d9dde3 }}
</style>
</head>
<body>
{metadata}{body}</body>
</html>
"""


def card_page(card: str, folder: Path, pictures: Mapping[str, bytes]) -> str:
    """Make the page.

    Args:
        card: The card's text.
        folder: Where the pictures beside it are.
        pictures: Such as aren't there yet, by name.

    Returns:
        HTML. Whatever HTML the card holds is shown as text, its comments are left out,
        and so are pictures from elsewhere.

    Raises:
        ConfigError: The extra `preview` isn't installed.
    """
    found = _FRONT_MATTER.match(card)
    metadata = "" if found is None else f'<pre class="metadata">{html.escape(found[2])}</pre>\n'
    text = card if found is None else card[found.end() :]
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    body = _renderer(folder, pictures).render(text)
    return _PAGE.format(
        title=html.escape(heading[1] if heading else "Model card"), metadata=metadata, body=body
    )


def _renderer(folder: Path, pictures: Mapping[str, bytes]) -> MarkdownIt:
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise ConfigError("a preview needs markdown-it-py: pip install 'hubkit[preview]'") from error
    # HTML is parsed, so that comments can be told from it; nothing of it is passed on.
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def shown_html(tokens: Any, index: int, *_: Any) -> str:
        content = str(tokens[index].content)
        return "" if _COMMENT.fullmatch(content) else html.escape(content)

    def shown_image(tokens: Any, index: int, *_: Any) -> str:
        token = tokens[index]
        source = _data_of(str(token.attrGet("src")), folder, pictures)
        alt = html.escape(token.content)
        return f'<img src="{source}" alt="{alt}">' if source else f"<em>[picture: {alt}]</em>"

    renderer.renderer.rules.update(  # type: ignore[attr-defined]
        {"html_block": shown_html, "html_inline": shown_html, "image": shown_image}
    )
    return renderer


def _data_of(name: str, folder: Path, pictures: Mapping[str, bytes]) -> str:
    """A picture beside the card as a data URL; empty for all else."""
    content = pictures.get(name, b"")
    path = folder / name if _PICTURE.fullmatch(name) else None
    if not content and path is not None and path.is_file() and path.stat().st_size <= _PICTURE_LIMIT:
        content = path.read_bytes()
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if kind else ""
