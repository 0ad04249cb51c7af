"""Text from files and callers, made safe to show: no controls, no secrets, no paths of a machine."""

from __future__ import annotations

import re

from hubkit.errors import CardError

__all__ = ["DISKS", "LOCAL_PATH", "NO_ADDRESS", "card_text", "clean", "one_line", "scrub", "shown"]

LOCAL_PATH = "(local path)"
REMOVED = "(secret removed)"

# Whole terminal sequences go, not only their first byte: "[31m" would stay behind.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0 and C1 but tab and newline; bidi marks; and what YAML does not call printable.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

# By their first letters, as those who hand them out want them to be found.
_TOKEN = re.compile(
    r"hf_(?:[A-Za-z0-9]{20,}|(?:oauth|jwt|app)_[A-Za-z0-9_.-]{20,})|api_org_[A-Za-z0-9]{20,}"
    r"|gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}"
    r"|(?<![A-Za-z0-9])(?:sk-(?:[a-z]{1,16}-){0,3}[A-Za-z0-9_]{20,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}(?![A-Za-z0-9]))"
)
_URL_PASSWORD = re.compile(r"(?<=://)[^/?#\s:@]*:[^/?#\s@]+@")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)", re.DOTALL
)
# A path may stand behind another mount (/mnt/c/Users/...), yet the path of a web
# address has no slash with nothing before it. Bounded, since "/-/-/-" has a start at
# each of its slashes.
_POSIX_HOME = re.compile(
    r"(?:file:/{0,2}|(?<![\w/]))(?:/[\w.-]{1,255}){0,16}?/(?:home|Users|root)(?![\w.-])(?:/[^\s\"'`<>|]*)?"
)
# A user name on Windows may hold spaces, hence the segment up to a backslash.
_WINDOWS_HOME = re.compile(
    r"(?<![A-Za-z])[A-Z]:[\\/]+Users[\\/]+(?:[^\\/\n:\"<>|*?]{1,64}[\\/])?[^\s\"'`<>|]*", re.IGNORECASE
)

# Where machines and clusters mount what they work on. /v1/... and /datasets/... are addresses.
DISKS = (
    r"(?:data|dbfs|efs|fsx|g?scratch|gpfs|lus(?:tre)?|media|mnt|nfs|pfs|raid|srv|ssd|work|workspace|Volumes)"
    r"[0-9]{0,2}"
)
# A host stands before the slash of an address; a link, a source or a method before that of a page's own site.
NO_ADDRESS = (
    r"(?<![\w./:*)\]}>~-])(?<!\]\()(?<!src=[\"'])(?<!ref=[\"'])"
    r"(?<!GET )(?<!PUT )(?<!HEAD )(?<!POST )(?<!PATCH )(?<!DELETE )"
)
_ON_DISK = re.compile(
    rf"file://[^\s\"'`<>|]+|(?:{NO_ADDRESS}|(?<=[\w)]:))/{DISKS}/[\w.@+-][^\s\"'`<>|]*"
    # A: and Q: begin answers and questions, whose line ends may be written out.
    r"|(?<![A-Za-z])[C-PR-Z]:(?:\\{1,2}|/(?!/))[\w .$-]{1,64}[\\/][^\s\"'`<>|]*",
    re.IGNORECASE,
)


def card_text(raw: bytes, name: str) -> str:
    """A card that is to be changed, as text; line ends and a byte order mark as they are.

    Args:
        raw: The whole of it.
        name: What it is called, for the error.

    Raises:
        CardError: It isn't UTF-8: what can't be read would be lost when it is written.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CardError(
            f"{name} is not UTF-8 text, and a change would damage it: save it as UTF-8"
        ) from error


def clean(text: str) -> str:
    r"""Text without terminal sequences, control characters and direction marks.

    Newlines of every kind become `\n`; tabs stay.

    >>> clean("a\x1b[31mred\x07\r\nb")
    'ared\nb'
    """
    return _UNPRINTABLE.sub("", _LINE_END.sub("\n", _ESCAPE_SEQUENCE.sub("", text)))


def scrub(text: str) -> str:
    """Clean text in which no path of a machine, no access token and no private key is left.

    Only paths that name a person or a disk: `/tmp/x` and `~/x` are the same everywhere.

    >>> scrub("saved to /home/ann/out with hf_aaaaaaaaaaaaaaaaaaaaaaaa")
    'saved to (local path) with (secret removed)'
    """
    return _ON_DISK.sub(LOCAL_PATH, _without_homes(text))


def _without_homes(text: str) -> str:
    text = _URL_PASSWORD.sub("", _TOKEN.sub(REMOVED, _PRIVATE_KEY.sub(REMOVED, clean(text))))
    return _POSIX_HOME.sub(LOCAL_PATH, _WINDOWS_HOME.sub(LOCAL_PATH, text))


def one_line(text: str) -> str:
    r"""Scrubbed text on one line, its white space collapsed.

    >>> one_line(" two\n\n lines ")
    'two lines'
    """
    return " ".join(scrub(text).split())


def shown(value: object, limit: int = 80) -> str:
    """A value in quotes and cut, for a warning.

    >>> shown("a" * 100, limit=8)
    "'aaaaaaa…'"
    """
    if isinstance(value, str):
        # Whoever reads a warning is at the machine: its disks help to find what is meant.
        text = " ".join(_without_homes(value[: 8 * limit]).split())
        return f"'{text}'" if len(text) <= limit else f"'{text[: limit - 1]}…'"
    # Only the kind: the repr of a nested bomb is as big as the bomb.
    return f"a value of type {type(value).__name__}"
