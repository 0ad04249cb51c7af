"""From URLs to backends."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hubkit.cache import FilesystemCache, MemoryCache, SQLiteCache, open_backend
from hubkit.cache._null import NullCache
from hubkit.cache._registry import find_plugin
from hubkit.errors import BackendUnavailableError, ConfigError
from hubkit.testing import FakeClock


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("memory://", MemoryCache),
        ("none://", NullCache),
        ("file:///cache", FilesystemCache),
        ("sqlite:///cache.db", SQLiteCache),
        ("FILE:///cache", FilesystemCache),
    ],
)
def test_builtin_schemes(url: str, kind: type) -> None:
    """Each built-in scheme has its backend."""
    assert type(open_backend(url)) is kind


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///a/b", "/a/b"),
        ("file://localhost/a", "/a"),
        ("file:////a", "/a"),
        ("file:///a%20b%3Fc%23d%25", "/a b?c#d%"),
        ("file:///caf%C3%A9", "/café"),
        ("file:///~/a", "/~/a"),
        ("file://~/a", os.path.expanduser("~/a")),
    ],
)
def test_paths(url: str, path: str) -> None:
    """A path is percent-decoded, absolute, and has a home folder only where one is asked for."""
    assert repr(open_backend(url)) == f"FilesystemCache({path!r})"


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("/var/cache/x", "file:///var/cache/x"),
        ("~/x", "file://~/x"),
        ("C:\\x y", "file:///C:/x y"),
        ("./x?", f"file://{os.getcwd()}/x%3F"),
        ("memory", "memory://"),
        ("", "redis://host/0"),
        ("file://host/dir", "file:///absolute/path"),
        ("file:///", "file:///absolute/path"),
        ("file:///a?mode=1", "%3F"),
        ("sqlite:///a%00b", "sqlite:///absolute/path"),
        ("memory://x", "nothing comes after"),
        ("slqite:///a", "did you mean sqlite://"),
        ("gopher://a", "file, memory, none"),
    ],
)
def test_helpful_refusals(url: str, hint: str) -> None:
    """What is no URL of ours is refused with the right one, or the way to it."""
    with pytest.raises(ConfigError) as caught:
        open_backend(url)

    assert hint in str(caught.value)


@pytest.mark.parametrize("url", ["rediz://me:hunter2@host/0", "me:hunter2@host", "file://me:hunter2@host/a"])
def test_refusals_show_no_password(url: str) -> None:
    """A URL that is refused is not repeated, as it may hold a password."""
    with pytest.raises(ConfigError) as caught:
        open_backend(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", [Path("/var/cache"), None, 5, b"memory://"])
def test_what_is_no_text(url: object) -> None:
    """It is refused as any bad URL is."""
    with pytest.raises(ConfigError, match=f"not by a {type(url).__name__}"):
        open_backend(url)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [FilesystemCache, SQLiteCache])
@pytest.mark.parametrize("place", ["file:///x", "sqlite:///x.db", "redis://:secret@host", ":memory:"])
def test_urls_are_no_paths(kind: Callable[[str], object], place: str) -> None:
    """A store that is made by hand wants a path; a URL would become a folder of that name."""
    with pytest.raises(ConfigError, match="a path is needed here") as caught:
        kind(place)

    assert "secret" not in str(caught.value)


def test_bound_and_clock_are_passed_on() -> None:
    """The bound and the clock reach the backend."""
    clock = FakeClock()
    cache = open_backend("memory://", max_bytes=10, clock=clock)
    cache.set("a", b"1", expires_in=5.0)
    cache.set("b", b"x" * 10, expires_in=5.0)
    clock.advance(seconds=4.0)

    assert list(cache.keys()) == ["a"]
    clock.advance(seconds=1.0)
    assert list(cache.keys()) == []


def test_null_cache_keeps_nothing() -> None:
    """The backend that keeps nothing takes everything and grants every lease."""
    cache = open_backend("none://")
    cache.set("key", b"value", expires_in=None)
    cache.set_many({"key": b"value"}, expires_in=None)
    leases = [cache.lease("key", 60.0), cache.lease("key", 60.0)]

    assert cache.get("key") is None
    assert cache.get_many(["key"]) == {}
    assert (cache.delete("key"), cache.clear(), list(cache.keys()), cache.stats().entries) == (
        False,
        0,
        [],
        0,
    )
    assert [lease is not None and lease.renew() for lease in leases] == [True, True]


def _plugin(name: str, value: str, distribution: str) -> Any:
    return SimpleNamespace(name=name, value=value, dist=SimpleNamespace(name=distribution))


def test_two_owners_of_a_scheme_are_refused() -> None:
    """When two packages claim a scheme, both are named."""
    plugins = [_plugin("s3", "one:open", "first-package"), _plugin("s3", "two:open", "second-package")]
    with pytest.raises(ConfigError) as caught:
        find_plugin("s3", plugins)

    assert "first-package and second-package" in str(caught.value)


def test_one_owner_met_twice_is_one() -> None:
    """The same plugin found twice on the path is no quarrel; other schemes are no concern."""
    plugins = [
        _plugin("s3", "one:open", "package"),
        _plugin("s3", "one:open", "package"),
        _plugin("gs", "x:y", "z"),
    ]
    found = find_plugin("s3", plugins)

    assert found is plugins[1]
    assert find_plugin("az", plugins) is None


def _run(code: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), *filter(None, sys.path)])}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def _package(folder: Path, code: str) -> Path:
    """A folder with an installed package that opens ``shelf://``."""
    info = folder / "shelf-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hubkit.cache_backends]\nshelf = shelf:open_shelf\n")
    (folder / "shelf.py").write_text(code)
    return folder


def test_installed_plugins_are_loaded_when_named(tmp_path: Path) -> None:
    """An installed package's scheme works, and its code isn't imported before."""
    package = _package(
        tmp_path,
        """
from hubkit.cache import MemoryCache
class Shelf(MemoryCache):
    def __init__(self, url):
        super().__init__()
        self.url = url
    def __repr__(self):
        return 'opened ' + self.url
open_shelf = Shelf
""",
    )
    code = """
        import sys
        from hubkit.cache import open_backend
        open_backend("memory://")
        print("shelf" in sys.modules, open_backend("shelf://a?b"))
    """

    done = _run("\n".join(line.strip() for line in code.splitlines()), package)

    assert (done.stdout, done.stderr) == ("False opened shelf://a?b\n", "")


def test_a_plugin_with_something_missing(tmp_path: Path) -> None:
    """What a package opens is looked at before it is used, and what is missing is named."""
    package = _package(
        tmp_path,
        "class Shelf:\n    shared = False\n    get = set = keys = print\nopen_shelf = lambda url: Shelf()\n",
    )
    code = """
        from hubkit.cache import open_backend
        from hubkit.errors import ConfigError
        try:
            open_backend("shelf://a")
        except ConfigError as error:
            print(error)
    """

    done = _run(inspect.cleandoc(code), package)

    expected = "shelf:// opens no cache backend: a 'Shelf' has no clear, no close, no delete"
    assert done.stdout.startswith(expected)


def test_redis_without_its_driver_names_the_extra(tmp_path: Path) -> None:
    """Where the driver isn't installed, the text says how to install it."""
    (tmp_path / "redis.py").write_text("raise ImportError('not installed')\n")
    code = "import hubkit_redis\nhubkit_redis.RedisCache('redis://me:hunter2@host/0')"

    done = _run(code, tmp_path)

    assert 'pip install "hubkit[redis]"' in done.stderr
    assert "BackendUnavailableError" in done.stderr


def test_unknown_redis_scheme_names_the_extra() -> None:
    """Redis URLs that no installed package opens name the extra as well."""
    with pytest.raises(BackendUnavailableError) as caught:
        open_backend("redis+nobody://me:hunter2@host/0")

    assert str(caught.value) == 'redis+nobody:// caches need: pip install "hubkit[redis]"'


def test_import_is_light() -> None:
    """Importing the cache package brings neither sqlite3 nor anything of Redis."""
    code = "import sys, hubkit.cache as c; c.open_backend('file:///a'); print({'sqlite3', 'redis'} & set(sys.modules))"

    done = _run(code)

    assert (done.stdout, done.stderr) == ("set()\n", "")
