"""Languages: codes of ISO 639 in small letters, nothing else."""

from __future__ import annotations

import re

from hubkit.cards._validation._lists import language_codes
from hubkit.cards._validation._metadata import Metadata
from hubkit.cards._validation._report import Report, quoted

__all__ = ["check_language"]

_SHAPE = re.compile(r"[a-z]{2,3}")
_WORDS = frozenset({"code", "multilingual"})
_BCP47 = re.compile(r"([A-Za-z]{2,3})[-_][A-Za-z0-9]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,6}")
_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,12}")

# Codes of countries, and names, that stand in cards for languages.
_MEANT = {
    "arabic": "ar", "br": "pt", "chinese": "zh", "cn": "zh", "cz": "cs", "danish": "da", "dutch": "nl",
    "english": "en", "finnish": "fi", "french": "fr", "german": "de", "gr": "el", "greek": "el",
    "hindi": "hi", "indonesian": "id", "italian": "it", "japanese": "ja", "jp": "ja", "korean": "ko",
    "kr": "ko", "multilang": "multilingual", "multi": "multilingual", "norwegian": "no", "persian": "fa",
    "polish": "pl", "portuguese": "pt", "python": "code", "russian": "ru", "spanish": "es",
    "swedish": "sv", "tailand": "th", "thai": "th", "turkish": "tr", "ua": "uk", "us": "en",
    "vietnamese": "vi",
}  # fmt: skip


def check_language(card: Metadata, report: Report) -> None:
    """Check `language` and `language_bcp47`."""
    for said in card.texts("language"):
        code, where = said.text, f'"{said.key}"'
        if code in _WORDS or code in language_codes():
            continue
        if report.is_full("error") and report.is_full("warning"):
            break
        if code != code.lower():
            report.error(
                said.key, said.line, f"{where} must only contain lowercase characters", _remedy(code)
            )
        elif not _SHAPE.fullmatch(code):
            report.error(
                said.key,
                said.line,
                f"{where} with value {quoted(code)} is not valid. It must be an ISO 639-1, 639-2 or 639-3 code"
                ' (two/three letters), or a special value like "code", "multilingual"',
                _remedy(code),
            )
        else:
            report.warn(said.key, said.line, f"{quoted(code)} is no code of ISO 639", _remedy(code))
    for said in card.texts("language_bcp47"):
        if not _TAG.fullmatch(said.text):
            report.warn(
                said.key, said.line, f"{quoted(said.text)} is no BCP 47 tag", "write one such as pt-BR"
            )


def _remedy(code: str) -> str:
    small = code.lower()
    if small in _WORDS or small in language_codes():
        return f"write {small}"
    if small in _MEANT:
        return f"write {_MEANT[small]}"
    tag = _BCP47.fullmatch(code)
    if tag is not None and tag[1].lower() in language_codes():
        return f"write {tag[1].lower()}, and {code.replace('_', '-')} under language_bcp47"
    return "take a code from https://huggingface.co/languages, or leave it out"
