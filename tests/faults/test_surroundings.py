"""Folders that can't be written, other users' folders, odd umasks, wrong clocks, poor locales and closed streams."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from fault_runs import NOBODY, STRANGER, as_user

from hubkit.cache import open_backend
from hubkit.cache._keys import note_key, subject_of
from hubkit.testing import FakeClock

pytestmark = [
    pytest.mark.fault("odd folders, users, umasks, clocks, locales, streams"),
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX"),
]

URLS = {"file": "file://{}/files", "sqlite": "sqlite://{}/cache.db"}
ASK = ("license", "alice/open")
DAY = 86_400.0
UNICODE = "日本-é"


def is_right(done, *, warnings=0):
    """Whether a run answered, and how often it warned at most."""
    lines = done.stderr.splitlines()
    return (
        (done.returncode, done.stdout) == (0, "mit\n")
        and len(lines) <= warnings
        and "Traceback" not in done.stderr
    )


@pytest.fixture
def everybodys():
    """A folder, away from the test's own, into which every user may look."""
    folder = Path(tempfile.mkdtemp(prefix="hubkit-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("kind", URLS)
@pytest.mark.parametrize("known", [False, True], ids=["absent", "present"])
def test_read_only_folder(mounts, run_hubkit, tmp_path, kind, known, tell):
    """What is mounted read-only is read where it can be, and costs one warning at most, also when it is out of date."""
    (tmp_path / "sound").mkdir()
    if known:
        run_hubkit(*ASK, HUBKIT_CACHE=URLS[kind].format(tmp_path / "sound"))
    place = mounts.read_only(tmp_path / "sound", tmp_path / "place")
    cache = {"HUBKIT_CACHE": URLS[kind].format(place)}
    runs = [run_hubkit(*ASK, **cache), run_hubkit(*ASK, HUBKIT_TTL="0", **cache)]
    tell("programs over a read-only folder", len(runs))

    assert all(is_right(done, warnings=1) for done in runs), runs


@pytest.mark.parametrize("kind", URLS)
@pytest.mark.parametrize("mode", [0o755, 0o777, 0o700])
def test_folder_of_another_user(everybodys, run_hubkit, environ, kind, mode, tell):
    """Whoever runs in another user's folder, with rights there or not, has the answer and one warning at most."""
    another = as_user(NOBODY)
    run_hubkit(*ASK, HUBKIT_CACHE=URLS[kind].format(everybodys))
    for path in everybodys.rglob("*"):
        path.chmod(mode)
    done = run_hubkit(*ASK, through=another, HUBKIT_CACHE=URLS[kind].format(everybodys), HOME="/nonexistent")
    tell("programs as another user")

    assert is_right(done, warnings=1), done


@pytest.mark.parametrize("kind", URLS)
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_umask(run_hubkit, tmp_path, kind, umask, tell):
    """Whatever the umask, the answer is there, is kept, and nobody else can read it."""
    place = tmp_path / "place"
    cache = {"HUBKIT_CACHE": URLS[kind].format(place)}
    through = ("sh", "-c", f'umask {umask:04o}; exec "$0" "$@"')
    runs = [run_hubkit(*ASK, through=through, **cache), run_hubkit("--offline", *ASK, **cache)]
    tell("programs under an odd umask", len(runs))

    assert all(is_right(done) for done in runs), runs
    assert {0} == {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in place.rglob("*")}


@pytest.mark.parametrize("days", [-2, 2])
def test_clock(hub, make_client, store, days, caplog, tell):
    """After the clock was set, an answer from the future is stale; nothing is immortal, and nobody is kept waiting."""
    clock = FakeClock()
    settings = {"cache": store, "memory_entries": 0, "retries": 0}
    client = make_client(hub.endpoint, clock=clock, **settings)
    client.get_model_metadata("alice/open")
    clock.set_wall(clock.now() + days * DAY)
    hub.reset_counts()
    with caplog.at_level(logging.WARNING, "hubkit"):
        answers = [client.require_model_metadata("alice/open").license for _ in range(2)]
        asked = hub.requests["model_info"]
        # The same for who comes anew.
        other = (
            make_client(hub.endpoint, clock=clock, **settings).require_model_metadata("alice/open").license
        )
        clock.set_wall(clock.now() - days * DAY)
        back = client.require_model_metadata("alice/open").license
    tell("shifts of the clock", 2)

    assert ["mit"] * 4 == [*answers, other, back]
    assert 1 == asked
    assert [] == caplog.records
    assert clock.slept == []


@pytest.mark.parametrize("days", [-2, 2])
def test_lease_and_clock(hub, make_client, store, days, tell):
    """A lease taken before the clock was set keeps nobody from asking for longer than a lease lasts."""
    clock = FakeClock()
    holder = open_backend(store, clock=clock)
    client = make_client(hub.endpoint, clock=clock, cache=store, retries=0)
    assert holder.lease(note_key(hub.endpoint, "flight", subject_of("alice/open")), 5.0)
    clock.set_wall(clock.now() + days * DAY)
    answer = client.require_model_metadata("alice/open").license
    tell("shifts of the clock")

    assert "mit" == answer
    assert sum(clock.slept) <= 6.0


POOR = {
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    "no such locale": {"LC_ALL": "xx_YY.UTF-8", "LANG": "xx"},
}


@pytest.mark.parametrize("variables", POOR.values(), ids=POOR)
@pytest.mark.parametrize("kind", URLS)
def test_locale(hub, run_hubkit, tmp_path, kind, variables, tell):
    """Names beyond ASCII, of models' tags and of the cache's folder, are none of the locale's business."""
    hub.add_model({"id": "alice/wide", "tags": [UNICODE], "private": False, "siblings": []})
    cache = {"HUBKIT_CACHE": URLS[kind].format(tmp_path / UNICODE), **variables}
    runs = [run_hubkit(*ASK, **cache), run_hubkit("--offline", *ASK, **cache)]
    wide = [run_hubkit("info", "alice/wide", **cache), run_hubkit("--offline", "info", "alice/wide", **cache)]
    tell("programs in a poor locale", 4)

    assert all(is_right(done) for done in runs), runs
    assert [(0, "")] * 2 == [(done.returncode, done.stderr) for done in wide]
    assert all(
        UNICODE.encode("ascii", "backslashreplace").decode() in d.stdout or UNICODE in d.stdout for d in wide
    )


@pytest.mark.parametrize("lost", [("HOME",), ("HOME", "PATH"), ("HOME", "PATH", "PYTHON_KEYRING_BACKEND")])
def test_homeless(run_hubkit, tmp_path, lost, tell):
    """Without a home, and with nearly no environment at all, there is the answer."""
    runs = [run_hubkit(*ASK, without=lost, HUBKIT_CACHE=URLS["file"].format(tmp_path)) for _ in range(2)]
    tell("programs without a home", 2)

    assert all(is_right(done) for done in runs), runs


def test_homeless_stranger(run_hubkit, tell):
    """A user whom the system doesn't know, without a home or a place for a cache, has the answer and one warning."""
    stranger = as_user(STRANGER)
    runs = [
        run_hubkit(*ASK, through=stranger, without=("HOME",)),
        run_hubkit(*ASK, through=stranger, HOME="/nonexistent"),
    ]
    tell("programs without a home", 2)

    assert all(is_right(done, warnings=1) for done in runs), runs


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&-", "0<&- 1>&- 2>&-"])
@pytest.mark.parametrize("kind", URLS)
def test_closed_streams(run_hubkit, tmp_path, kind, closed, tell):
    """Streams that are closed cost what would have gone there: no file of the cache takes their place."""
    cache = {"HUBKIT_CACHE": URLS[kind].format(tmp_path / "place")}
    through = ("sh", "-c", f'exec "$0" "$@" {closed}')
    runs = [run_hubkit(*ASK, through=through, **cache) for _ in range(2)]
    after = run_hubkit("--offline", *ASK, **cache)
    tell("programs with closed streams", 2)

    expected = (0, "" if "1>" in closed else "mit\n", "")
    assert [expected] * 2 == [(done.returncode, done.stdout, done.stderr) for done in runs]
    assert is_right(after), after


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", [ASK, ("info", "alice/open", "--json"), ("--help",), ("--version",)])
def test_output_onto_a_full_disk(run_hubkit, tmp_path, arguments, unbuffered, tell):
    """An answer that can't be written is one line and the exit code of a failure: a script must not take it for empty."""
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    through = ("sh", "-c", 'exec "$0" "$@" >/dev/full')
    place = URLS["file"].format(tmp_path / "place")
    done = run_hubkit(*arguments, through=through, HUBKIT_CACHE=place, PYTHONUNBUFFERED=unbuffered)
    tell("programs with closed streams")

    told = "hubkit: error: the answer can't be written: No space left on device\n"
    assert (7, told) == (done.returncode, done.stderr)


def test_few_descriptors(hub, environ, tmp_path, run_hubkit, tell):
    """With no more file descriptors than Python needs to begin, the program says why it fails, or answers."""
    runs = []
    for limit in (8, 10, 12, 16, 32):
        through = ("sh", "-c", f'ulimit -n {limit}; exec "$0" "$@"')
        runs.append(run_hubkit(*ASK, through=through, HUBKIT_CACHE=URLS["file"].format(tmp_path / "place")))
    tell("programs with few descriptors", len(runs))

    assert [] == [done for done in runs if "Traceback" in done.stderr]
    assert is_right(runs[-1]), runs[-1]
