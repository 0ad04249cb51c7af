"""From a list to a lock: what stays, what moves, what is refused."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from lock_models import card

from hubkit import (
    InvalidArgumentError,
    LockError,
    OfflineError,
    RepoFileNotFoundError,
    RepoNotFoundError,
    ServerError,
    locking,
)
from hubkit._locking._lockfile import read_lock

ONE = '[[models]]\nid = "org/model"\n'
BOTH = '[[models]]\nid = "org/model"\n[[models]]\nid = "org/base"\n'


def kinds(report):
    """What became of each model."""
    return {change.model_id: change.kind for change in report.changes}


def codes(report):
    """Which findings there are."""
    return [finding.code for finding in report.findings]


def test_everything_is_written_down(hub, client, wanted):
    """Commit, files with sizes and hashes, and the chain of licences, each with its source."""
    report = locking.lock(client(), wanted())
    model = read_lock(report.path).find("org/model")
    told = client("there").require_model_metadata("org/model", revision="main")

    assert report.lock.models == (model,)
    assert told.sha == model.commit_hash
    assert ["README.md", "config.json", "model.safetensors"] == [file.path for file in model.files]
    assert {file.rfilename: (file.size, file.blob_id) for file in told.siblings if not file.lfs} == {
        file.path: (file.size, file.git_sha1) for file in model.files if file.git_sha1
    }
    assert {file.rfilename: file.sha256 for file in told.siblings if file.lfs} == {
        file.path: file.sha256 for file in model.files if file.sha256
    }
    assert [("org/model", "mit", "card: license"), ("org/base", "apache-2.0", "card: license")] == [
        (link.model_id, link.licenses[0].id, link.source) for link in model.licenses
    ]


def test_same_input_same_bytes(client, wanted):
    """Whoever locks, on whatever machine, and in whatever order the list is, gets the same file."""
    report = locking.lock(client(), wanted(BOTH))
    first = report.path.read_bytes()
    report.path.unlink()
    tables = BOTH.split("[[models]]\n")
    locking.lock(client("there"), wanted(f"[[models]]\n{tables[2]}[[models]]\n{tables[1]}"))

    assert first == report.path.read_bytes()


def test_what_is_locked_stays(hub, client, wanted):
    """Without a change of the list nothing moves, nobody is asked, and not a byte is written."""
    first = locking.lock(client(), wanted())
    stamp = first.path.stat().st_mtime_ns
    hub.commit("org/model", {"config.json": b"[]"})
    hub.reset_counts()
    second = locking.lock(client(), wanted())

    assert 0 == hub.total_requests
    assert first.lock == second.lock
    assert {"org/model": "kept"} == kinds(second)
    assert stamp == first.path.stat().st_mtime_ns


def test_new_ones_are_added_and_old_ones_dropped(hub, client, wanted):
    """A changed list changes what it has to."""
    one = locking.lock(client(), wanted())
    hub.commit("org/model", {"config.json": b"[]"})
    both = locking.lock(client(), wanted(BOTH))
    base = locking.lock(client(), wanted('[[models]]\nid = "org/base"\n'))

    assert {"org/base": "added", "org/model": "kept"} == kinds(both)
    assert one.lock.models[0] == both.lock.find("org/model")
    assert {"org/base": "kept", "org/model": "removed"} == kinds(base)


@pytest.mark.parametrize(
    ("upgrade", "moved"),
    [
        (True, {"org/base", "org/model"}),
        (["org/model"], {"org/model"}),
        ("org/base", {"org/base"}),
        (False, set()),
        ([], set()),
    ],
)
def test_upgrade_moves_on_purpose(hub, client, wanted, upgrade, moved):
    """All of them, or those that are named."""
    locking.lock(client(), wanted(BOTH))
    new = {name: hub.commit(name, {"config.json": b"[]"}) for name in ("org/base", "org/model")}
    report = locking.lock(client(), wanted(BOTH), upgrade=upgrade)

    assert {name: "moved" if name in moved else "kept" for name in new} == kinds(report)
    assert moved == {name for name in new if report.lock.find(name).commit_hash == new[name]}


def test_other_patterns_keep_the_commit(hub, client, wanted):
    """What changes is which files are locked, not what they are."""
    first = locking.lock(client(), wanted())
    hub.commit("org/model", {"config.json": b"[]"})
    second = locking.lock(client(), wanted(ONE + 'allow_patterns = ["*.json"]\n'))

    assert {"org/model": "changed"} == kinds(second)
    assert first.lock.models[0].commit_hash == second.lock.models[0].commit_hash
    assert ["config.json"] == [file.path for file in second.lock.models[0].files]
    assert 2 == second.lock.models[0].size_bytes


def test_other_revision_is_looked_up(hub, client, wanted):
    """A commit that the list names is locked whatever was locked before."""
    locking.lock(client(), wanted())
    new = hub.commit("org/model", {"config.json": b"[]"})
    report = locking.lock(client(), wanted(ONE + f'revision = "{new}"\n'))

    assert new == report.lock.models[0].commit_hash
    assert locking.check(client(), wanted(ONE + f'revision = "{new}"\n')).holds


@pytest.mark.parametrize("name", ["pytorch_model.bin", "a/b.ckpt", "x.PT", "training_args.bin", "m.gguf"])
def test_other_formats_are_refused(hub, client, wanted, name):
    """Weights that aren't safetensors, and pickles of any kind; patterns may leave them out."""
    hub.commit("org/model", {name: b"\x80\x02."})
    text = f'formats = ["safetensors"]\n{ONE}'
    refused = locking.lock(client(), wanted(text))
    fits = locking.lock(client(), wanted(f'{text}ignore_patterns = ["{name}"]\n'))

    assert ["format"] == codes(refused)
    assert name in refused.findings[0].message
    assert [] == codes(fits)


def test_nothing_is_written_of_what_is_not_allowed(client, wanted):
    """The old lock, if there is one, stays."""
    report = locking.lock(client(), wanted(f'licenses = ["mit"]\n{ONE}'))

    assert ["license"] == codes(report)
    assert "org/base is under apache-2.0, which is not allowed" == report.findings[0].message
    assert not report.path.exists()


@pytest.mark.parametrize("upgrade", [None, 7], ids=str)
def test_upgrade_of_nothing_that_could_be_named(hub, client, wanted, upgrade):
    """What is neither yes nor no nor names is refused before anybody is asked."""
    with pytest.raises(InvalidArgumentError, match="upgrade must be"):
        locking.lock(client(), wanted(ONE), upgrade=upgrade)

    assert 0 == hub.total_requests


@pytest.mark.parametrize("upgrade", [False, True, "org/model"])
def test_changes_that_are_not_written_are_told_as_those_that_are(hub, client, wanted, upgrade):
    """A model that was locked isn't new because nothing comes of its move."""
    locked = locking.lock(client(), wanted(ONE)).lock.models[0].commit_hash
    hub.commit("org/model", {"config.json": b"[]"})
    report = locking.lock(client(), wanted(f'licenses = ["mit"]\n{ONE}'), upgrade=upgrade)

    assert ["license"] == codes(report)
    assert {"org/model": "moved" if upgrade else "kept"} == kinds(report)
    assert locked == report.changes[0].before


@pytest.mark.parametrize(
    ("policy", "own", "fine"),
    [
        ('licenses = ["mit", "apache-2.0"]', "", True),
        ('licenses = ["MIT", "Apache-2.0"]', "", True),
        ('licenses = ["mit"]', "", False),
        ('licenses = ["mit"]', 'licenses = ["mit", "apache-2.0"]', True),
        ("", 'licenses = ["apache-2.0"]', False),
        ("", "", True),
    ],
)
def test_allowed_licenses(client, wanted, policy, own, fine):
    """The list's own, or that of a model, which replaces it; every model of the chain counts."""
    report = locking.lock(client(), wanted(f"{policy}\n{ONE}{own}\n"))

    assert fine == (not report.findings)


@pytest.mark.parametrize(
    "front_matter",
    [{}, {"license": "unknown"}, {"license": "mit", "base_model": "org/none"}, {"license": "other"}],
)
def test_unknown_is_not_allowed(hub, client, wanted, front_matter):
    """Unless the list says that it is: no licence, none that has a name, a base model that isn't there."""
    hub.add_repo("org/odd", {"README.md": card(**front_matter), "config.json": b"{}"})
    text = 'licenses = ["mit"]\n[[models]]\nid = "org/odd"\n'
    refused = locking.lock(client(), wanted(text))
    fits = locking.lock(client(), wanted(f"{text}allow_unknown_license = true\n"))

    assert ["license"] == codes(refused)
    assert [] == codes(fits)
    assert fits.lock == read_lock(fits.path)


def test_own_license_by_its_name(hub, client, wanted):
    """A licence that the Hub has no id for is allowed by the name that its card gives."""
    front = {"license": "other", "license_name": "acme-1.0"}
    hub.add_repo("org/odd", {"README.md": card(**front), "config.json": b"{}"})
    text = '[[models]]\nid = "org/odd"\n'

    assert ["license"] == codes(locking.lock(client(), wanted(f'licenses = ["mit"]\n{text}')))
    assert [] == codes(locking.lock(client(), wanted(f'licenses = ["acme-1.0"]\n{text}')))
    assert locking.check(client(), wanted(f'licenses = ["acme-1.0"]\n{text}')).holds


def test_private_model(hub, client, wanted, snapshots):
    """Locked and brought with its owner's token, and not without."""
    token = hub.add_user("alice")
    hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
    path = wanted('[[models]]\nid = "alice/secret"\n')
    with pytest.raises(RepoNotFoundError):
        locking.lock(client(), path)
    report = locking.lock(client("alice", token=token), path)
    with pytest.raises(RepoNotFoundError):
        locking.sync(client(), path, snapshots)
    synced = locking.sync(client("alice", token=token), path, snapshots)

    assert token not in report.path.read_text()
    assert b"{}" == (synced[0].path / "config.json").read_bytes()
    assert ["gone"] == codes(locking.check(client(), path, snapshots))


def test_what_cannot_be_locked(hub, client, wanted):
    """A model that isn't there, patterns without a file, a hub that gives no hashes, and no hub at all."""
    hub.add_model({"id": "org/vague", "private": False, "sha": "a" * 40, "siblings": [{"rfilename": "x"}]})
    with pytest.raises(RepoNotFoundError):
        locking.lock(client(), wanted('[[models]]\nid = "org/none"\n'))
    with pytest.raises(RepoFileNotFoundError):
        locking.lock(client(), wanted(ONE + 'allow_patterns = ["*.none"]\n'))
    with pytest.raises(LockError, match=r"org/vague.*no size or hash of 'x'"):
        locking.lock(client(), wanted('[[models]]\nid = "org/vague"\n'))
    hub.stop()
    with pytest.raises(OfflineError):
        locking.lock(client(), wanted())

    assert not Path(wanted()).with_suffix(".lock").exists()


def test_hub_that_fails_is_no_unknown_license(hub, client, wanted):
    """A base model that can't be asked for just now must not be written down as having no licence."""
    client().require_model_metadata("org/base")
    hub.fail("model_info", status=None)
    hub.fail("model_info", status=503)
    with pytest.raises(ServerError):
        locking.lock(client(), wanted())

    assert not Path(wanted()).with_suffix(".lock").exists()


def test_bars_leave_no_thread(client, wanted, snapshots):
    """Seen or not, nobody watches them when all is done."""
    hub = client(progress=True)
    before = set(threading.enumerate())
    locking.lock(hub, wanted())
    locking.sync(hub, wanted(), snapshots)
    locking.check(hub, wanted(), snapshots)

    assert [] == [thread.name for thread in set(threading.enumerate()) - before if "tqdm" in thread.name]
