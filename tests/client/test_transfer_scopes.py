"""Who is given what is already on the disk, when the Hub can't be asked."""

from __future__ import annotations

import attrs
import pytest
from huggingface_hub import hf_hub_download, snapshot_download

from hubkit import (
    GatedRepoError,
    InvalidArgumentError,
    LocalPathError,
    ModelFile,
    RateLimitedError,
    RepoFileNotFoundError,
    ServerError,
    TransferError,
    TransportError,
)
from hubkit._clock import SYSTEM_CLOCK
from hubkit._transfers import Downloads
from hubkit.cache._access import AccessNotes
from hubkit.cache._keys import ANONYMOUS, is_shareable

BASE = "alice/base"
SECRET = "alice/secret"
REVOKED = "hf_" + "R" * 34


@pytest.fixture
def folder(tmp_path):
    """A snapshot cache of this test's own."""
    return tmp_path / "snapshots"


def hinder(hub, how):
    """Take the Hub away; the settings of a client that meets that, and what it should raise."""
    if how == "offline":
        return {"offline": True}, TransferError
    if how == "stopped":
        hub.stop()
        return {"retries": 0}, TransportError
    hub.fail(status=int(how), times=None)
    return {"retries": 0}, RateLimitedError if how == "429" else ServerError


@pytest.mark.parametrize("how", ["offline", "stopped", "503", "429"])
@pytest.mark.parametrize("who", ["bob", "anonymous", "revoked"])
def test_another_s_private_files_stay_private(hub, make_client, alice, bob, folder, who, how):
    """Of what alice has fetched, only alice gets anything when nobody can be asked."""
    path = make_client(token=alice).download_model(SECRET, folder)
    settings, kind = hinder(hub, how)
    token = {"bob": bob, "anonymous": None, "revoked": REVOKED}[who]
    for revision in (None, "main", path.name):
        with pytest.raises(kind):
            make_client(token=token, **settings).download_model(SECRET, folder, revision=revision)

    assert path == make_client(token=alice, **settings).download_model(SECRET, folder)


def test_refusal_says_why(hub, make_client, alice, bob, folder):
    """Offline, the text says that it is a matter of what the token is known to be allowed."""
    make_client(token=alice).download_model(SECRET, folder)
    with pytest.raises(TransferError, match=r"not here.*known to be allowed.*offline"):
        make_client(token=bob, offline=True).download_model(SECRET, folder)


def test_another_s_gated_files(hub, make_client, alice, bob, folder):
    """Files of a gated model that alice has fetched aren't handed to bob without access."""
    hub.add_repo("alice/gated", {"config.json": b"{}"}, gated="manual")
    path = make_client(token=alice).download_model("alice/gated", folder)
    with pytest.raises(GatedRepoError):
        make_client(token=bob).download_model("alice/gated", folder)
    hub.grant("alice/gated", "bob")

    assert path == make_client(token=bob).download_model("alice/gated", folder)


@pytest.mark.parametrize("how", ["offline", "stopped", "503", "429"])
@pytest.mark.parametrize("who", ["bob", "anonymous", "revoked"])
def test_another_s_gated_files_without_the_hub(hub, make_client, alice, bob, folder, who, how):
    """What the Hub says of a gated model is everybody's; who was never let in gets no file of it."""
    hub.add_repo("alice/gated", {"config.json": b"{}"}, gated="manual")
    path = make_client(token=alice).download_model("alice/gated", folder)
    token = {"bob": bob, "anonymous": None, "revoked": REVOKED}[who]
    known = make_client(token=token).recall_metadata("alice/gated")
    settings, kind = hinder(hub, how)
    for revision in (None, "main", path.name):
        with pytest.raises(kind):
            make_client(token=token, **settings).download_model("alice/gated", folder, revision=revision)

    assert known is not None
    assert path == make_client(token=alice, **settings).download_model("alice/gated", folder)


def test_access_is_remembered_for_a_month(hub, make_client, alice, clock, folder):
    """As long as anything that is cached."""
    hub.add_repo("alice/gated", {"config.json": b"{}"}, gated="auto")
    path = make_client(token=alice).download_model("alice/gated", folder)
    clock.advance(hours=24 * 29)

    assert path == make_client(token=alice, offline=True).download_model("alice/gated", folder)

    clock.advance(hours=24 * 2)
    with pytest.raises(TransferError, match="known to be allowed"):
        make_client(token=alice, offline=True).download_model("alice/gated", folder)


def test_metadata_alone_lets_nobody_in(hub, make_client, alice, folder):
    """To have read about a gated model is not to have been let in."""
    hub.add_repo("alice/gated", {"config.json": b"{}"}, gated="auto")
    make_client(token=alice, cache="memory://").download_model("alice/gated", folder)
    make_client(token=alice).get_model_metadata("alice/gated")
    with pytest.raises(TransferError, match="known to be allowed"):
        make_client(token=alice, offline=True).download_model("alice/gated", folder)


def test_notes_of_access_are_never_shared(hub, make_client, alice, folder):
    """They lie in the token's own scope, which stores that others read don't get."""
    hub.add_repo("alice/gated", {"config.json": b"{}"}, gated="auto")
    client = make_client(token=alice)
    client.download_model("alice/gated", folder)
    keys = [entry.key for entry in client._rooms.tiers.entries("") if "|access|" in entry.key]

    assert [True] == [key.startswith("token-") for key in keys]
    assert [] == list(filter(is_shareable, keys))
    assert alice not in keys[0]


@pytest.mark.parametrize("how", ["offline", "stopped", "503"])
def test_one_file_is_no_model(hub, client, make_client, folder, how):
    """A file that another tool has fetched isn't passed off as the whole; what is missing is named."""
    client.get_model_metadata(BASE)
    hf_hub_download(BASE, "config.json", endpoint=hub.endpoint, cache_dir=folder, token=False)
    settings, _ = hinder(hub, how)
    hindered = make_client(**settings)
    with pytest.raises(TransferError, match=r"incomplete.*model\.safetensors"):
        hindered.download_model(BASE, folder)
    path = hindered.download_model(BASE, folder, allow_patterns="*.json")

    assert "{}" == (path / "config.json").read_text()


@pytest.mark.parametrize("how", ["offline", "stopped", "503"])
def test_one_file_of_an_unknown_model(hub, make_client, folder, how):
    """The less so when nothing is known of the model at all."""
    hf_hub_download(BASE, "config.json", endpoint=hub.endpoint, cache_dir=folder, token=False)
    settings, kind = hinder(hub, how)
    with pytest.raises(kind):
        make_client(**settings).download_model(BASE, folder)


@pytest.mark.parametrize("how", ["offline", "stopped"])
def test_other_commit_is_not_passed_off(hub, client, make_client, folder, how):
    """A snapshot of a commit about which nothing is known can't be checked, and isn't handed out."""
    hf_hub_download(BASE, "config.json", endpoint=hub.endpoint, cache_dir=folder, token=False)
    hub.commit(BASE, {"config.json": b'{"new": 1}'})
    known = client.get_model_metadata(BASE).sha
    settings, _ = hinder(hub, how)
    with pytest.raises(TransferError, match=f"can't be checked.*{known}"):
        make_client(**settings).download_model(BASE, folder)


def test_unknown_sizes_are_not_taken_on_trust(hub, client, make_client, folder):
    """Without sizes nothing can be checked."""
    client.download_model(BASE, folder)
    model = client.get_model_metadata(BASE)
    client.cache.set(attrs.evolve(model, siblings=[ModelFile(rfilename="config.json")]))
    with pytest.raises(TransferError, match=r"sizes are unknown of config\.json"):
        make_client(offline=True).download_model(BASE, folder)


def test_shorter_file_is_noticed_offline(client, make_client, folder):
    """A truncated file is named when it can't be fetched again."""
    path = client.download_model(BASE, folder)
    (path / "model.safetensors").resolve().write_bytes(b"short")
    with pytest.raises(TransferError, match=r"incomplete.*model\.safetensors"):
        make_client(offline=True).download_model(BASE, folder)


class AskedBefore:
    """Metadata as a client has it that asked just before the branch moved."""

    def __init__(self, store, before):
        self._store, self._before = store, before

    def require(self, model_id, *, use_cache=True, revision=None):
        """The older answer for the branch, the Hub's for a commit."""
        return self._store.require(model_id, use_cache=use_cache, revision=revision or self._before)


def test_branch_that_moves_meanwhile(hub, client, folder):
    """What comes is one commit, the one that was asked about, and other tools are told of no other."""
    before = client.get_model_metadata(BASE).sha
    hub.commit(BASE, {"model.safetensors": b"\x02\0\0\0\0\0\0\0{} "})
    rooms = client._rooms
    downloads = Downloads(
        rooms.transport,
        AskedBefore(rooms.metadata, before),
        AccessNotes(rooms.tiers, endpoint=hub.endpoint, scope=ANONYMOUS, clock=SYSTEM_CLOCK),
        max_workers=2,
        progress=False,
        clock=SYSTEM_CLOCK,
    )
    path = downloads.download(
        BASE, folder, revision=None, allow_patterns=None, ignore_patterns=None, verify=True
    )

    assert before == path.name
    assert 10 == (path / "model.safetensors").stat().st_size
    assert str(path) == snapshot_download(BASE, cache_dir=folder, local_files_only=True)


@pytest.mark.parametrize(
    ("arguments", "kind", "named"),
    [
        ({"cache_dir": 5}, InvalidArgumentError, "cache_dir"),
        ({"cache_dir": "a\0b"}, LocalPathError, "cache_dir"),
        ({"cache_dir": "a" * 5000}, LocalPathError, "cache_dir"),
        ({"cache_dir": "~nobody-of-this-name/x"}, LocalPathError, "cache_dir"),
        ({"allow_patterns": 5}, InvalidArgumentError, "allow_patterns"),
        ({"allow_patterns": [5]}, InvalidArgumentError, "allow_patterns"),
        ({"allow_patterns": b"*"}, InvalidArgumentError, "allow_patterns"),
        ({"ignore_patterns": 5}, InvalidArgumentError, "ignore_patterns"),
        ({"ignore_patterns": [""]}, InvalidArgumentError, "ignore_patterns"),
    ],
)
def test_bad_arguments(hub, client, arguments, kind, named):
    """One clear error that names the argument, before any request."""
    hub.reset_counts()
    with pytest.raises(kind, match=named) as info:
        client.download_model(BASE, **arguments)

    assert 0 == hub.total_requests
    assert str(info.value).isprintable()
    assert 400 > len(str(info.value))


def test_no_pattern_matches_nothing(client, folder):
    """An empty list of patterns is an error too, not an empty folder."""
    with pytest.raises(RepoFileNotFoundError, match="patterns"):
        client.download_model(BASE, folder, allow_patterns=[])
