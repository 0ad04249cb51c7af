"""Names of files that a machine can't keep are refused before anything is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubkit import TransferError
from hubkit._transfers._names import NameRules, find_unholdable

WINDOWS = NameRules(windows=True, folds_case=True, longest_path=None)
APPLE = NameRules(folds_case=True, folds_unicode=True, longest_path=1024)
LINUX = NameRules()
COMPOSED, APART = "caf\u00e9.bin", "cafe\u0301.bin"


def faults(paths, rules):
    """Why one of the names can't be kept; empty when all can."""
    found = find_unholdable(paths, Path("/snapshots"), rules)
    return "" if found is None else found.reason


@pytest.mark.parametrize("rules", [WINDOWS, APPLE, LINUX], ids=["windows", "apple", "linux"])
@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../up",
        "a/../../up",
        "/etc/passwd",
        "a//b",
        "a/",
        "./a",
        "a\\b",
        "..\\up",
        "a\0b",
        "a\nb",
        "a\x1b[2Jb",
        "a\x85b",
        "C:up",
        "a/C:/b",
        "\\\\host\\share",
        "lone \udcff surrogate",
        "long/" + "x" * 256,
    ],
)
def test_refused_everywhere(name, rules):
    """What leads out of the folder, or holds what no name should, is kept nowhere."""
    assert faults([name], rules)


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "con.txt",
        "a/NUL.tar.gz",
        "aux .bin",
        "COM1",
        "com\u00b9.x",
        "LPT9.md",
        "CONOUT$",
        "PRN/config.json",
        "end.",
        "end ",
        "folder./x",
        "a:stream",
        "what?",
        "a*b",
        'a"b',
        "a<b>c",
        "a|b",
    ],
)
def test_refused_on_windows(name):
    """Devices, dots and spaces at the end, and characters that Windows has other uses for."""
    assert faults([name], WINDOWS)
    assert not faults([name.replace(":", "-")], LINUX)


@pytest.mark.parametrize(
    "name", ["console.log", "auxiliary", "com10.txt", "COM0", "nullable.py", ".hidden", "a b.txt", "日本語"]
)
def test_kept_everywhere(name):
    """Names that only look alike are no trouble."""
    assert [""] * 3 == [faults([name], rules) for rules in (WINDOWS, APPLE, LINUX)]


@pytest.mark.parametrize(
    ("paths", "where"),
    [
        (["README.md", "readme.md"], {"windows", "apple"}),
        (["a/X.bin", "A/x.bin"], {"windows", "apple"}),
        ([COMPOSED, APART], {"apple"}),
        ([COMPOSED, APART.upper()], {"apple"}),
        (["a", "a/b"], {"windows", "apple", "linux"}),
        (["A", "a/b"], {"windows", "apple"}),
        (["a/b", "a/c"], set()),
    ],
)
def test_names_that_are_one_file(paths, where):
    """Two names for one file are refused where they would be: one would replace the other."""
    rules = {"windows": WINDOWS, "apple": APPLE, "linux": LINUX}

    assert where == {name for name, each in rules.items() if faults(paths, each)}


def test_long_names_are_measured_as_the_system_does():
    """Bytes on most systems, UTF-16 units on Windows."""
    name = "日" * 100

    assert faults([name], LINUX)
    assert not faults([name], WINDOWS)
    assert faults(["x" * 250 + "/" + "y" * 250] * 1, NameRules(longest_path=500))


def test_rules_of_this_system(tmp_path):
    """What the system says of its own limits is so."""
    rules = NameRules.of(tmp_path)
    (tmp_path / ("x" * rules.longest_name)).write_text("")
    with pytest.raises(OSError, match="too long"):
        (tmp_path / ("x" * (rules.longest_name + 1))).write_text("")


@pytest.mark.parametrize(
    "name", ["../../../escaped", "/tmp/escaped", "a\\..\\..\\escaped", "C:escaped", "x" * 300, "a\x1b]0;b"]
)
@pytest.mark.parametrize("offline", [False, True])
def test_a_hostile_hub(hub, make_client, tmp_path, name, offline):
    """The name is in the error, harmless, and not a byte was fetched."""
    siblings = [{"rfilename": each, "size": 1, "blobId": "b" * 40} for each in ("config.json", name)]
    hub.add_model({"id": "evil/model", "private": False, "sha": "a" * 40, "siblings": siblings})
    make_client().get_model_metadata("evil/model")
    hub.reset_counts()
    client = make_client(offline=offline)
    for verb in (client.download_model, client.snapshot_status):
        with pytest.raises(TransferError, match="can't be kept on this system") as info:
            verb("evil/model", tmp_path / "snapshots")

    assert str(info.value).isprintable()
    assert {} == {route: count for route, count in hub.requests.items() if route != "model_info"}
    assert not (tmp_path / "snapshots").exists()


@pytest.mark.parametrize("sha", ["../../escaped", "main", "A" * 40, "", None])
def test_a_hostile_commit(hub, client, tmp_path, sha):
    """What isn't a commit hash doesn't become the name of a folder."""
    siblings = [{"rfilename": "config.json", "size": 1}]
    record = {"id": "evil/model", "private": False, "sha": sha, "siblings": siblings}
    hub.fail("model_info", status=200, body=record)
    with pytest.raises(TransferError, match="names no commit"):
        client.download_model("evil/model", tmp_path / "snapshots")

    assert not (tmp_path / "snapshots").exists()


def test_hostile_hashes_are_no_paths(hub, client, tmp_path):
    """A hash that isn't one is as good as none."""
    siblings = [
        {"rfilename": "a.json", "size": 1, "blobId": "../../escaped"},
        {"rfilename": "b.bin", "size": 1, "lfs": {"sha256": "/etc/passwd", "size": 1}},
    ]
    hub.add_model({"id": "evil/model", "private": False, "sha": "a" * 40, "siblings": siblings})
    with pytest.raises(TransferError, match=r"hashes are unknown of a\.json, b\.bin"):
        client.download_model("evil/model", tmp_path, verify=True)

    assert 2 == client.snapshot_status("evil/model", tmp_path).fetch_bytes
