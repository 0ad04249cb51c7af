"""A bundle that somebody made to do harm, or that the way has damaged: refused before anything is written."""

from __future__ import annotations

import io
import json
import os
import tarfile
from hashlib import sha256

import pytest

from hubkit import BundleError
from hubkit._bundles import read_bundle
from hubkit._bundles._manifest import BundledEntry, BundledFile, Manifest
from hubkit.cache._entry import Entry, encode_entry

KEY = "public|https://huggingface.co|model|org/name"
ENTRY = encode_entry(Entry(KEY, 200, 1.0, 1.0, None, b"{}"))


def digest(raw):
    """Its sha256."""
    return sha256(raw).hexdigest()


def part(raw=ENTRY, key=KEY):
    """What a manifest says of an entry."""
    return BundledEntry(key=key, sha256=digest(raw), size=len(raw))


def file_part(raw, **changes):
    """What a manifest says of a file."""
    fields = {
        "repo_id": "org/name",
        "commit_hash": "a" * 40,
        "revision": "main",
        "path": "config.json",
        "blob_id": digest(raw),
        "sha256": digest(raw),
        "size": len(raw),
    }
    return BundledFile(**(fields | changes))


def packed(path, manifest, *contents, extra=()):
    """A tar file as an attacker would make it."""
    raw = manifest if isinstance(manifest, bytes) else manifest.to_json()
    with tarfile.open(path, "w") as archive:
        checksum = ("manifest.sha256", digest(raw).encode())
        members = [
            ("manifest.json", raw),
            checksum,
            *((f"blobs/{digest(content)}", content) for content in contents),
        ]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info, io.BytesIO(b"\0" * info.size))
    return path


def member(name, kind=tarfile.REGTYPE, **fields):
    """A further member."""
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


GOOD = Manifest.of([part()], [])


def test_attackers_means_work(tmp_path):
    """The attacker of these tests makes bundles that would be believed, but for their fault."""
    contents = read_bundle(packed(tmp_path / "x.tar", GOOD, ENTRY), signing_key=None, progress=False)

    assert [KEY] == [entry.key for entry in contents.entries()]


MEMBERS = {
    "climbs out": member("../../etc/cron.d/evil"),
    "absolute": member("/etc/passwd"),
    "symbolic link": member("blobs/link", tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": member("blobs/link", tarfile.LNKTYPE, linkname="manifest.json"),
    "folder": member("blobs", tarfile.DIRTYPE),
    "device": member("blobs/null", tarfile.CHRTYPE),
    "pipe": member("blobs/pipe", tarfile.FIFOTYPE),
    "long name": member("x" * 300),
    "not in the manifest": member("blobs/" + "0" * 64),
    "twice": member("manifest.json"),
    "sparse": member("blobs/sparse", tarfile.GNUTYPE_SPARSE),
    "extended header": member("blobs/ä"),
}


@pytest.mark.parametrize("extra", MEMBERS.values(), ids=MEMBERS)
def test_hostile_members(site, tmp_path, extra):
    """Whatever unpacking would have to be careful with is refused, and nothing is kept of the rest."""
    path = packed(tmp_path / "x.tar", GOOD, ENTRY, extra=[extra])
    there = site("there")
    with there.client() as client:
        with pytest.raises(BundleError, match=r"x\.tar"):
            client.cache.import_bundle(path, cache_dir=there.files)

        assert [] == client.cache.get_all_cached()
    assert {"x.tar"} == set(os.listdir(tmp_path))


FILES = {
    "path climbs out": {"path": "../../evil"},
    "absolute path": {"path": "/etc/passwd"},
    "backslashes": {"path": "..\\evil"},
    "empty path": {"path": ""},
    "repo climbs out": {"repo_id": "../evil"},
    "revision climbs out": {"revision": "../../evil"},
    "commit climbs out": {"commit_hash": "../evil"},
    "blob climbs out": {"blob_id": "../evil"},
    "negative size": {"size": -1},
    "size as text": {"size": "3"},
    "a bomb's size": {"size": 2**60},
}


@pytest.mark.parametrize("changes", FILES.values(), ids=FILES)
def test_hostile_names(tmp_path, changes):
    """Names in the manifest become paths only where they can't lead anywhere else."""
    manifest = Manifest.of([], [file_part(b"x", **changes)])
    with pytest.raises(BundleError):
        read_bundle(packed(tmp_path / "x.tar", manifest, b"x"), signing_key=None, progress=False)

    assert {"x.tar"} == set(os.listdir(tmp_path))


@pytest.mark.parametrize("blob_id", ["0" * 64, "0" * 40])
def test_content_under_anothers_name(site, tmp_path, blob_id):
    """A content can't be put into the cache under the name of another."""
    path = packed(tmp_path / "x.tar", Manifest.of([], [file_part(b"x", blob_id=blob_id)]), b"x")
    there = site("there")
    with there.client() as client, pytest.raises(BundleError, match="promises"):
        client.cache.import_bundle(path, cache_dir=there.files)

    assert [] == [each for each in there.files.rglob("*") if each.is_file()]


def test_branch_is_told_when_all_is_there(site, tmp_path):
    """While one file of several is missing nobody finds the others by the name of the branch."""
    parts = [file_part(b"good", path="a"), file_part(b"bad", path="b", blob_id="0" * 64)]
    path = packed(tmp_path / "x.tar", Manifest.of([], parts), b"good", b"bad")
    there = site("there")
    with there.client() as client, pytest.raises(BundleError, match="promises"):
        client.cache.import_bundle(path, cache_dir=there.files)

    assert (there.files / "models--org--name" / "blobs" / digest(b"good")).is_file()
    assert [] == list(there.files.rglob("refs/*"))


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"format": "hubkit-bundle-2", "entries": [], "files": []}',
        b'{"format": "hubkit-bundle-1"}',
        b'{"format": "hubkit-bundle-1", "entries": 3, "files": []}',
        b'{"format": "hubkit-bundle-1", "entries": [3], "files": []}',
        b'{"format": "hubkit-bundle-1", "entries": [{}], "files": []}',
        json.dumps(
            {"format": "hubkit-bundle-1", "entries": [{"key": 3, "sha256": "0" * 64, "size": 0}], "files": []}
        ).encode(),
        b"[" * 100_000,
    ],
)
def test_manifests_that_are_none(tmp_path, manifest):
    """Another version's, another shape's, a nesting bomb: one clear error."""
    with pytest.raises(BundleError):
        read_bundle(packed(tmp_path / "x.tar", manifest), signing_key=None, progress=False)


ENTRIES = {
    "no entry": b"no entry",
    "anothers answer": encode_entry(Entry("public|x|model|other", 200, 1.0, 1.0, None, b"{}")),
}


@pytest.mark.parametrize("raw", ENTRIES.values(), ids=ENTRIES)
def test_entries_that_are_none(site, tmp_path, raw):
    """One bad answer spoils the whole: nothing is kept."""
    path = packed(tmp_path / "x.tar", Manifest.of([part(), part(raw, KEY + "2")], []), ENTRY, raw)
    there = site("there")
    with there.client() as client:
        with pytest.raises(BundleError):
            client.cache.import_bundle(path, cache_dir=there.files)

        assert [] == client.cache.get_all_cached()


@pytest.mark.parametrize(
    "key", ["fleet|https://huggingface.co|cooldown|x", "anonymous|https://huggingface.co|model|org/name"]
)
def test_notes_do_not_travel(site, tmp_path, key):
    """A bundle can't make a fleet believe that its quota is used up, or that a model is not there."""
    raw = encode_entry(Entry(key, 429, 1.0, 1.0, None, b""))
    path = packed(tmp_path / "x.tar", Manifest.of([part(raw, key)], []), raw)
    with site("there").client() as client, pytest.raises(BundleError, match="carried"):
        client.cache.import_bundle(path)


def test_damage_at_every_block(site, bundle, tmp_path):
    """Wherever a byte was changed or the file broken off: refused, and nothing is kept."""
    whole = bundle.read_bytes()
    damaged = tmp_path / "damaged.tar"
    for place in range(0, len(whole) - 1_024, 509):
        for raw in (whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :], whole[:place]):
            damaged.write_bytes(raw)
            try:
                contents = read_bundle(damaged, signing_key=None, progress=False)
            except BundleError:
                continue
            # Padding and owners of a tar file mean nothing; all that has a meaning is as it was.
            assert contents.manifest == read_bundle(bundle, signing_key=None, progress=False).manifest


def test_no_more_memory_than_the_manifest(tmp_path):
    """A member that claims more bytes than the file has is refused by its header."""
    info = member("blobs/" + "0" * 64, size=0)
    path = packed(tmp_path / "x.tar", GOOD, ENTRY, extra=[info])
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"blobs/" + b"0" * 64)
    huge = member("blobs/" + "0" * 64, size=2**33 - 1).tobuf(tarfile.GNU_FORMAT)
    raw[at : at + len(huge)] = huge
    path.write_bytes(raw)

    with pytest.raises(BundleError, match="broken off"):
        read_bundle(path, signing_key=None, progress=False)
