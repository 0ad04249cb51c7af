"""Whether the packages that hubkit stands on are neither too old nor too new for it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Final

from hubkit._version import __version__
from hubkit.cli._checks._finding import Finding, Status

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["check_versions", "judge_python", "judge_version"]

_ALWAYS: Final = ("huggingface_hub", "requests")
_WITH_REDIS: Final = ("redis", "hiredis")
_PYTHON: Final = "Programming Language :: Python :: 3."


def check_versions(*, with_redis: bool) -> list[Finding]:
    """Findings about Python, hubkit and what it needs.

    Args:
        with_redis: Whether a tier is a Redis, so that its driver has to be there.
    """
    needs = {need.name.replace("-", "_"): need for need in _requirements()}
    findings = [judge_python(sys.version_info[:2], _tested_pythons()), _own()]
    for name in (*_ALWAYS, *_WITH_REDIS):
        installed = _installed(name)
        if installed is not None or name in _ALWAYS or with_redis:
            wanted = str(needs[name].specifier) if name in needs else ""
            findings.append(judge_version(name, installed, wanted))
    return findings


def judge_python(version: tuple[int, int], tested: Iterable[int]) -> Finding:
    """Whether hubkit is tested with a Python.

    Args:
        version: Its major and minor number.
        tested: Minor numbers of those that are.
    """
    known = sorted(tested)
    name = ".".join(map(str, version))
    if known and version[1] > known[-1]:
        message = f"{name} is newer than 3.{known[-1]}, the last that this hubkit is tested with"
        remedy = "look for a newer hubkit: pip install -U hubkit"
        return Finding(check="version", subject="Python", status="warn", message=message, remedy=remedy)
    return Finding(check="version", subject="Python", status="ok", message=name)


def judge_version(name: str, installed: str | None, wanted: str) -> Finding:
    """Whether an installed version is one that hubkit asks for.

    Args:
        name: The package.
        installed: Its version; None when it isn't there.
        wanted: A specifier such as ``>=1.2,<3``; empty for any.
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    asked = f'pip install "{name}{wanted}"'
    if installed is None:
        # Without the parser in C it is slower, and otherwise the same.
        status: Status = "warn" if name == "hiredis" else "fail"
        return _found(name, status, "not installed", asked)
    try:
        version = Version(installed)
    except InvalidVersion:
        return _found(name, "warn", f"{installed} is no version that can be compared", asked)
    if SpecifierSet(wanted).contains(version, prereleases=True):
        return _found(name, "ok", installed)
    is_old = any(
        version < Version(each.version) for each in SpecifierSet(wanted) if each.operator in (">=", ">")
    )
    return _found(name, "fail", f"{installed} is too {'old' if is_old else 'new'}: {wanted} is needed", asked)


def _own() -> Finding:
    return _found("hubkit", "ok", __version__)


def _requirements() -> Iterator[Requirement]:
    """What hubkit asks for, extras included."""
    from packaging.requirements import Requirement

    try:
        yield from map(Requirement, metadata.requires("hubkit") or ())
    except metadata.PackageNotFoundError:
        # Run from a checkout that nobody installed.
        return


def _tested_pythons() -> Iterator[int]:
    try:
        classifiers = metadata.metadata("hubkit").get_all("Classifier") or []
    except metadata.PackageNotFoundError:
        return
    for classifier in classifiers:
        minor = str(classifier).removeprefix(_PYTHON)
        if minor.isdigit():
            yield int(minor)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _found(name: str, status: Status, message: str, remedy: str | None = None) -> Finding:
    return Finding(
        check="version",
        subject=name,
        status=status,
        message=message,
        remedy=remedy,
    )
