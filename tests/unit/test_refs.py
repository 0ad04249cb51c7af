"""Names of repositories, revisions and files: the real ones pass, the dangerous ones don't."""

from __future__ import annotations

import pytest

from hubkit._refs import (
    api_prefix,
    is_commit_hash,
    is_repo_id,
    normalize_endpoint,
    parse_repo_id,
    parse_repo_path,
    parse_repo_type,
    parse_revision,
    quote_revision,
)
from hubkit.errors import InvalidRefError

BAD_IDS = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "x/..",
    "a/..b",
    "a..b/c",
    "/a",
    "a/",
    "/",
    "a//b",
    "a/b/c",
    "a b/c",
    " a/b",
    "a/b ",
    "a/b\n",
    "a/b\0",
    "a\tb",
    "a\\b",
    "a/b?x=1",
    "a/b#c",
    "a/%2e%2e",
    "a:b",
    "a/b@main",
    "ä/b",
    "a/\u202eb",
    "https://huggingface.co/a/b",
    "x" * 513,
    "x" * 300 + "/" + "y" * 300,
]
BAD_REVISIONS = [
    "",
    "a b",
    "a..b",
    "a//b",
    "/a",
    "a/",
    "-a",
    ".a",
    "a.",
    "a.lock",
    "a@{1}",
    "a\\b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[",
    "a\0",
    "a\nb",
    "\ud800",
    "x" * 513,
]
BAD_PATHS = [
    "",
    "/",
    "/etc/passwd",
    "../x",
    "a/../b",
    "a/./b",
    "a//b",
    "a/",
    "a\\b",
    "a\0b",
    "a\x85b",
    "\ud800",
]
NOT_TEXTS = [None, 5, b"a/b", ["a/b"], {}, object()]


def test_real_ids_pass(records) -> None:
    """Every id that the Hub was seen to serve is an id."""
    ids = [record.get("id") or record["modelId"] for record in records]

    assert [model_id for model_id in ids if not is_repo_id(model_id)] == []


@pytest.mark.parametrize(
    "model_id",
    [
        "gpt2",
        "a",
        "huggingtweets/_ikeay",
        "a/b.c-d_e",
        "A/.hidden",
        "a--b/c",
        "x" * 128 + "/" + "y" * 128,
        "x" * 512,
    ],
)
def test_odd_ids_pass(model_id) -> None:
    """Ids without a namespace, with leading underscores, and of 257 characters are real."""
    assert parse_repo_id(model_id) == model_id


@pytest.mark.parametrize("model_id", BAD_IDS)
def test_bad_ids_fail(model_id) -> None:
    """What would climb out of a folder or change a URL is refused, and the error names the argument."""
    with pytest.raises(InvalidRefError, match=r"^base_model ") as caught:
        parse_repo_id(model_id, field="base_model")

    assert str(caught.value).isprintable()
    assert not is_repo_id(model_id)


@pytest.mark.parametrize("value", NOT_TEXTS)
def test_what_is_no_text_fails(value) -> None:
    """Every checker refuses other types with the error of a bad name."""
    for check in (parse_repo_id, parse_revision, parse_repo_path, parse_repo_type):
        with pytest.raises(InvalidRefError):
            check(value)


@pytest.mark.parametrize(
    "revision", ["main", "v1.0", "refs/pr/3", "feature/x", "ünïcode", "a" * 40, "v1.0-rc_1"]
)
def test_revisions_pass(revision) -> None:
    """Branches, tags, pull requests and commits are revisions."""
    assert parse_revision(revision) == revision


@pytest.mark.parametrize("revision", BAD_REVISIONS)
def test_bad_revisions_fail(revision) -> None:
    """What git would refuse, or no URL could carry, is refused before it is sent."""
    with pytest.raises(InvalidRefError, match=r"^revision ") as caught:
        parse_revision(revision)

    assert str(caught.value).isprintable()


def test_real_paths_pass(records) -> None:
    """Every file name of the recorded repositories is a path, non-ASCII ones too."""
    paths = [file["rfilename"] for record in records for file in record.get("siblings") or ()]

    assert len(paths) > 10_000
    assert [path for path in paths if parse_repo_path(path) != path] == []


@pytest.mark.parametrize("path", BAD_PATHS)
def test_bad_paths_fail(path) -> None:
    """Absolute, climbing, backslashed and unprintable paths are refused."""
    with pytest.raises(InvalidRefError, match=r"^path "):
        parse_repo_path(path)


def test_commit_hashes() -> None:
    """Forty lower-case hex digits, no more and no less."""
    candidates = ["a" * 40, "A" * 40, "a" * 39, "a" * 41, "g" * 40, "a" * 40 + "\n", "main", None]

    assert [True] + [False] * 7 == [is_commit_hash(text) for text in candidates]


def test_revision_is_one_url_segment() -> None:
    """Slashes, percent signs and non-ASCII letters of a revision are quoted."""
    assert quote_revision("refs/pr/1") == "refs%2Fpr%2F1"
    assert api_prefix("dataset", "a/b", "ü%") == "/api/datasets/a/b/revision/%C3%BC%25"


def test_types_of_repositories() -> None:
    """There are three, and the error about another lists them."""
    assert ["model", "dataset", "space"] == [parse_repo_type(text) for text in ("model", "dataset", "space")]
    with pytest.raises(InvalidRefError, match="model, dataset, space"):
        parse_repo_type("models")


def test_one_hub_has_one_name() -> None:
    """Slashes at the end and spaces around an endpoint don't make another Hub of it."""
    assert normalize_endpoint(" https://huggingface.co// ") == "https://huggingface.co"
