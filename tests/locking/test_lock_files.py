"""A lock file says what hubkit wrote, or is refused."""

from __future__ import annotations

import os
import re

import pytest

from hubkit import LocalPathError, LockError, locking
from hubkit._locking._lock import Lock
from hubkit._locking._lockfile import parse_lock, read_lock, render_lock, write_lock


@pytest.fixture
def lock_file(client, wanted):
    """A lock; the file."""
    return locking.lock(client(), wanted()).path


@pytest.mark.parametrize(
    ("pattern", "other"),
    [
        (r'commit = "\w{8}', 'commit = "00000000'),
        (r'sha256 = "\w{8}', 'sha256 = "00000000'),
        (r'git_sha1 = "\w{8}', 'git_sha1 = "00000000'),
        ("size = 2,", "size = 3,"),
        ("size = 2,", "size = -2,"),
        ('"mit"', '"apache-2.0"'),
        ('path = "config.json"', 'path = "../../x"'),
        ("version = 1", "version = 2"),
        ("version = 1\n", ""),
        ("files = ", "# mine\nfiles = "),
        ('checksum = "sha256:', 'checksum = "sha256:0'),
        ("^", "x = 1\n"),
        (r"\[\[model\]\]", "[model]"),
        (r"\Z", "\n"),
        (r"\Z", '\n[[model]]\nid = "x"\n'),
        (r"licenses = \[", "licences = ["),
        ("# Written", "\x00"),
    ],
)
def test_changes_by_hand(client, wanted, lock_file, pattern, other):
    """Whatever is changed, and however little: one clear error, also when the checksum isn't what is wrong."""
    text = lock_file.read_text()
    changed = re.sub(pattern, other.replace("\\", r"\\"), text, count=1)
    assert text != changed
    lock_file.write_text(changed)
    for verb in (locking.lock, locking.check, locking.sync):
        with pytest.raises(LockError, match=r"models\.lock: it "):
            verb(client(), wanted())

    assert changed == lock_file.read_text()


def test_any_changed_byte_is_found(lock_file):
    """Not one of them may be another without notice."""
    raw = lock_file.read_bytes()
    for place in range(0, len(raw), 7):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(LockError):
            parse_lock(bytes(changed))

    assert raw == render_lock(parse_lock(raw))


def test_a_new_one_is_made_on_demand(client, wanted, lock_file):
    """The error says how to get rid of a lock that was changed."""
    raw = lock_file.read_bytes()
    lock_file.write_bytes(raw[:-20])
    with pytest.raises(LockError, match="hubkit lock --upgrade"):
        locking.lock(client(), wanted())
    locking.lock(client(), wanted(), upgrade=True)

    assert raw == lock_file.read_bytes()


def test_line_ends_of_windows(client, wanted, lock_file):
    """What git has made of it on Windows is the same lock."""
    raw = lock_file.read_bytes().replace(b"\n", b"\r\n")
    lock_file.write_bytes(raw)

    assert locking.check(client(), wanted()).holds
    assert "kept" == locking.lock(client(), wanted()).changes[0].kind
    assert raw == lock_file.read_bytes()


def test_places_that_cannot_be(tmp_path):
    """A folder in its place, or none to write into: one clear error, and no litter."""
    (tmp_path / "x.lock").mkdir()
    for path in (tmp_path / "x.lock", tmp_path / "none" / "x.lock"):
        with pytest.raises(LocalPathError, match="can't be written"):
            write_lock(path, Lock())
    with pytest.raises(LocalPathError, match="can't be read"):
        read_lock(tmp_path / "x.lock")

    assert ["x.lock"] == os.listdir(tmp_path)


def test_permissions_and_links_stay(tmp_path):
    """A lock that is a link to elsewhere, or shared with a group, is that afterwards too."""
    (tmp_path / "real.lock").write_bytes(b"")
    (tmp_path / "real.lock").chmod(0o664)
    (tmp_path / "x.lock").symlink_to("real.lock")
    write_lock(tmp_path / "x.lock", Lock())

    assert Lock() == read_lock(tmp_path / "real.lock")
    assert (tmp_path / "x.lock").is_symlink()
    assert 0o664 == (tmp_path / "real.lock").stat().st_mode & 0o777
