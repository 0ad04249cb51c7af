"""Locks: written and read again they are equal, and one lock is one text."""

from __future__ import annotations

import string
import sys

from hypothesis import given
from hypothesis import strategies as st

from hubkit import InvalidRefError, LockError
from hubkit._licenses import LicenseLink, StatedLicense
from hubkit._locking._licensing import kept
from hubkit._locking._lock import Lock, LockedFile, LockedModel
from hubkit._locking._lockfile import parse_lock, render_lock
from hubkit._refs import parse_repo_path, parse_revision

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NAMES = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
IDS = st.tuples(NAMES, NAMES).map("/".join)


def passes(check):
    """Texts that a check lets through."""

    def fits(text):
        try:
            return bool(check(text))
        except InvalidRefError:
            return False

    return fits


PATHS = (
    st.one_of(WORDS, st.lists(NAMES, min_size=1, max_size=3).map("/".join))
    .filter(passes(parse_repo_path))
)  # fmt: skip
REVISIONS = st.one_of(st.none(), NAMES, WORDS).filter(
    lambda text: text is None or passes(parse_revision)(text)
)


def hexes(digits):
    """Hashes."""
    return st.text("0123456789abcdef", min_size=digits, max_size=digits)


FILES = st.one_of(
    st.builds(LockedFile, path=PATHS, size=st.integers(0, 2**50), sha256=hexes(64)),
    st.builds(LockedFile, path=PATHS, size=st.integers(0, 2**50), git_sha1=hexes(40)),
)
STATED = st.builds(
    StatedLicense, id=st.one_of(WORDS, st.sampled_from(["mit", "other", "gemma"])), name=st.none() | WORDS
)
LINKS = st.builds(
    LicenseLink,
    model_id=WORDS,
    depth=st.integers(0, 3),
    base_of=st.lists(WORDS, max_size=2).map(tuple),
    base_source=st.none() | WORDS,
    relation=st.none() | WORDS,
    licenses=st.lists(STATED, max_size=2).map(tuple),
    source=st.none() | WORDS,
    problem=st.none() | WORDS,
)
MODELS = st.builds(
    LockedModel,
    model_id=IDS,
    revision=REVISIONS,
    commit_hash=hexes(40),
    allow_patterns=st.lists(WORDS, max_size=2).map(tuple),
    ignore_patterns=st.lists(WORDS, max_size=2).map(tuple),
    files=st.lists(FILES, max_size=4, unique_by=lambda file: file.path).map(
        lambda files: tuple(sorted(files, key=lambda file: file.path))
    ),
    licenses=st.lists(LINKS, min_size=1, max_size=3).map(kept),
    license_problems=st.lists(WORDS, max_size=2).map(tuple),
)
LOCKS = st.lists(MODELS, max_size=3, unique_by=lambda model: model.model_id.casefold())


@given(LOCKS)
def test_round_trip(models) -> None:
    """What is read is what was written, in whatever order it came, and any TOML reader can read it."""
    raw = render_lock(Lock.of(models))
    size = sum(each["size"] for each in tomllib.loads(raw.decode()).get("model", []))

    assert Lock.of(models) == parse_lock(raw)
    assert raw == render_lock(parse_lock(raw)) == render_lock(Lock.of(reversed(models)))
    assert size == sum(model.size_bytes for model in models)


@given(LOCKS, st.data())
def test_changed_bytes(models, data) -> None:
    """A byte that was changed, left out or put in is found."""
    raw = render_lock(Lock.of(models))
    place = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.binary(max_size=2))
    changed = raw[:place] + byte + raw[place + 1 :]
    try:
        same = render_lock(parse_lock(changed)) == raw
    except LockError:
        same = False

    assert same == (changed.replace(b"\r\n", b"\n") == raw)
