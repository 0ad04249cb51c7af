"""Which of huggingface_hub's requests may be answered from a cache, and which change what is cached: pure.

Reads: what `HfApi` asks about repositories, and HEAD of their files. Bodies of files
are huggingface_hub's own to cache; whatever isn't named here passes through.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import attrs

from hubkit._lazy import load_json
from hubkit._refs import is_commit_hash, is_repo_id, parse_repo_id, parse_revision, quote_revision
from hubkit.errors import DecodeError, InvalidRefError

__all__ = ["Kind", "Question", "RepoName", "changed_by", "endpoint_of", "question_in"]


class Kind(enum.Enum):
    """What a question is about."""

    INFO = "info"
    TREE = "tree"
    REFS = "refs"
    COMMITS = "commits"
    PATHS = "paths-info"
    FILE = "file"
    """Size, etag and commit of a file: a HEAD."""
    LIST = "list"
    """Which repositories there are."""


@attrs.frozen
class RepoName:
    """A repository of one Hub."""

    endpoint: str
    repo_type: str
    """``models``, ``datasets`` or ``spaces``."""
    repo_id: str


@attrs.frozen(kw_only=True)
class Question:
    """A read whose answer may be kept."""

    kind: Kind
    method: str
    endpoint: str
    repo: RepoName | None
    """None for a list."""
    revision: str | None
    """Branch, tag or commit as it was asked; None where there is none in the URL."""
    path: str
    """Of the URL, with ``{}`` where the revision stands, below the endpoint."""
    query: str
    """In the order of its names, so that one question has one text."""
    form: str = ""
    """What a POST asks, likewise."""

    @property
    def is_immutable(self) -> bool:
        """Whether the answer can't change: it is about a commit."""
        return self.revision is not None and is_commit_hash(self.revision)

    @property
    def is_on_branch(self) -> bool:
        """Whether the answer is that of whatever commit the revision is at."""
        return self.revision is not None and not self.is_immutable and self.kind is not Kind.INFO

    @property
    def url(self) -> str:
        """Where to ask."""
        return self.url_at(self.revision)

    @property
    def text(self) -> str:
        """The whole question but for the endpoint; the same for the two ways to ask about the main branch."""
        url = self.url[len(self.endpoint) :]
        if self.kind is Kind.INFO and self.revision == "main" and not self.query:
            url = url.removesuffix("/revision/main")
        return f"{self.method} {url} {self.form}".rstrip()

    @property
    def file(self) -> str:
        """The path inside the repository that a HEAD or a tree is about; empty where it is about all of it."""
        return unquote(self.path.partition("{}/")[2]) if self.kind in (Kind.FILE, Kind.TREE) else ""

    def url_at(self, revision: str | None) -> str:
        """Where to ask the same of another revision."""
        path = self.path if revision is None else self.path.replace("{}", quote_revision(revision), 1)
        return f"{self.endpoint}{path}" + (f"?{self.query}" if self.query else "")

    def at(self, commit_hash: str) -> Question:
        """The same question about one commit."""
        return attrs.evolve(self, revision=commit_hash)


_REPO_ID = r"(?P<id>[\w.-]+/[\w.-]+|[\w.-]+)"
_TYPE = r"(?P<type>models|datasets|spaces)"
_REVISION = r"(?P<revision>[^/]+)"
# Ids have one part or two, so that the words behind them decide; longer ones first.
_READS: tuple[tuple[str, Kind, re.Pattern[str]], ...] = tuple(
    (method, kind, re.compile(pattern + r"\Z", re.ASCII))
    for method, kind, pattern in (
        ("GET", Kind.LIST, rf"/api/{_TYPE}"),
        ("GET", Kind.TREE, rf"/api/{_TYPE}/{_REPO_ID}/tree/{_REVISION}(?:/.*)?"),
        ("GET", Kind.REFS, rf"/api/{_TYPE}/{_REPO_ID}/refs"),
        ("GET", Kind.COMMITS, rf"/api/{_TYPE}/{_REPO_ID}/commits/{_REVISION}"),
        ("POST", Kind.PATHS, rf"/api/{_TYPE}/{_REPO_ID}/paths-info/{_REVISION}"),
        ("GET", Kind.INFO, rf"/api/{_TYPE}/{_REPO_ID}/revision/{_REVISION}"),
        ("GET", Kind.INFO, rf"/api/{_TYPE}/{_REPO_ID}"),
        ("HEAD", Kind.FILE, rf"/api/resolve-cache/{_TYPE}/{_REPO_ID}/{_REVISION}/.+"),
        ("HEAD", Kind.FILE, rf"/(?:(?P<type>datasets|spaces)/)?{_REPO_ID}/resolve/{_REVISION}/.+"),
    )
)
# An id of one part with one of these behind it looks like an id of two.
_NOT_NAMES = frozenset(
    {"auth-check", "discussions", "jwt", "notebook", "resource-group", "scan", "settings", "treesize"}
)
_FORM = "application/x-www-form-urlencoded"

_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Of a repository, these change nothing, or nothing yet.
_HARMLESS = re.compile(r"(?:paths-info|preupload|auth-check|xet-(?:read|write)-token)(?:/|\Z)")
_WORDS = "branch|commit|discussions|paths-info|preupload|settings|super-squash|tag"
_CHANGE = re.compile(
    # An id of one part only where a word that is no name comes next.
    rf"/api/{_TYPE}/(?P<id>[\w.-]+(?=/(?:{_WORDS})/)|[\w.-]+/[\w.-]+)/(?P<what>.+)\Z",
    re.ASCII,
)
_REPOS = re.compile(r"/api/repos/(?:create|delete|move)\Z")


def question_in(
    method: str, url: str, *, content_type: str = "", body: bytes = b"", endpoints: Collection[str] = ()
) -> Question | None:
    """The question that a request asks; None when its answer is not to be kept.

    Args:
        method: In capitals.
        url: The whole URL.
        content_type: Of the body.
        body: What a POST sends.
        endpoints: Hubs that are known by more than a host, such as a mirror below a path.

    >>> question_in("GET", "https://huggingface.co/api/models/org/name?blobs=true").kind
    <Kind.INFO: 'info'>
    >>> question_in("GET", "https://huggingface.co/org/name/resolve/main/model.safetensors") is None
    True
    """
    try:
        endpoint, path, query = _split(url, endpoints)
    except ValueError:
        return None
    for wanted, kind, pattern in _READS:
        match = pattern.match(path) if method == wanted else None
        if match is None:
            continue
        try:
            repo, revision = _repo(endpoint, match), _revision(match)
        except InvalidRefError:
            return None
        if kind is Kind.PATHS and _FORM not in content_type:
            return None
        return Question(
            kind=kind,
            method=method,
            endpoint=endpoint,
            repo=repo,
            revision=revision,
            path=_template(path, match),
            query=_canonical(query),
            form=_canonical(body.decode("utf-8", "replace")) if kind is Kind.PATHS else "",
        )
    return None


def changed_by(
    method: str, url: str, *, body: bytes = b"", endpoints: Collection[str] = ()
) -> list[RepoName]:
    """The repositories about which answers are outdated once this request has succeeded.

    >>> changed_by("POST", "https://huggingface.co/api/models/org/name/commit/main")[0].repo_id
    'org/name'
    """
    if method not in _WRITING:
        return []
    try:
        endpoint, path, _ = _split(url, endpoints)
    except ValueError:
        return []
    if _REPOS.match(path):
        return list(_named(endpoint, body))
    match = _CHANGE.match(path)
    if match is None or _HARMLESS.match(match["what"]) or not is_repo_id(match["id"]):
        return []
    return [RepoName(endpoint, match["type"], match["id"])]


def endpoint_of(url: str, endpoints: Collection[str] = ()) -> str:
    """The Hub that a URL belongs to; empty where that can't be told."""
    try:
        return _split(url, endpoints)[0]
    except ValueError:
        return ""


def _split(url: str, endpoints: Collection[str]) -> tuple[str, str, str]:
    """Endpoint, path below it, and query.

    Raises:
        ValueError: It is no URL of the web.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"no address of a Hub: {url[:100]!r}")
    whole = f"{parts.scheme}://{parts.netloc}{parts.path}"
    for endpoint in endpoints:
        if whole.startswith(f"{endpoint}/"):
            return endpoint, whole[len(endpoint) :], parts.query
    return f"{parts.scheme}://{parts.netloc}", parts.path, parts.query


def _repo(endpoint: str, match: re.Match[str]) -> RepoName | None:
    """The repository in a path; None where there is none."""
    groups = match.groupdict()
    repo_id = groups.get("id")
    if repo_id is None:
        return None
    if repo_id.rpartition("/")[2] in _NOT_NAMES:
        raise InvalidRefError(f"{repo_id} is about a repository, and none itself")
    return RepoName(endpoint, groups["type"] or "models", parse_repo_id(repo_id))


def _revision(match: re.Match[str]) -> str | None:
    """As people write it; None where there is none."""
    quoted = match.groupdict().get("revision")
    return None if quoted is None else parse_revision(unquote(quoted))


def _template(path: str, match: re.Match[str]) -> str:
    if match.groupdict().get("revision") is None:
        return path
    begin, end = match.span("revision")
    return f"{path[:begin]}{{}}{path[end:]}"


def _canonical(query: str) -> str:
    return urlencode(sorted(parse_qsl(query, keep_blank_values=True)))


def _named(endpoint: str, body: bytes) -> Iterator[RepoName]:
    """The repositories that a request to make, delete or move one is about."""
    try:
        said = load_json(body)
    except DecodeError:
        return
    if not isinstance(said, dict):
        return
    owner, name = said.get("organization"), said.get("name")
    for repo_id in (said.get("fromRepo"), said.get("toRepo"), f"{owner}/{name}" if owner else name):
        if isinstance(repo_id, str) and is_repo_id(repo_id):
            yield RepoName(endpoint, f"{said.get('type') or 'model'}s", repo_id)
