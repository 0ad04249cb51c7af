"""What was packed at one site is there at another, without a network."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
from bundling import FILES, pack
from huggingface_hub import HfApi, hf_hub_download, snapshot_download

from hubkit import BundleError, InvalidArgumentError, LocalPathError, ModelCache, ModelMetadata
from hubkit._bundles import SnapshotSource
from hubkit.bundling import create_bundle
from hubkit.cache import open_backend
from hubkit.interop import cached


def contents(folder):
    """The files below a folder."""
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_carried_to_another_site(hub, site, bundle):
    """Metadata, files, and all that huggingface_hub asks are there after the hub is gone."""
    there = site("there")
    hub.stop()
    with there.client() as client:
        summary = client.cache.import_bundle(bundle, cache_dir=there.files)
        model = client.require_model_metadata("org/model")
        folder = client.download_model("org/model", there.files)
    with cached(there.config):
        api = HfApi(endpoint=hub.endpoint, token=False)
        told = api.model_info("org/model").sha, api.list_repo_files("org/model")
        path = hf_hub_download(
            "org/model", "config.json", endpoint=hub.endpoint, cache_dir=there.files, token=False
        )
        snapshot = snapshot_download("org/model", endpoint=hub.endpoint, cache_dir=there.files, token=False)

    assert FILES == contents(folder) == contents(snapshot)
    assert (model.sha, sorted(FILES)) == (told[0], sorted(told[1]))
    assert FILES["config.json"] == Path(path).read_bytes()
    assert (("org/model",), 3, 3) == (summary.models, summary.files, summary.new_files)
    assert summary.answers == summary.new_answers > len(FILES)


def test_loading_twice_is_harmless(site, bundle):
    """The second time nothing is news, and nothing is lost."""
    there = site("there")
    with there.client() as client:
        first = client.cache.import_bundle(bundle, cache_dir=there.files)
        before = contents(there.files)
        second = client.cache.import_bundle(bundle, cache_dir=there.files)

    assert (0, 0) == (second.new_answers, second.new_files)
    assert first.answers == second.answers
    assert before == contents(there.files)


def test_same_contents_same_bytes(site, bundle, tmp_path):
    """Whoever packs an unchanged cache gets the same file, whatever it is called."""
    here = site("here")
    with here.client() as client:
        first = client.cache.export_bundle(tmp_path / "one.tar")
        second = client.cache.export_bundle(tmp_path / "two.tar")

    assert first == second
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_any_tar_can_read_it(bundle):
    """It is a plain tar file, whose names are hashes and no paths of anybody's."""
    with tarfile.open(bundle) as archive:
        members = archive.getmembers()

    assert "manifest.json" == members[0].name
    assert all(member.isfile() and (member.mtime, member.uid, member.gid) == (0, 0, 0) for member in members)
    assert "manifest.sha256" == members[1].name
    assert {"blobs"} == {member.name.partition("/")[0] for member in members[2:]}


def test_packed_again_over_a_damaged_file(site, bundle, tmp_path):
    """A file of the cache that is too short is written anew on import."""
    there = site("there")
    with there.client() as client:
        client.cache.import_bundle(bundle, cache_dir=there.files)
        blob = next(path for path in Path(there.files).rglob("blobs/*") if path.stat().st_size > 1_000)
        blob.write_bytes(b"short")
        summary = client.cache.import_bundle(bundle, cache_dir=there.files)

    assert 1 == summary.new_files
    assert FILES["model.safetensors"] == blob.read_bytes()


def test_newer_answers_stay(hub, site, bundle, tmp_path):
    """What a site has learned since is not replaced by what a bundle says."""
    there = site("there")
    hub.commit("org/model", {"config.json": b"{}"})
    with there.client() as client:
        newer = client.require_model_metadata("org/model").sha
        client.cache.import_bundle(bundle, cache_dir=there.files)

        assert newer == client.require_model_metadata("org/model").sha


def test_private_models_only_on_demand(hub, site, tmp_path):
    """Left to itself a bundle holds what everybody may read; the caller's own goes along if he says so."""
    token = hub.add_user("alice")
    here = site("here", token=token)
    public = pack(here, tmp_path / "public.tar", names=("org/model",))
    with here.client() as client:
        client.require_model_metadata("alice/secret")
        everything = client.cache.export_bundle(tmp_path / "all.tar")
        private = client.cache.export_bundle(tmp_path / "private.tar", private=True)

    assert "alice/secret" not in everything.models
    assert "alice/secret" in private.models
    assert b"alice/secret" not in (tmp_path / "all.tar").read_bytes() + public.read_bytes()
    for path in tmp_path.glob("*.tar"):
        assert token.encode() not in path.read_bytes()
    hub.stop()
    told = {}
    for name, settings in {
        "alice": {"token": token},
        "nobody": {},
        "bob": {"token": "hf_" + "b" * 34},
    }.items():
        there = site(name, **settings)
        with there.client() as client:
            client.cache.import_bundle(tmp_path / "private.tar", cache_dir=there.files)
            told[name] = client.get_model_metadata("alice/secret") is not None
    assert {"alice": True, "nobody": False, "bob": False} == told


def test_signed_with_the_fleets_key(site, tmp_path):
    """Who has a key takes only what is signed with it; who has none takes both."""
    signed = pack(site("here", cache_key="k" * 20), tmp_path / "signed.tar")
    plain = pack(site("plain"), tmp_path / "plain.tar")
    for number, (path, key, fits) in enumerate(
        [
            (signed, "k" * 20, True),
            (signed, "x" * 20, False),
            (plain, "k" * 20, False),
            (signed, None, True),
            (plain, None, True),
        ]
    ):
        there = site(f"there{number}", cache_key=key)
        with there.client() as client:
            if fits:
                assert client.cache.import_bundle(path, cache_dir=there.files).new_answers
            else:
                with pytest.raises(BundleError, match="cache_key"):
                    client.cache.import_bundle(path, cache_dir=there.files)
                assert [] == client.cache.get_all_cached()


def test_without_a_hub_at_all(tmp_path):
    """A ModelCache alone packs and unpacks what it holds."""
    here, there = ModelCache(tmp_path / "a"), ModelCache(tmp_path / "b")
    here.set(ModelMetadata("org/name", license="mit", private=False))
    here.export_bundle(tmp_path / "x.tar")
    there.import_bundle(tmp_path / "x.tar")

    assert "mit" == there.get("org/name").license


def test_read_only_site_takes_nothing(site, bundle):
    """A machine that may not change the cache doesn't."""
    there = site("there", cache_mode="read-only")
    with there.client() as client:
        client.cache.import_bundle(bundle, cache_dir=there.files)

    assert [] == list(open_backend(there.config.cache[0]).keys())


def test_bad_folder_for_files(site, bundle):
    """It is refused before any answer is taken over."""
    there = site("there")
    with there.client() as client:
        with pytest.raises(InvalidArgumentError, match="cache_dir must be a path, not int"):
            client.cache.import_bundle(bundle, cache_dir=5)
        with pytest.raises(InvalidArgumentError, match="the bundle must be a path, not NoneType"):
            client.cache.import_bundle(None)

        assert [] == client.cache.get_all_cached()


@pytest.mark.parametrize("place", ["missing/models.tar", "."])
def test_places_that_cannot_be(site, tmp_path, place):
    """A file that can't be written or read is one clear error, and leaves nothing behind."""
    with site("here").client() as client:
        client.cache.set(ModelMetadata("org/name", private=False))
        with pytest.raises(LocalPathError, match="bundle"):
            client.cache.export_bundle(tmp_path / place)
        with pytest.raises(LocalPathError, match="bundle"):
            client.cache.import_bundle(tmp_path / place)

    assert [] == [name for name in os.listdir(tmp_path) if "tmp" in name]


def test_failure_leaves_the_old_one(site, bundle, tmp_path):
    """A file that vanishes while it is packed: an error, the old bundle as it was, and no litter."""
    before = bundle.read_bytes()
    source = SnapshotSource(
        repo_id="org/model", commit_hash="a" * 40, revision=None, folder=tmp_path / "gone"
    )
    source.folder.mkdir()
    (source.folder / "file").write_bytes(b"x")
    (source.folder / "file").chmod(0)
    (source.folder / "pipe").symlink_to("/proc/self/mem")
    with site("here").client() as client, pytest.raises(LocalPathError):
        client.cache.export_bundle(bundle, snapshots=[source])

    assert before == bundle.read_bytes()
    assert [] == [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]


def test_files_of_private_models_only_on_demand(hub, site, tmp_path):
    """The files of a model whose answers stay here stay here too."""
    here = site("here", token=hub.add_user("alice"))
    names = ["org/model", "alice/secret"]
    with here.client() as client:
        public = create_bundle(client, tmp_path / "public.tar", names, with_files=True)

        whole = create_bundle(client, tmp_path / "whole.tar", names, with_files=True, private=True)
        (tmp_path / "stray").mkdir()
        (tmp_path / "stray" / "config.json").write_bytes(b"{}")
        stray = SnapshotSource(
            repo_id="alice/secret", commit_hash="0" * 40, revision="main", folder=tmp_path / "stray"
        )
        direct = client.cache.export_bundle(tmp_path / "direct.tar", snapshots=[stray])

    assert b"alice/secret" not in (tmp_path / "public.tar").read_bytes()
    assert (("org/model",), ("org/model", "alice/secret")[::-1]) == (public.models, whole.models)
    assert (len(FILES), 0) == (public.files, direct.files)


def test_all_of_one_commit(hub, site, tmp_path):
    """A bundle tells of one commit, though what is cached was asked before and after a push."""
    here = site("here")
    with here.client() as client:
        client.require_model_metadata("org/model")
        hub.commit("org/model", {"config.json": b"[]"})
        with cached(here.config):
            HfApi(endpoint=hub.endpoint, token=False).model_info("org/model", revision="main")
        create_bundle(client, tmp_path / "models.tar", ["org/model"])
    there = site("there")
    hub.stop()
    with there.client() as client:
        client.cache.import_bundle(tmp_path / "models.tar", cache_dir=there.files)
        ours = client.require_model_metadata("org/model").sha
    with cached(there.config):
        theirs = HfApi(endpoint=hub.endpoint, token=False).model_info("org/model", revision="main").sha

    assert ours == theirs
