"""Which requests are questions, which change something, and what a question's text is."""

from __future__ import annotations

import pytest

from hubkit.interop._questions import Kind, changed_by, endpoint_of, question_in

HUB = "https://huggingface.co"
COMMIT = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "path", "kind", "repo_id", "revision"),
    [
        ("GET", "/api/models/org/name", Kind.INFO, "org/name", None),
        ("GET", "/api/models/gpt2", Kind.INFO, "gpt2", None),
        ("GET", "/api/datasets/org/name?blobs=true", Kind.INFO, "org/name", None),
        ("GET", "/api/spaces/org/name/revision/main", Kind.INFO, "org/name", "main"),
        ("GET", "/api/models/gpt2/revision/refs%2Fpr%2F1", Kind.INFO, "gpt2", "refs/pr/1"),
        ("GET", "/api/models/org/name/tree/main", Kind.TREE, "org/name", "main"),
        ("GET", "/api/models/org/name/tree/feature%2Fx/sub/folder", Kind.TREE, "org/name", "feature/x"),
        ("GET", "/api/models/gpt2/tree/main", Kind.TREE, "gpt2", "main"),
        ("GET", "/api/models/org/name/refs?include_prs=1", Kind.REFS, "org/name", None),
        ("GET", f"/api/models/org/name/commits/{COMMIT}", Kind.COMMITS, "org/name", COMMIT),
        ("POST", "/api/models/org/name/paths-info/main", Kind.PATHS, "org/name", "main"),
        ("GET", "/api/models?search=x", Kind.LIST, None, None),
        ("GET", "/api/datasets", Kind.LIST, None, None),
        ("HEAD", "/org/name/resolve/main/config.json", Kind.FILE, "org/name", "main"),
        ("HEAD", "/gpt2/resolve/v1.0/a/b.json", Kind.FILE, "gpt2", "v1.0"),
        ("HEAD", "/datasets/org/name/resolve/main/a.csv", Kind.FILE, "org/name", "main"),
        ("HEAD", f"/api/resolve-cache/models/org/name/{COMMIT}/a.json?x=1", Kind.FILE, "org/name", COMMIT),
    ],
)
def test_questions(method, path, kind, repo_id, revision):
    """What is asked, of which repository and revision."""
    found = question_in(method, HUB + path, content_type=FORM)

    assert found is not None
    assert (kind, repo_id, revision) == (found.kind, found.repo and found.repo.repo_id, found.revision)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/whoami-v2"),
        ("GET", "/org/name/resolve/main/config.json"),
        ("HEAD", "/api/models/org/name"),
        ("POST", "/api/models/org/name"),
        ("GET", "/api/models/org/name/auth-check"),
        ("GET", "/api/models/gpt2/auth-check"),
        ("GET", "/api/models/org/name/discussions"),
        ("GET", "/api/models/gpt2/discussions"),
        ("GET", "/api/models/org/name/xet-read-token/main"),
        ("GET", "/api/models/org/name/xet-write-token/main"),
        ("GET", "/api/spaces/org/name/runtime"),
        ("GET", "/api/models-tags-by-type"),
        ("GET", "/api/collections/org/name"),
        ("GET", "/api/models/../whoami-v2"),
        ("GET", "/api/models/org/name/tree/a..b"),
        ("GET", "/api/models/org/name/revision/%0A"),
        ("HEAD", "/org/name/resolve/main/"),
        ("HEAD", "/org/name/raw/main/config.json"),
        ("PUT", "/api/models/org/name/settings"),
        ("GET", "/"),
    ],
)
def test_no_questions(method, path):
    """All else passes through."""
    assert question_in(method, HUB + path) is None


@pytest.mark.parametrize(
    "url", ["", "x", "http://[", "http://[::1/api/models", "//api/models/x", "\0", "http://a:b:c/"]
)
def test_no_urls(url):
    """What is no URL asks nothing and changes nothing."""
    assert (None, [], url) == (question_in("GET", url), changed_by("POST", url), url)


def test_paths_are_asked_with_a_form():
    """JSON that is posted is not read for us."""
    assert (
        question_in("POST", f"{HUB}/api/models/a/b/paths-info/main", content_type="application/json") is None
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/api/models?b=1&a=2", "/api/models?a=2&b=1"),
        ("/api/models/a/b?expand=x&expand=y", "/api/models/a/b?expand=y&expand=x"),
        ("/api/models/a/b", "/api/models/a/b/revision/main"),
    ],
)
def test_one_question_has_one_text(one, other):
    """However it is written."""
    texts = [question_in("GET", HUB + path).text for path in (one, other)]

    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/api/models/a/b?blobs=true", "/api/models/a/b"),
        ("/api/models/a/b?blobs=true", "/api/models/a/b/revision/main?blobs=true"),
        ("/api/models/a/b", "/api/models/a/b/revision/dev"),
        ("/api/models/a/b", "/api/datasets/a/b"),
        ("/api/models/a/b", "/api/models/A/b"),
        ("/api/models/a/b/tree/main", "/api/models/a/b/tree/main?recursive=true"),
    ],
)
def test_different_questions_have_different_texts(one, other):
    """Else one would be answered with the other's answer."""
    texts = [question_in("GET", HUB + path).text for path in (one, other)]

    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://h/mirror/hf/api/models/a/b", "http://h/mirror/hf"),
        ("http://h/api/models/a/b", "http://h"),
        ("http://h/mirror/hfx/api/models/a/b", "http://h"),
        ("http://[", ""),
    ],
)
def test_mirrors_below_a_path(url, endpoint):
    """An endpoint is known by its path only where it was told of."""
    assert endpoint == endpoint_of(url, ["http://h/mirror/hf"])


def test_files_of_questions():
    """The path inside the repository, as people write it, through either address."""
    paths = [
        "/a/b/resolve/main/x/gr%C3%B6%C3%9Fe.json",
        f"/api/resolve-cache/models/a/b/{COMMIT}/x/y%20z.json?q={{}}",
    ]

    assert ["x/größe.json", "x/y z.json"] == [question_in("HEAD", HUB + path).file for path in paths]


def test_folders_of_questions():
    """The folder of a tree; the whole tree has none."""
    paths = ["/api/models/a/b/tree/main/x/y%20z", "/api/models/a/b/tree/main", "/api/models/a/b"]

    assert ["x/y z", "", ""] == [question_in("GET", HUB + path).file for path in paths]


def test_at_a_commit():
    """The same question, of the commit; a revision that is quoted too."""
    question = question_in("HEAD", f"{HUB}/a/b/resolve/refs%2Fpr%2F1/{{}}x.json")

    assert f"{HUB}/a/b/resolve/{COMMIT}/{{}}x.json" == question.at(COMMIT).url
    assert question.is_on_branch
    assert question.at(COMMIT).is_immutable


@pytest.mark.parametrize(
    ("method", "path", "body", "names"),
    [
        ("POST", "/api/models/org/name/commit/main", b"", ["org/name"]),
        ("POST", "/api/models/gpt2/commit/main", b"", ["gpt2"]),
        ("PUT", "/api/datasets/org/name/settings", b"", ["org/name"]),
        ("DELETE", "/api/models/org/name/branch/dev", b"", ["org/name"]),
        ("POST", "/api/models/org/name/super-squash/main", b"", ["org/name"]),
        ("POST", "/api/models/org/name/discussions/3/merge", b"", ["org/name"]),
        ("POST", "/api/repos/create", b'{"name": "x", "organization": "org"}', ["org/x"]),
        (
            "POST",
            "/api/repos/move",
            b'{"fromRepo": "a/b", "toRepo": "c/d", "type": "dataset"}',
            ["a/b", "c/d"],
        ),
        ("DELETE", "/api/repos/delete", b'{"name": "../x"}', []),
        ("DELETE", "/api/repos/delete", b"not json", []),
        ("DELETE", "/api/repos/delete", b"[]", []),
        ("POST", "/api/models/org/name/paths-info/main", b"", []),
        ("POST", "/api/models/org/name/preupload/main", b"", []),
        ("POST", "/org/name.git/info/lfs/objects/batch", b"", []),
        ("POST", "/api/validate-yaml", b"", []),
        ("GET", "/api/models/org/name/commit/main", b"", []),
    ],
)
def test_changes(method, path, body, names):
    """Which repositories a request changes."""
    assert names == [repo.repo_id for repo in changed_by(method, HUB + path, body=body)]
