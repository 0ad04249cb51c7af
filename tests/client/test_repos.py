"""Repositories: made, changed, read and removed."""

from __future__ import annotations

import time

import pytest

from hubkit import (
    AuthenticationError,
    DecodeError,
    InvalidArgumentError,
    InvalidRefError,
    NotConnectedError,
    RepoNotFoundError,
    ResponseError,
    RevisionNotFoundError,
    TransportTimeoutError,
    UnexpectedAnswerError,
)


@pytest.fixture
def repos(make_client, alice):
    """The repositories as alice sees them."""
    return make_client(token=alice).repos


def test_life_of_a_repository(repos, hub):
    """Created, seen, moved, hidden, deleted."""
    url = repos.create("alice/new")

    assert f"{hub.endpoint}/alice/new" == url
    assert repos.exists("alice/new")
    with pytest.raises(ResponseError) as conflict:
        repos.create("alice/new")
    assert 409 == conflict.value.status_code
    assert url == repos.create("alice/new", exist_ok=True)
    repos.move("alice/new", "alice/newer")
    repos.settings("alice/newer", private=True, gated="manual")
    repos.delete("alice/newer")
    assert not repos.exists("alice/newer")
    with pytest.raises(RepoNotFoundError):
        repos.delete("alice/newer")
    repos.delete("alice/newer", missing_ok=True)


def test_bare_name_is_the_users_own(repos):
    """A name without a namespace is created in the token's own."""
    assert repos.create("bare").endswith("/alice/bare")


def test_what_was_made_is_there_at_once(make_client, alice):
    """That there was no such repository, branch or tag is no answer any more for whoever has just made it."""
    client = make_client(token=alice)
    before = [client.get_model_metadata("alice/bare")]
    client.repos.create("bare")
    made = [client.get_model_metadata("alice/bare") is not None]
    for name, make in (("dev", client.repos.create_branch), ("v1", client.repos.create_tag)):
        before.append(client.get_model_metadata("alice/bare", revision=name))
        make("alice/bare", name)
        made.append(client.get_model_metadata("alice/bare", revision=name) is not None)

    assert [None, None, None] == before
    assert [True, True, True] == made


def test_what_was_deleted_by_its_bare_name_is_gone_at_once(make_client, alice):
    """The cache knows it by the name with its owner."""
    client = make_client(token=alice)
    client.repos.create("bare")
    client.require_model_metadata("alice/bare")
    client.repos.delete("bare")

    assert client.get_model_metadata("alice/bare") is None


@pytest.mark.parametrize("repo_type", ["model", "dataset", "space"])
def test_types(repos, repo_type):
    """All three kinds of repository."""
    repos.create("alice/kind", repo_type=repo_type, sdk="static" if repo_type == "space" else None)

    assert repos.exists("alice/kind", repo_type=repo_type)
    repos.delete("alice/kind", repo_type=repo_type)
    assert not repos.exists("alice/kind", repo_type=repo_type)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Log in</html>", "text/html"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'{"id": 7}', "application/json"),
        (b'{"id": "mallory/other"}', "application/json"),
    ],
)
def test_what_is_no_answer_says_nothing(repos, hub, body, kind):
    """A login portal that says 200 to everything doesn't say that a repository exists, nor that it has no branches."""
    hub.fail(status=200, body=body, headers={"Content-Type": kind}, times=None)
    for ask in (repos.exists, repos.refs):
        with pytest.raises((UnexpectedAnswerError, DecodeError)):
            ask("alice/base")

    assert 2 == hub.total_requests


def test_files_with_sizes(repos, hub):
    """Every file of a tree, LFS ones with their digest."""
    hub.commit("alice/base", {"deep/er/file.txt": b"12345"})
    files = {file.rfilename: file for file in repos.files("alice/base")}

    assert 5 == files["deep/er/file.txt"].size
    assert 10 == files["model.safetensors"].size
    assert 64 == len(files["model.safetensors"].sha256)
    assert files["config.json"].sha256 is None


def test_long_listings_come_whole(repos, hub):
    """More files than fit a page."""
    hub.commit("alice/base", {f"f{number:04}": b"" for number in range(1500)})

    assert 1500 == len([f for f in repos.files("alice/base") if f.rfilename.startswith("f")])


def test_history(repos, hub):
    """Newest first, and no more than asked for."""
    for number in range(3):
        hub.commit("alice/base", {"x": str(number).encode()}, message=f"change {number}")

    assert ["change 2", "change 1"] == [c.title for c in repos.commits("alice/base", limit=2)]
    assert 4 <= len(repos.commits("alice/base"))


@pytest.mark.parametrize("make", ["create_branch", "create_tag"])
def test_made_after_it_was_missed(make_client, hub, alice, make):
    """A branch or tag that this process makes is there, though it was told a moment ago that there is none."""
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    client = make_client(token=alice)
    missed = client.get_model_metadata("alice/mine", revision="v1")
    getattr(client.repos, make)("alice/mine", "v1")

    assert missed is None
    assert client.get_model_metadata("alice/mine", revision="v1") is not None


def test_branches_and_tags(repos):
    """Made at a revision, listed, removed."""
    head = repos.refs("alice/base").branches[0].commit_hash
    repos.create_branch("alice/base", "feature/x")
    repos.create_tag("alice/base", "v1", revision=head, message="first")
    refs = repos.refs("alice/base")

    assert {"main", "feature/x"} == {branch.name for branch in refs.branches}
    assert [("v1", head)] == [(tag.name, tag.commit_hash) for tag in refs.tags]
    with pytest.raises(ResponseError) as conflict:
        repos.create_branch("alice/base", "feature/x")
    assert 409 == conflict.value.status_code
    repos.delete_branch("alice/base", "feature/x")
    repos.delete_tag("alice/base", "v1")
    assert (1, 0) == (len(repos.refs("alice/base").branches), len(repos.refs("alice/base").tags))


def test_unknown_revision(repos):
    """Named as what it is."""
    with pytest.raises(RevisionNotFoundError):
        repos.files("alice/base", revision="nope")


def test_writes_need_a_token(client, hub):
    """Without one every changing call is refused before any request."""
    hub.reset_counts()
    repos = client.repos
    for change in (
        lambda: repos.create("a/b"),
        lambda: repos.delete("a/b"),
        lambda: repos.move("a/b", "a/c"),
        lambda: repos.settings("a/b", private=True),
        lambda: repos.create_branch("a/b", "x"),
        lambda: repos.delete_branch("a/b", "x"),
        lambda: repos.create_tag("a/b", "x"),
        lambda: repos.delete_tag("a/b", "x"),
    ):
        with pytest.raises(NotConnectedError):
            change()

    assert 0 == hub.total_requests


def test_writes_are_sent_once(repos, hub):
    """A failing write isn't repeated: nobody knows what became of it."""
    hub.reset_counts()
    hub.fail("create_repo", status=503, times=None)
    with pytest.raises(ResponseError):
        repos.create("alice/x")

    assert {"create_repo": 1} == dict(hub.requests)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 307, "headers": {"Location": "/api/models/alice/new/settings"}},
        {"status": 200, "body": "<html>log in</html>", "headers": {"Content-Type": "text/html"}},
    ],
)
def test_what_was_not_done_is_not_believed(repos, hub, answer):
    """A redirect or a portal's page is no success."""
    hub.fail("settings", **answer)
    with pytest.raises(UnexpectedAnswerError):
        repos.settings("alice/base", private=True)


def test_reading_token_may_not_write(hub, make_client):
    """A token without the right is told so."""
    repos = make_client(token=hub.add_user("alice", role="read")).repos
    with pytest.raises(AuthenticationError):
        repos.create("alice/x")


def test_changes_drop_what_is_cached(make_client, alice):
    """After a change of this process the old metadata isn't served."""
    client = make_client(token=alice)
    client.get_model_metadata("alice/base")
    client.repos.settings("alice/base", gated="auto")

    assert "auto" == client.get_model_metadata("alice/base").gated


@pytest.mark.parametrize(
    "call",
    [
        lambda repos: repos.create("../x"),
        lambda repos: repos.create("a/b", repo_type="thing"),
        lambda repos: repos.create("a/b", repo_type="space"),
        lambda repos: repos.create("a/b", sdk="gradio"),
        lambda repos: repos.files("a/b", revision="a b"),
        lambda repos: repos.move("a/b", "a//c"),
        lambda repos: repos.settings("a/b"),
        lambda repos: repos.settings("a/b", gated="maybe"),
        lambda repos: repos.commits("a/b", limit=0),
        lambda repos: repos.commits("a/b", limit="5"),
        lambda repos: repos.create_branch("a/b", "-x"),
    ],
)
def test_bad_arguments(repos, hub, call):
    """Refused before any request."""
    hub.reset_counts()
    with pytest.raises((InvalidArgumentError, InvalidRefError)):
        call(repos)

    assert 0 == hub.total_requests


@pytest.mark.parametrize(
    ("revision", "make"),
    [
        ("dev", lambda repos: repos.create_branch("alice/base", "dev")),
        ("v1", lambda repos: repos.create_tag("alice/base", "v1")),
    ],
)
def test_a_revision_that_was_missing_and_is_made(make_client, alice, revision, make):
    """It is there at once, whatever was remembered of it."""
    client = make_client(token=alice)
    before = client.get_model_metadata("alice/base", revision=revision)
    make(client.repos)

    assert before is None
    assert "alice/base" == client.get_model_metadata("alice/base", revision=revision).model_id


def test_own_repositories_by_their_bare_name(make_client, alice):
    """Without an owner they are the token's; what is cached of them lies under the whole name."""
    client = make_client(token=alice)
    seen = [client.get_model_metadata("alice/mine")]
    client.repos.create("mine")
    seen.append(client.get_model_metadata("alice/mine").model_id)
    client.repos.delete("mine")
    seen.append(client.get_model_metadata("alice/mine"))

    assert [None, "alice/mine", None] == seen


def test_a_repository_that_somebody_else_has_made(make_client, alice, hub):
    """With ``exist_ok`` it is there afterwards, also for who was told a moment ago that it isn't."""
    client = make_client(token=alice)
    client.get_model_metadata("alice/mine")
    hub.add_repo("alice/mine", {"config.json": b"{}"})
    client.repos.create("alice/mine", exist_ok=True)

    assert "alice/mine" == client.get_model_metadata("alice/mine").model_id


def test_another_write_under_way(make_client, alice, hub):
    """That is a conflict too, and no word of a repository being there."""
    body = {"error": "Cannot create repo: another conflicting operation is in progress"}
    hub.fail("create_repo", status=409, body=body)
    with pytest.raises(ResponseError, match="in progress"):
        make_client(token=alice).repos.create("alice/mine", exist_ok=True)

    assert not make_client(token=alice).repos.exists("alice/mine")


def test_a_change_whose_answer_was_lost(make_client, alice, hub):
    """Nobody knows what became of it: what was cached of the repository is asked anew."""
    client = make_client(token=alice, read_timeout=0.3)
    before = client.get_model_metadata("alice/base").gated
    hub.fail("settings", status=None, delay=1.0)
    with pytest.raises(TransportTimeoutError):
        client.repos.settings("alice/base", gated="auto")
    while not hub.requests["settings"]:
        time.sleep(0.05)

    assert (False, "auto") == (before, client.get_model_metadata("alice/base").gated)
