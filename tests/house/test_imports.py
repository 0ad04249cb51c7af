"""What an import costs, and what the public names are."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import hubkit
import hubkit_redis

HEAVY = {
    "requests",
    "redis",
    "jinja2",
    "huggingface_hub",
    "cattrs",
    "click",
    "tqdm",
    "platformdirs",
    "filelock",
    "orjson",
    "yaml",
    "sqlite3",
    "keyring",
    "cheroot",
    "werkzeug",
}

PUBLIC = [
    "hubkit",
    "hubkit.bundling",
    "hubkit.cache",
    "hubkit.cards",
    "hubkit.config",
    "hubkit.connector",
    "hubkit.errors",
    "hubkit.interop",
    "hubkit.locking",
    "hubkit.models",
    "hubkit.testing",
    "hubkit_redis",
]


def modules():
    """Every module of both packages."""
    for package in (hubkit, hubkit_redis):
        yield package.__name__
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            yield info.name


@pytest.mark.parametrize(
    "statement",
    [
        "import hubkit",
        "from hubkit import HubClient, HubConfig, ModelMetadata",
        "import hubkit.testing, hubkit_redis, hubkit.cache, hubkit.cards",
    ],
)
def test_import_is_light(statement):
    """Importing loads attrs and the standard library, no more."""
    assert set() == HEAVY & loaded_by(statement)


def test_what_only_writers_need_comes_later():
    """A hit pays for no temporary files, with what they bring along."""
    by_itself = loaded_by("pass")
    later = {"tempfile", "shutil", "random", "lzma"} - by_itself

    assert set() == later & loaded_by("from hubkit import HubClient")


def loaded_by(statement):
    """The packages and modules that are there afterwards."""
    code = f"import sys; {statement}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names(name):
    """`__all__` is sorted, each of its names is there, and a star import works."""
    module = importlib.import_module(name)

    assert sorted(module.__all__) == list(module.__all__)
    assert all(hasattr(module, public) for public in module.__all__)
    exec(f"from {name} import *", {})


def test_what_hubkit_shows():
    """`dir(hubkit)` is `__all__`: nothing else is public."""
    assert hubkit.__all__ == dir(hubkit)


@pytest.mark.parametrize("name", [name for name in modules() if not name.endswith("__main__")])
def test_every_module_is_documented(name):
    """Every module, and every class and function that it shows, says what it is."""
    module = importlib.import_module(name)
    shown = {public: vars(module)[public] for public in vars(module) if not public.startswith(("_", "@"))}
    own = {public: value for public, value in shown.items() if getattr(value, "__module__", None) == name}

    assert module.__doc__
    assert [] == [public for public, value in own.items() if not value.__doc__]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_method_is_documented(name):
    """Every method of a public class says what it does."""
    module = importlib.import_module(name)
    classes = [getattr(module, public) for public in module.__all__]
    methods = {
        f"{cls.__name__}.{method}": value
        for cls in classes
        if isinstance(cls, type)
        for method, value in vars(cls).items()
        if callable(value) and not method.startswith("_")
    }

    assert [] == [method for method, value in methods.items() if not value.__doc__]
