"""What `import hubkit` offers, and at what price."""

from __future__ import annotations

import subprocess
import sys
import types

import hubkit
import hubkit.errors


def _run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_is_sorted_and_what_dir_shows() -> None:
    """`__all__`, `dir` and the names that exist are one sorted list."""
    assert sorted(hubkit.__all__) == hubkit.__all__
    assert hubkit.__all__ == dir(hubkit)


def test_every_name_exists() -> None:
    """Each name can be had, the lazy ones too, and comes from hubkit."""
    found = {name: getattr(hubkit, name) for name in hubkit.__all__}
    strangers = [
        name for name, value in found.items() if isinstance(value, type) and "hubkit" not in value.__module__
    ]

    assert strangers == []


def test_visible_names_are_all_named() -> None:
    """Apart from submodules and what the module itself needs, nothing public is left out of `__all__`."""
    own = {
        name
        for name, value in vars(hubkit).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert own - {"TYPE_CHECKING", "Any", "annotations"} <= set(hubkit.__all__)


def test_all_errors_are_offered() -> None:
    """Every error class can be had from `hubkit` itself."""
    assert set(hubkit.errors.__all__) <= set(hubkit.__all__)


def test_unknown_names_fail_as_usual() -> None:
    """A name that doesn't exist is an AttributeError, so that `hasattr` works."""
    assert not hasattr(hubkit, "HubCleint")


def test_star_import_brings_everything() -> None:
    """`from hubkit import *` brings exactly `__all__`, the lazily loaded names included."""
    code = (
        "from hubkit import *; import hubkit\n"
        "names = set(vars()) - {'hubkit'}\n"
        "print(sorted(set(hubkit.__all__) - names))"
    )

    assert _run(code) == "[]\n"


def test_import_loads_no_library_but_attrs() -> None:
    """`import hubkit` leaves the heavy libraries alone until they are used."""
    heavy = {"requests", "redis", "jinja2", "huggingface_hub", "cattrs", "click", "tqdm", "platformdirs"}
    code = f"import sys, hubkit; print(sorted({heavy!r} & set(sys.modules)))"

    assert _run(code) == "[]\n"
