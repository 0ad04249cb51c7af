"""Names that would lead out of their folder, or to another answer: refused, or harmless."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import unquote

import pytest

from hubkit import HubkitError, InvalidArgumentError, ModelMetadata
from hubkit.cache import FilesystemCache

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BODY = b"owned"

PATHS = [
    *(
        "../evil",
        "../../evil",
        "../../../../../../../../tmp/hubkit-evil",
        "/tmp/hubkit-evil",
        "//tmp/hubkit-evil",
    ),
    *(
        "a/../../evil",
        "..",
        ".",
        "a/./../../evil",
        "..\\evil",
        "a\\..\\..\\evil",
        "C:\\evil",
        "C:evil",
        "\\\\host\\x",
    ),
    *(
        "a/\x00evil",
        "evil\n",
        "\x1b[2Jevil",
        "~/evil",
        "$HOME/evil",
        "a//../evil",
        "%2e%2e/evil",
        "..%2fevil",
    ),
    *(
        "\u2025/evil",
        "\uff0e\uff0e/evil",
        ".../evil",
        "x" * 300,
        "refs/../../evil",
        ".git/hooks/post-checkout",
    ),
]


@pytest.fixture
def serve(hostile):
    """Makes the server a hub with one model of such files, which it would hand out."""

    def serve(*names):
        record = {
            "id": "org/name",
            "private": False,
            "sha": COMMIT,
            "siblings": [{"rfilename": name, "size": len(BODY)} for name in names],
        }
        listing = [{"type": "file", "path": name, "size": len(BODY), "oid": "0" * 40} for name in names]
        facts = {
            "X_Repo_Commit": COMMIT,
            "ETag": f'"{hashlib.sha1(BODY).hexdigest()}"',
            "Accept_Ranges": "bytes",
        }

        def behave(request, sock):
            if request.target.startswith("/api/"):
                answer = listing if "/tree/" in request.target else record
                return hostile.reply(200, json.dumps(answer).encode())
            if request.method == "HEAD":
                return hostile.reply(200, length=False, Content_Length=len(BODY), **facts)
            return hostile.reply(200, BODY, **facts)

        hostile.behave = behave

    return serve


def written(folder):
    """Every file in a folder, by its path within."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def download(client, folder):
    """The folder of the model, or what is said instead."""
    try:
        return client.download_model("org/name", folder), ""
    except HubkitError as error:
        return None, str(error)


@pytest.mark.threat("traversal in rfilename")
@pytest.mark.parametrize("name", PATHS)
def test_download_stays_in_its_folder(serve, hostile, make_client, tmp_path, name):
    """Whatever a file is called, nothing is written outside the model's own folder, and nothing raw is shown."""
    serve("config.json", name)
    (tmp_path / "hf").mkdir()
    _, said = download(make_client(hostile.endpoint, retries=0), tmp_path / "hf")
    outside = [
        path
        for path in written(tmp_path)
        if not path.startswith(("hf/models--org--name/", "hf/.locks/", "cache/"))
    ]

    assert said.isprintable()
    assert [] == [path for path in outside if path not in ("hf/CACHEDIR.TAG",)]
    # Refused by its name before anything is fetched, or asked for with the others.
    assert said or "config.json" in unquote(" ".join(request.target for request in hostile.requests))


@pytest.mark.threat("traversal in rfilename")
@pytest.mark.parametrize("pair", [("a.txt", "A.TXT"), ("\u00e9", "e\u0301"), ("a", "a/b"), ("a", "a ")])
def test_names_that_collide(serve, hostile, make_client, tmp_path, pair):
    """Names that some file systems take for one are both there, or the download says what is missing."""
    serve(*pair)
    folder, said = download(make_client(hostile.endpoint, retries=0), tmp_path / "hf")

    assert said.isprintable()
    if folder is not None:
        assert [BODY] * 2 == [(folder / name).read_bytes() for name in pair]


IDS = [
    *(
        "../evil",
        "org/../evil",
        "org/..",
        "/org/name",
        "org//name",
        "org/name/",
        "org/name/more",
        "org\\name",
    ),
    *(
        "org/na me",
        "org/name\n",
        "org/\x00",
        "%2e%2e/evil",
        "org/%2e%2e",
        "org/name?x=1",
        "org/name#x",
        "http://evil/x",
    ),
    *(
        "org/name@evil",
        "org/.",
        "\u202eorg/name",
        "\uff0e\uff0e/name",
        "",
        " ",
        ".",
    ),
]
VERBS = {
    "metadata": lambda client, name, folder: client.get_model_metadata(name),
    "download": lambda client, name, folder: client.download_model(name, folder),
    "licence": lambda client, name, folder: client.check_license(name),
    "files": lambda client, name, folder: list(client.repos.files(name)),
    "delete": lambda client, name, folder: client.repos.delete(name),
    "upload": lambda client, name, folder: client.upload_artifact(folder, {"repo_id": name}),
}


@pytest.mark.threat("traversal in repo ids")
@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_repo_ids(hostile, make_client, tmp_path, adapters, verb):
    """No such id is sent anywhere or becomes a path: one error of ours before any request."""
    client = make_client(hostile.endpoint, token="hf_0123456789abcdef", retries=0)
    for name in IDS:
        with pytest.raises(InvalidArgumentError) as info:
            verb(client, name, adapters / "lora-causal-lm")
        assert str(info.value).isprintable(), name

    assert [] == hostile.requests
    assert [] == written(tmp_path)


@pytest.mark.threat("traversal in repo ids")
@pytest.mark.parametrize("name", [*IDS, *PATHS])
def test_any_text_as_the_name_of_an_entry(tmp_path, name):
    """The cache by itself takes any text; its files have names of hexadecimal digits all the same."""
    from hubkit import ModelCache

    cache = ModelCache(tmp_path / "cache")
    cache.set(ModelMetadata(name))
    files = [path for path in written(tmp_path) if "/leases" not in path]

    assert name == cache.get(name).model_id
    assert all(set(path.removeprefix("cache/entries-1/")) <= set("0123456789abcdef/") for path in files)
    assert len(files) == 1


@pytest.mark.threat("traversal in repo ids")
def test_keys_are_no_paths(tmp_path):
    """Nor do keys of a backend become paths."""
    cache = FilesystemCache(tmp_path / "cache")
    for key in PATHS:
        cache.set(key, key.encode("utf-8"), expires_in=60.0)

    assert [key.encode("utf-8") for key in PATHS] == [cache.get(key) for key in PATHS]
    assert all(path.startswith("cache/entries-1/") for path in written(tmp_path))
