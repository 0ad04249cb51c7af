"""Identities, commits and refs, from what the Hub sends and from what it should not."""

from __future__ import annotations

import json
import pickle

import pytest

from hubkit import DecodeError
from hubkit.models import Identity, RepoCommit, RepoRef

ODD = [None, 5, "text", [], [None], [5], {}, {"a": 1}, True]


def test_recorded_identity(payloads) -> None:
    """The recorded answer of whoami is understood."""
    answer = json.loads((payloads / "http__whoami_v2_fine_grained.json").read_text("utf-8"))["body"]
    identity = Identity.from_hub(answer)

    assert identity == Identity(
        name="someuser", fullname="some user", token_name="deployement", token_role="fineGrained"
    )
    assert identity == pickle.loads(pickle.dumps(identity))


def test_organisations() -> None:
    """The names of organisations are taken; those without a name are left out."""
    answer = {"name": "me", "orgs": [{"name": "a"}, {"name": "b"}, {}, None, "c"]}

    assert Identity.from_hub(answer).orgs == ("a", "b")


@pytest.mark.parametrize("key", ["type", "fullname", "orgs", "auth"])
@pytest.mark.parametrize("value", ODD)
def test_odd_parts_of_an_identity(key, value) -> None:
    """Parts of another type are unknown, never a crash nor a made-up text."""
    identity = Identity.from_hub({"name": "me", key: value})

    assert identity.name == "me"
    assert identity.type == (value if key == "type" and value == "text" else "user")
    assert identity.fullname == (value if key == "fullname" and value == "text" else None)


@pytest.mark.parametrize("answer", [{}, {"name": None}, {"name": ""}, {"name": 5}])
def test_nobody(answer) -> None:
    """An answer that names nobody is refused."""
    with pytest.raises(DecodeError):
        Identity.from_hub(answer)


def test_commits() -> None:
    """A commit has its authors' names."""
    record = {"id": "a" * 40, "title": "t", "message": "m", "date": "d", "authors": [{"user": "x"}, {}, 5]}

    assert RepoCommit.from_hub(record) == RepoCommit(
        commit_hash="a" * 40, title="t", message="m", date="d", authors=("x",)
    )


@pytest.mark.parametrize("key", ["title", "message", "date", "authors"])
@pytest.mark.parametrize("value", ODD)
def test_odd_parts_of_a_commit(key, value) -> None:
    """Parts of another type count as absent."""
    commit = RepoCommit.from_hub({"id": "a" * 40, key: value})

    assert isinstance(commit.title, str)
    assert isinstance(commit.message, str)
    assert commit.date is None or commit.date == "text"
    assert commit.authors == ()


def test_recorded_refs(payloads) -> None:
    """The recorded branches are understood."""
    answer = json.loads((payloads / "refs__openai__whisper-tiny.json").read_text("utf-8"))
    answer = answer.get("body") or answer
    refs = [RepoRef.from_hub(record) for record in answer["branches"]]

    assert [record["targetCommit"] for record in answer["branches"]] == [ref.commit_hash for ref in refs]
    assert refs[0].name == "main"


@pytest.mark.parametrize(
    "record", [{}, {"name": "a", "ref": "b"}, {"name": "a", "ref": None, "targetCommit": "c"}]
)
def test_incomplete_refs(record) -> None:
    """A ref without a part is refused."""
    with pytest.raises(DecodeError):
        RepoRef.from_hub(record)


def test_commit_without_an_id() -> None:
    """A commit without an id is refused."""
    with pytest.raises(DecodeError):
        RepoCommit.from_hub({"title": "t"})
