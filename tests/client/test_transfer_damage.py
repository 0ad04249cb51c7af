"""What is wrong on the disk is found, and healed or refused; so is a token that isn't good any more."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubkit import AuthenticationError, GatedRepoError, TransferError
from hubkit._repo_folder import RepoFolder
from hubkit._transfers._inspect import discard, inspect

MODEL = "alice/whole"
WEIGHTS = bytes(range(256)) * 64
FILES = {
    "config.json": b'{"a": 1}',
    "model.safetensors": WEIGHTS,
    "sub/other.safetensors": WEIGHTS[::-1],
}


@pytest.fixture
def folder(tmp_path):
    """A snapshot cache of this test's own."""
    return tmp_path / "snapshots"


@pytest.fixture
def commit(hub):
    """The model on the hub."""
    return hub.add_repo(MODEL, FILES)


def nothing(path):
    """Leave all as it is."""


def truncated_blob(path):
    """The disk was full, and who wrote didn't look."""
    (path / "model.safetensors").resolve().write_bytes(WEIGHTS[:-1])


def empty_blob(path):
    """The power failed before the bytes were on the disk."""
    (path / "model.safetensors").resolve().write_bytes(b"")


def longer_blob(path):
    """Two processes wrote to one file."""
    (path / "model.safetensors").resolve().write_bytes(WEIGHTS + WEIGHTS)


def flipped_byte(path):
    """The disk is old."""
    (path / "model.safetensors").resolve().write_bytes(WEIGHTS[:-1] + b"\0")


def flipped_byte_in_small_file(path):
    """Of a file that isn't in LFS only git's hash is known."""
    (path / "config.json").resolve().write_bytes(b'{"a": 2}')


def foreign_blob(path):
    """The link leads to another file, whose size is the same."""
    link = path / "model.safetensors"
    link.unlink()
    link.symlink_to((path / "sub" / "other.safetensors").resolve())


def missing_file(path):
    """Somebody made room."""
    (path / "sub" / "other.safetensors").unlink()


def missing_blob(path):
    """Somebody made room, and left the link."""
    (path / "sub" / "other.safetensors").resolve().unlink()


def bad_blob_without_link(path):
    """What is wrong is seen only once it is linked again."""
    truncated_blob(path)
    (path / "model.safetensors").unlink()


def half_snapshot(path):
    """Another tool has fetched one file."""
    shutil.rmtree(path / "sub")
    (path / "model.safetensors").unlink()


# How each is met: what a download gives, and what `snapshot_status` says, on line and off line,
# with sizes alone and with contents compared.
TABLE = [
    #  damage                      on line   verified   off line   verified   the status names it as
    (nothing, "kept", "kept", "kept", "kept", None),
    (truncated_blob, "healed", "healed", "refused", "refused", "wrong"),
    (empty_blob, "healed", "healed", "refused", "refused", "wrong"),
    (longer_blob, "healed", "healed", "refused", "refused", "wrong"),
    (flipped_byte, "unseen", "healed", "unseen", "refused", "wrong"),
    (flipped_byte_in_small_file, "unseen", "healed", "unseen", "refused", "wrong"),
    (foreign_blob, "unseen", "healed", "unseen", "refused", "wrong"),
    (missing_file, "healed", "healed", "refused", "refused", "missing"),
    (missing_blob, "healed", "healed", "refused", "refused", "missing"),
    (bad_blob_without_link, "healed", "healed", "refused", "refused", "missing"),
    (half_snapshot, "healed", "healed", "refused", "refused", "missing"),
]
ids = [row[0].__name__ for row in TABLE]


def is_right(path):
    """Whether all is as on the hub."""
    return all((path / name).is_file() and (path / name).read_bytes() == data for name, data in FILES.items())


def outcome(client, path, folder, *, verify):
    """What a download gives."""
    before = is_right(path)
    try:
        client.download_model(MODEL, folder, verify=verify)
    except TransferError as error:
        return "refused" if "incomplete" in str(error) else str(error)
    if not is_right(path):
        return "unseen"
    return "kept" if before else "healed"


@pytest.mark.parametrize("verify", [False, True], ids=["sizes", "contents"])
@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_damage(commit, client, make_client, folder, row, verify):
    """Nothing that is known to be wrong is handed out, and what can be fetched again is."""
    damage, online, online_verified, offline, offline_verified, _ = row
    path = client.download_model(MODEL, folder)
    damage(path)
    without_hub = outcome(make_client(offline=True), path, folder, verify=verify)
    with_hub = outcome(client, path, folder, verify=verify)

    assert (offline_verified if verify else offline) == without_hub
    assert (online_verified if verify else online) == with_hub


@pytest.mark.parametrize("offline", [False, True], ids=["online", "offline"])
@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_status_names_the_damage(commit, make_client, folder, row, offline):
    """With contents compared every damage is told, and nothing is changed by asking."""
    damage, *_, kind = row
    damage(make_client().download_model(MODEL, folder))
    before = sorted(folder.rglob("*"))
    status = make_client(offline=offline).snapshot_status(MODEL, folder, verify=True)

    assert kind is None or getattr(status, kind)
    assert (kind is None) == status.complete
    assert before == sorted(folder.rglob("*"))


@pytest.mark.parametrize("row", [row for row in TABLE if "healed" in row], ids=lambda row: row[0].__name__)
def test_what_was_healed_stays_so(hub, commit, client, folder, row):
    """The next download finds all as it should be."""
    row[0](client.download_model(MODEL, folder))
    client.download_model(MODEL, folder, verify=True)
    hub.reset_counts()
    client.download_model(MODEL, folder, verify=True)

    assert {"model_info": 1} == hub.requests


@pytest.mark.parametrize(
    ("verify", "body"), [(False, b"short"), (True, b"\0" * len(WEIGHTS))], ids=["size", "contents"]
)
def test_a_hub_that_sends_other_bytes(hub, commit, client, folder, verify, body):
    """What doesn't agree with the Hub's own word is an error, and isn't left for others to find."""
    lying = {"status": 200, "times": None, "body": body, "headers": {"X-Repo-Commit": commit, "ETag": '"x"'}}
    hub.fail("resolve_get", **lying)
    with pytest.raises(TransferError):
        client.download_model(MODEL, folder, allow_patterns="model.*", verify=verify)

    assert not list(folder.rglob("model.safetensors"))

    hub.clear_faults()
    path = client.download_model(MODEL, folder, verify=True)

    assert FILES["model.safetensors"] == (path / "model.safetensors").read_bytes()


def test_a_good_blob_of_another_survives(commit, client, folder):
    """What a link leads to by mistake is right where it belongs, and isn't thrown away."""
    path = client.download_model(MODEL, folder)
    foreign_blob(path)
    other = (path / "sub" / "other.safetensors").resolve()
    before = os.stat(other).st_ino
    client.download_model(MODEL, folder, verify=True)

    assert before == os.stat(other).st_ino
    assert FILES["sub/other.safetensors"] == other.read_bytes()


def test_a_model_on_another_disk(commit, client, folder, tmp_path):
    """Whose folder is a link heals like any other."""
    path = client.download_model(MODEL, folder)
    (folder / "models--alice--whole").rename(tmp_path / "elsewhere")
    (folder / "models--alice--whole").symlink_to(tmp_path / "elsewhere")
    flipped_byte(path)
    client.download_model(MODEL, folder, verify=True)

    assert is_right(path)


def test_what_somebody_else_has_healed_meanwhile(commit, client, folder):
    """A file that was replaced since it was found wrong isn't taken out: somebody may be reading it."""
    path = client.download_model(MODEL, folder)
    flipped_byte(path)
    repo = RepoFolder.of(MODEL, folder)
    files = client.get_model_metadata(MODEL).siblings
    findings = inspect(path, files, verify=True, max_workers=2, progress=False)
    client.download_model(MODEL, folder, verify=True)
    discard(repo, path, findings)

    assert ["model.safetensors"] == findings.names
    assert is_right(path)


def test_many_that_heal_at_once(commit, make_client, folder):
    """All get the right bytes, whoever comes first."""
    path = make_client().download_model(MODEL, folder)
    flipped_byte(path)
    flipped_byte_in_small_file(path)
    clients = [make_client() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda each: each.download_model(MODEL, folder, verify=True), clients))

    assert [path] * 8 == paths
    assert is_right(path)


def test_a_folder_in_place_of_a_file(commit, client, folder):
    """It isn't taken away; the error names it."""
    path = client.download_model(MODEL, folder)
    (path / "model.safetensors").unlink()
    (path / "model.safetensors" / "inside").mkdir(parents=True)
    with pytest.raises(TransferError, match=r"model\.safetensors.*can't be replaced"):
        client.download_model(MODEL, folder)

    assert (path / "model.safetensors" / "inside").is_dir()


def test_hashes_that_the_hub_does_not_tell(hub, client, folder):
    """What can't be verified isn't called so; nothing is fetched."""
    siblings = [{"rfilename": "config.json", "size": 2}]
    hub.add_model({"id": "acme/bare", "private": False, "sha": "a" * 40, "siblings": siblings})
    hub.reset_counts()
    with pytest.raises(TransferError, match=r"hashes are unknown of config\.json"):
        client.download_model("acme/bare", folder, verify=True)

    assert {"model_info": 1} == hub.requests


GATED = "alice/gated"
REFUSALS = {
    "revoked": (AuthenticationError, {"status": 401, "body": {"error": "Invalid credentials in header"}}),
    "no access": (GatedRepoError, {"status": 403, "code": "GatedRepo"}),
}


@pytest.mark.parametrize(("kind", "answer"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("model", ["alice/secret", GATED])
def test_a_token_that_is_not_good_any_more(hub, make_client, alice, folder, model, kind, answer):
    """From the Hub's refusal on nothing is handed out, neither on line nor off line."""
    hub.add_repo(GATED, FILES, gated="manual")
    path = make_client(token=alice).download_model(model, folder)

    assert path == make_client(token=alice, offline=True).download_model(model, folder)

    hub.fail(times=None, **answer)
    with pytest.raises(kind):
        make_client(token=alice).download_model(model, folder)
    with pytest.raises(kind):
        make_client(token=alice).snapshot_status(model, folder)
    with pytest.raises(TransferError, match="known to be allowed"):
        make_client(token=alice, offline=True).download_model(model, folder)

    hub.clear_faults()

    assert path == make_client(token=alice).download_model(model, folder)
    assert path == make_client(token=alice, offline=True).download_model(model, folder)
