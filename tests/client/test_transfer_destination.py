"""Where uploads go, and that nothing is made for one that is bound to fail."""

from __future__ import annotations

import pytest

from hubkit import (
    AuthenticationError,
    InvalidArgumentError,
    RepoNotFoundError,
    ResponseError,
    RevisionNotFoundError,
    TransferError,
    __version__,
)


@pytest.fixture
def writer(make_client, alice):
    """A client with alice's token."""
    return make_client(token=alice)


@pytest.fixture
def folder(adapters):
    """An adapter."""
    return adapters / "lora-causal-lm"


def titles(client, repo_id):
    """The history of a repository."""
    return [commit.title for commit in client.repos.commits(repo_id)]


def test_bare_name_is_the_account_s_own(hub, writer, folder, tmp_path):
    """A name without an owner is created, committed to and returned under the account's name."""
    for message in ("first", "second"):
        url = writer.upload_artifact(
            folder,
            {
                "repo_id": "my-adapter",
                "base_model": "alice/base",
                "tags": [message],
                "commit_message": message,
            },
        )
        assert f"{hub.endpoint}/alice/my-adapter" == url
    card = (writer.download_model("alice/my-adapter", tmp_path / "hf") / "README.md").read_text()

    assert ["second", "first", "initial commit"] == titles(writer, "alice/my-adapter")
    assert '"alice/my-adapter"' in card


def test_bare_name_is_current_after_an_upload(writer, folder):
    """What was cached under the full name is forgotten."""
    assert writer.get_model_metadata("alice/my-adapter") is None
    writer.upload_artifact(folder, {"repo_id": "my-adapter", "license": "mit"})

    assert "mit" == writer.get_model_metadata("alice/my-adapter").license


def test_pull_request_by_bare_name(hub, writer, folder):
    """The pull request's URL has the full name too."""
    url = writer.upload_artifact(folder, {"repo_id": "base", "create_pr": True})

    assert f"{hub.endpoint}/alice/base/discussions/1" == url


def test_pull_request_without_a_change(hub, writer, folder):
    """Where nothing differs none is opened, and no other's is passed off as the caller's."""
    writer.upload_artifact(folder, {"repo_id": "alice/new"})
    other = writer.upload_artifact(folder, {"repo_id": "alice/new", "create_pr": True, "tags": ["a"]})
    url = writer.upload_artifact(folder, {"repo_id": "alice/new", "create_pr": True})

    assert f"{hub.endpoint}/alice/new/discussions/1" == other
    assert f"{hub.endpoint}/alice/new" == url
    assert 1 == len(writer.repos.refs("alice/new").pull_requests)


def test_stranger_may_open_a_pull_request(hub, make_client, bob, folder):
    """Whoever may not create the repository may yet propose a change to it."""
    client = make_client(token=bob)
    before = titles(client, "alice/base")
    url = client.upload_artifact(folder, {"repo_id": "alice/base", "create_pr": True})

    assert f"{hub.endpoint}/alice/base/discussions/1" == url
    assert before == titles(client, "alice/base")
    assert ["1"] == [ref.name.rpartition("/")[2] for ref in client.repos.refs("alice/base").pull_requests]


@pytest.mark.parametrize("repo_id", ["alice/none", "alice/secret"])
def test_refusal_is_passed_on(hub, make_client, bob, folder, repo_id):
    """What isn't there, or not for this token, is refused in the words that it was refused with."""
    with pytest.raises(AuthenticationError, match="create a model under") as info:
        make_client(token=bob).upload_artifact(folder, {"repo_id": repo_id, "create_pr": True})

    assert 403 == info.value.status_code
    assert 0 == hub.requests["preupload"]


def test_refused_token(hub, make_client, folder):
    """A token that the Hub doesn't know is refused, whatever the name."""
    client = make_client(token="hf_" + "R" * 34)
    for repo_id in ("alice/base", "base"):
        with pytest.raises(AuthenticationError, match="refused"):
            client.upload_artifact(folder, {"repo_id": repo_id})

    assert 0 == hub.requests["preupload"]


def test_lost_conflict(hub, writer, folder):
    """A conflict with something that isn't there stays an error."""
    hub.fail("create_repo", status=409, times=1)
    with pytest.raises(ResponseError) as info:
        writer.upload_artifact(folder, {"repo_id": "alice/none"})

    assert 409 == info.value.status_code
    assert 0 == hub.requests["preupload"]


@pytest.mark.parametrize("more", [{}, {"create_pr": True}, {"revision": "work"}])
def test_public_repository_is_not_private(hub, writer, folder, more):
    """An upload that is to be private doesn't go where everybody reads."""
    writer.repos.create_branch("alice/base", "work")
    hub.reset_counts()
    with pytest.raises(InvalidArgumentError, match="alice/base exists and is public"):
        writer.upload_artifact(folder, {"repo_id": "alice/base", "private": True, **more})

    assert 0 == hub.requests["preupload"] + hub.requests["commit"]


@pytest.mark.parametrize("metadata", [{}, {"private": False}, {"private": True}])
def test_private_repository_stays_private(writer, folder, metadata):
    """One that is private already takes every upload, and stays so."""
    writer.upload_artifact(folder, {"repo_id": "alice/secret", **metadata})

    assert writer.get_model_metadata("alice/secret").private


def test_branch_that_is_missing(hub, writer, folder):
    """Nothing is created for a branch that a new repository can't have."""
    hub.reset_counts()
    with pytest.raises(RevisionNotFoundError, match="'work'"):
        writer.upload_artifact(folder, {"repo_id": "alice/base", "revision": "work"})
    with pytest.raises(RepoNotFoundError):
        writer.upload_artifact(folder, {"repo_id": "alice/new", "revision": "work"})

    assert 0 == hub.requests["create_repo"] + hub.requests["preupload"]
    assert not writer.repos.exists("alice/new")


def test_card_that_the_hub_does_not_take(writer, folder):
    """Nothing is created for a card that would be refused; the Hub's words say why."""
    metadata = {"repo_id": "alice/new", "license": "no-such-licence", "skip_card_checks": True}
    with pytest.raises(TransferError, match='"license" must be one of'):
        writer.upload_artifact(folder, metadata)

    assert not writer.repos.exists("alice/new")


def test_commit_to_an_open_pull_request(writer, folder):
    """Its ref is a branch like any other; main may be named too."""
    writer.upload_artifact(folder, {"repo_id": "alice/base", "create_pr": True})
    more = {"revision": "refs/pr/1", "language": "en", "commit_message": "more"}
    writer.upload_artifact(folder, {"repo_id": "alice/base", **more})
    writer.upload_artifact(folder, {"repo_id": "alice/new", "revision": "main", "commit_message": "made"})

    assert "more" == writer.repos.commits("alice/base", revision="refs/pr/1")[0].title
    assert "made" == titles(writer, "alice/new")[0]


def test_uploads_say_who_they_are(hub, writer, folder):
    """The library and its version are announced."""
    writer.upload_artifact(folder, {"repo_id": "alice/new"})
    agents = [record.headers["user-agent"] for record in hub.log if record.route == "commit"]

    assert [True] == [f"hubkit/{__version__}" in agent for agent in agents]
