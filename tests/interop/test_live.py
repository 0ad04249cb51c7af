"""What the live Hub does and a plain one doesn't: redirects, Xet's headers, gzip, mirrors below a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_download, snapshot_download
from live_hub import live_hub

from hubkit import HubConfig
from hubkit.interop import cached

OLD = {"config.json": b'{"a": 1}', "model.safetensors": b"\0" * 20_000}
NEW = {"config.json": b'{"a": 2}', "model.safetensors": b"\1" * 20_000}


@pytest.fixture
def live(hub):
    """The front of the hub."""
    with live_hub(hub) as front:
        yield front


@pytest.fixture
def moving(hub):
    """A repository whose files keep their sizes when they change."""
    hub.add_repo("org/moving", OLD)
    return "org/moving"


def fetched(front, folder, token, name="org/moving"):
    """What a job with an empty HF cache gets of each file, and the commits that they are filed under."""
    paths = [
        Path(hf_hub_download(name, path, endpoint=front.endpoint, cache_dir=folder, token=token))
        for path in OLD
    ]
    return {path.name: path.read_bytes() for path in paths}, {path.parent.name for path in paths}


def heads(front):
    """How many of the requests were HEADs or asked the API; and the front forgets them."""
    asked = [path for method, path, _ in front.seen if method == "HEAD" or "/api/models" in path]
    front.seen.clear()
    return len(asked)


def test_files_are_fetched_and_known(live, moving, alice, beneath, tmp_path):
    """Both kinds of redirect: the second job has the same bytes under the same commit, and asks for bodies only."""
    first = fetched(live, tmp_path / "one", alice)
    asked = heads(live)
    second = fetched(live, tmp_path / "two", alice)

    assert OLD == first[0]
    assert first == second
    assert (3, 0) == (asked, heads(live))


def test_branch_moves(hub, live, moving, alice, beneath, tmp_path):
    """Large files have Xet's hash on them, and huggingface_hub without Xet would fetch them from the branch."""
    first = fetched(live, tmp_path / "one", alice)
    hub.commit(moving, NEW)
    second = fetched(live, tmp_path / "two", alice)

    assert OLD == first[0]
    assert first == second


def test_branch_moves_before_the_second_file(hub, live, moving, alice, beneath, tmp_path):
    """A file that nobody asked for before comes from the commit of the first."""
    hf_hub_download(moving, "config.json", endpoint=live.endpoint, cache_dir=tmp_path, token=alice)
    hub.commit(moving, NEW)
    contents, commits = fetched(live, tmp_path / "other", alice)

    assert OLD == contents
    assert 1 == len(commits)


def shown(metadata):
    """What is told of a file, but for where it is."""
    return metadata.commit_hash, metadata.etag, metadata.size, metadata.xet_file_data


@pytest.mark.parametrize("path", OLD)
@pytest.mark.parametrize("xet", [True, False])
def test_all_that_is_told_of_a_file(live, moving, alice, config, monkeypatch, path, xet):
    """With Xet there, its hash and the way to its tokens come from the cache too."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", not xet)
    url = f"{live.endpoint}/{moving}/resolve/main/{path}"
    bare = shown(get_hf_file_metadata(url, token=alice, endpoint=live.endpoint))
    with cached(config):
        found = [shown(get_hf_file_metadata(url, token=alice, endpoint=live.endpoint)) for _ in range(3)]

    # Who won't use Xet is told nothing of it, and so fetches what the commit has.
    assert [bare if xet else (*bare[:3], None)] * 3 == found
    assert xet is (path == "model.safetensors" and found[0][3] is not None) or path == "config.json"


def test_signed_addresses_are_not_kept(live, moving, alice, beneath, tmp_path):
    """A cached HEAD leads to the Hub, which signs anew."""
    url = f"{live.endpoint}/{moving}/resolve/main/model.safetensors"
    asked, known = (get_hf_file_metadata(url, token=alice) for _ in range(2))

    assert "/cdn/" in asked.location
    assert f"{live.endpoint}/{moving}/resolve/{asked.commit_hash}/model.safetensors" == known.location
    assert not [
        path for path in (tmp_path / "cache").rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()
    ]


def test_compressed_answers(live, moving, alice, beneath):
    """What came with gzip is kept as plain text, and told the same."""
    api = HfApi(endpoint=live.endpoint, token=alice)
    asked, known = (str(api.model_info(moving, files_metadata=True)) for _ in range(2))

    assert asked == known
    assert 1 == heads(live)


def test_pages(hub, live, alice, beneath):
    """A listing of several pages is whole, asked and cached."""
    for number in range(30):
        hub.add_repo(f"many/model-{number}", {})
    api = HfApi(endpoint=live.endpoint, token=alice)
    found = [[model.id for model in api.list_models(author="many", limit=None)] for _ in range(2)]

    assert 30 == len(found[0])
    assert found[0] == found[1]


def test_mirror_below_a_path(hub, moving, alice, tmp_path, monkeypatch):
    """HF_ENDPOINT with a path in it: files, information and pages are cached as anywhere."""
    with live_hub(hub, "/mirror/hf") as front:
        monkeypatch.setattr(constants, "ENDPOINT", front.endpoint)
        template = front.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        with cached(HubConfig(cache=f"sqlite://{tmp_path}/c.db")):
            api = HfApi(endpoint=front.endpoint, token=alice)
            seen = []
            for place in ("one", "two"):
                folder = snapshot_download(
                    moving, endpoint=front.endpoint, cache_dir=tmp_path / place, token=alice
                )
                names = sorted(model.id for model in api.list_models(author="org"))
                seen.append((Path(folder).name, names, heads(front)))

    assert seen[0][:2] == seen[1][:2]
    assert seen[0][2] > 0 == seen[1][2]


def test_names_that_are_not_ascii(hub, live, alice, beneath, tmp_path):
    """Headers with other letters in them come out of the cache as they went in."""
    hub.add_repo("org/letters", {"größe.json": b"{}"})
    urls = f"{live.endpoint}/org/letters/resolve/main/gr%C3%B6%C3%9Fe.json"
    asked, known = (get_hf_file_metadata(urls, token=alice).etag for _ in range(2))

    assert asked == known


@pytest.mark.parametrize("revision", ["refs/pr/1", "v1.0", "feature/x"])
def test_other_revisions(hub, live, moving, alice, bob, beneath, tmp_path, revision):
    """Pull requests, tags and branches with a slash are pinned each for itself."""
    hub.add_repo("alice/mine", OLD)
    api = HfApi(endpoint=live.endpoint, token=alice)
    if revision == "refs/pr/1":
        api.create_pull_request("alice/mine", title="x")
    elif revision == "v1.0":
        api.create_tag("alice/mine", tag=revision)
    else:
        api.create_branch("alice/mine", branch=revision)
    live.seen.clear()
    for place in ("one", "two"):
        for path in OLD:
            hf_hub_download(
                "alice/mine",
                path,
                revision=revision,
                endpoint=live.endpoint,
                cache_dir=tmp_path / place,
                token=alice,
            )
        api.model_info("alice/mine", revision=revision)
        api.list_repo_files("alice/mine", revision=revision)

    # Two HEADs, the second of one of them, information and a tree, once each.
    assert 5 == heads(live)


def test_ids_without_a_namespace(hub, live, alice, beneath, tmp_path):
    """The oldest models of the Hub have one part in their names."""
    hub.add_repo("gpt2", OLD)
    first, second = (fetched(live, tmp_path / place, alice, "gpt2") for place in ("one", "two"))

    assert OLD == first[0]
    assert first == second
