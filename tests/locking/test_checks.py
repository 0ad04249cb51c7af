"""What a lock is good for: the same files elsewhere, and a clear word when something isn't as it was."""

from __future__ import annotations

import attrs
import pytest
from lock_models import WEIGHTS

from hubkit import InvalidArgumentError, LockError, TransferError, locking
from hubkit._locking._lockfile import read_lock, write_lock

ONE = '[[models]]\nid = "org/model"\n'


@pytest.fixture
def locked(client, wanted):
    """A list that was locked; the file."""
    path = wanted()
    locking.lock(client(), path)
    return path


def said(report):
    """Codes and messages."""
    return [(finding.code, finding.message) for finding in report.findings]


def damage(file):
    """Change one byte of a file."""
    raw = bytearray(file.read_bytes())
    raw[7] ^= 1
    file.resolve().write_bytes(raw)


def tampered(path, change):
    """Write another lock, with a checksum that fits."""
    file = path.with_suffix(".lock")
    lock = read_lock(file)
    model = lock.models[0]
    write_lock(file, attrs.evolve(lock, models=(change(model),)))


def with_other_weights(model):
    """A locked model, its weights with another hash."""
    files = [
        attrs.evolve(file, sha256="0" * 64) if file.path == "model.safetensors" else file
        for file in model.files
    ]
    return attrs.evolve(model, files=tuple(files))


def test_locked_synced_and_green(client, locked, snapshots):
    """On another machine the same files arrive, and the check has nothing to say."""
    there = client("there")
    synced = locking.sync(there, locked, snapshots)
    report = locking.check(there, locked, snapshots)

    assert WEIGHTS == (synced[0].path / "model.safetensors").read_bytes()
    assert ("config.json", 3) == (sorted(synced[0].fetched)[1], synced[0].files)
    assert synced[0].size_bytes == synced[0].fetched_bytes
    assert ([], None, True) == (said(report), report.hindrance, report.holds)


def test_one_byte_differs(client, locked, snapshots):
    """The check names file and folder, and a sync heals it."""
    (synced,) = locking.sync(client(), locked, snapshots)
    damage(synced.path / "model.safetensors")
    report = locking.check(client(), locked, snapshots)
    (again,) = locking.sync(client(), locked, snapshots)

    message = f"files in {synced.path} have other contents than are locked: model.safetensors"
    assert [("hash", message)] == said(report)
    assert (("model.safetensors",), len(WEIGHTS)) == (again.fetched, again.fetched_bytes)
    assert locking.check(client(), locked, snapshots).holds


def test_one_license_forbidden(client, locked, wanted, snapshots):
    """The list allows less than before: check and sync say so."""
    path = wanted(f'licenses = ["apache-2.0"]\n{ONE}')
    report = locking.check(client(), path, snapshots)
    with pytest.raises(LockError, match="license: org/model is under mit, which is not allowed"):
        locking.sync(client(), path, snapshots)

    assert [("license", "org/model is under mit, which is not allowed")] == said(report)
    assert not snapshots.exists()


def test_upstream_moved(hub, client, locked, snapshots):
    """The check says from where to where, and a sync still brings what is locked."""
    old = read_lock(locked.with_suffix(".lock")).models[0].commit_hash
    new = hub.commit("org/model", {"model.safetensors": b"other"})
    report = locking.check(client(), locked, snapshots)
    (synced,) = locking.sync(client("there"), locked, snapshots)

    assert [("moved", f"its default branch was {old}, and is {new} now")] == said(report)
    assert (old, WEIGHTS) == (synced.commit_hash, (synced.path / "model.safetensors").read_bytes())


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (ONE + '[[models]]\nid = "org/base"\n', "outdated", "it is not locked"),
        ('[[models]]\nid = "org/base"\n', "outdated", "it is locked, and not wanted any more"),
        (ONE + 'revision = "main"\n', "outdated", "revision (default), and wanted with revision main"),
        (ONE + 'allow_patterns = ["*.json"]\n', "outdated", "wanted with revision (default), allow_patterns *.json"),
        (f'formats = ["gguf"]\n{ONE}', "format", "safetensors is not among gguf: model.safetensors"),
    ],
)  # fmt: skip
def test_list_and_lock_apart(client, locked, wanted, text, code, message):
    """Each way in which a list has gone on without its lock, or forbids what is in it."""
    report = locking.check(client(), wanted(text))
    with pytest.raises(LockError, match="hubkit lock"):
        locking.sync(client(), wanted(text))

    assert any(code == each[0] and message in each[1] for each in said(report))


def test_frozen_or_without_a_list(client, locked, wanted, snapshots):
    """Where only the lock is, or is to count, nobody looks at the list."""
    frozen = locking.sync(client(), wanted('[[models]]\nid = "org/base"\n'), snapshots, frozen=True)
    locked.unlink()
    alone = locking.sync(client(), locked, snapshots)

    assert ["org/model"] == [model.model_id for model in frozen] == [model.model_id for model in alone]


def test_without_the_hub(hub, client, locked, wanted, snapshots):
    """What is complete here is handed out; the check does what can be done, and says what can't."""
    (first,) = locking.sync(client(), locked, snapshots)
    hub.stop()
    for settings in ({}, {"offline": True}):
        (again,) = locking.sync(client(**settings), locked, snapshots)
        report = locking.check(client(**settings), locked, snapshots)
        assert (first.path, (), 0) == (again.path, again.fetched, again.fetched_bytes)
        assert ([], True, False) == (said(report), report.hindrance is not None, report.holds)
    damage(first.path / "model.safetensors")
    forbidden = locking.check(client(offline=True), wanted(f'licenses = ["gemma"]\n{ONE}'), snapshots)
    with pytest.raises(TransferError, match=r"model\.safetensors"):
        locking.sync(client(offline=True), wanted(), snapshots)

    assert ["license", "hash"] == [code for code, _ in said(forbidden)]


def test_offline_sync_of_an_empty_repository(hub, client, wanted, snapshots):
    """Of a model without files nothing is missing, and the others of the list are brought."""
    hub.add_repo("org/empty")
    listed = wanted('[[models]]\nid = "org/empty"\n[[models]]\nid = "org/model"\n')
    locking.lock(client(), listed)
    online = locking.sync(client(), listed, snapshots)
    offline = locking.sync(client(offline=True), listed, snapshots)

    assert [model.path for model in online] == [model.path for model in offline]
    assert all(model.path.is_dir() for model in offline)
    assert [(), ()] == [model.fetched for model in offline]


def test_offline_sync_of_a_stranger(client, locked, snapshots):
    """Files that somebody else has brought are nobody's who isn't known to be allowed them."""
    locking.sync(client(), locked, snapshots)
    with pytest.raises(TransferError, match="known to be allowed"):
        locking.sync(client("stranger", offline=True), locked, snapshots)


def test_hub_with_other_contents(hub, client, locked, snapshots):
    """The lock counts, not what the Hub says: nothing is fetched, and the check says why."""
    tampered(locked, with_other_weights)
    report = locking.check(client(), locked, snapshots)
    with pytest.raises(LockError, match=r"other contents than are locked: model\.safetensors"):
        locking.sync(client(), locked, snapshots)

    assert ["hash"] == [code for code, _ in said(report)]
    assert [] == list(snapshots.rglob("model.safetensors"))
    assert 0 == hub.requests["resolve_get"]


def test_other_bytes_on_the_way(hub, client, wanted, snapshots):
    """A right description and wrong bytes: they don't stay."""
    locked = wanted(ONE + 'allow_patterns = ["*.safetensors"]\n')
    locking.lock(client(), locked)
    hub.fail("resolve_get", status=200, body=b"\0" * len(WEIGHTS), times=None)
    with pytest.raises(TransferError):
        locking.sync(client(), locked, snapshots)
    hub.clear_faults()

    assert [] == list(snapshots.rglob("model.safetensors"))
    assert ("model.safetensors",) == locking.sync(client(), locked, snapshots)[0].fetched


def test_rewritten_history(client, locked, snapshots):
    """A commit that the Hub has no more: the check says so, and what is here is still what is locked."""
    (synced,) = locking.sync(client(), locked, snapshots)
    lost = "f" * 40
    tampered(locked, lambda model: attrs.evolve(model, commit_hash=lost))
    report = locking.check(client(), locked, snapshots)
    with pytest.raises(LockError, match=r"doesn't have f+ any more"):
        locking.sync(client(), locked, snapshots)
    synced.path.rename(synced.path.with_name(lost))

    assert ["moved", "gone"] == [code for code, _ in said(report)]
    assert lost == locking.sync(client(), locked, snapshots)[0].path.name


def test_hub_that_names_no_commit(hub, client, locked):
    """What stands where a commit belongs is not repeated."""
    hub.fail("model_info", status=200, body={"id": "org/model", "sha": "\x1b[2J\tx"})
    ((code, message),) = said(locking.check(client(), locked))

    assert ("moved", True) == (code, message.endswith("and is no commit now"))


def test_model_is_gone(hub, client, locked, snapshots):
    """Deleted, or hidden: one line."""
    token = hub.add_user("org")
    client("org", token=token).repos.delete("org/model")

    assert ["gone"] == [code for code, _ in said(locking.check(client(), locked, snapshots))]


def test_other_tools_find_it_offline(client, wanted, snapshots):
    """The branch of the shared folder leads to what is locked."""
    from huggingface_hub import snapshot_download

    path = wanted(ONE + 'revision = "main"\n')
    locking.lock(client(), path)
    (synced,) = locking.sync(client(), path, snapshots)
    found = snapshot_download("org/model", cache_dir=snapshots, local_files_only=True)

    assert str(synced.path) == found


def test_check_changes_nothing(hub, client, locked, tmp_path, snapshots):
    """Neither lock nor list nor files."""
    (synced,) = locking.sync(client(), locked, snapshots)
    damage(synced.path / "model.safetensors")
    hub.commit("org/model", {"x": b"y"})

    def contents():
        return {
            path: path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file() and "cache" not in path.parts
        }

    before = contents()
    locking.check(client(), locked, snapshots)

    assert before == contents()


def test_bad_arguments(client, locked, tmp_path):
    """Each is one clear error, before anybody is asked."""
    with pytest.raises(InvalidArgumentError, match="did you mean 'org/model'"):
        locking.lock(client(), locked, upgrade=["org/modell"])
    with pytest.raises(InvalidArgumentError, match="file must be a path"):
        locking.check(client(), 3)
    with pytest.raises(InvalidArgumentError, match="cache_dir must be a path"):
        locking.check(client(), locked, 3)
    with pytest.raises(ValueError, match="not its lock"):
        locking.lock(client(), locked.with_suffix(".lock"))
    for verb in (locking.check, locking.sync):
        with pytest.raises(LockError, match="'hubkit lock' writes it"):
            verb(client(), _copy(locked, tmp_path / "sub"))


def _copy(path, folder):
    folder.mkdir(exist_ok=True)
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    return copy
