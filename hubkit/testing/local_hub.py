"""`LocalHub`: the Hugging Face Hub on your own machine, for tests."""

from __future__ import annotations

import collections
import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit.errors import BackendUnavailableError

try:
    import cheroot  # noqa: F401
    import werkzeug  # noqa: F401
except ImportError as _error:
    raise BackendUnavailableError(f'LocalHub needs {_error.name}: pip install "hubkit[testing]"') from _error

from hubkit.testing._app import HubApp, RequestRecord
from hubkit.testing._faults import Failure
from hubkit.testing._http_server import HttpServer
from hubkit.testing._records import read_records
from hubkit.testing._refusal import Refusal
from hubkit.testing._repos import KINDS, Repo, branch_ref
from hubkit.testing._routing import ROUTE_NAMES
from hubkit.testing._state import HubState
from hubkit.testing._xet import XET

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["LocalHub", "RequestRecord"]

_SERVER = "local-hub"


class LocalHub:
    """A real HTTP server that speaks the Hub's protocol.

    The client library and everything built on it work against it: search, metadata, downloads with ranges,
    commits with LFS, branches, pull requests, private and gated repositories. Every method may be called from any
    thread, while the hub runs or not.

    While any hub runs, ``HF_HUB_DISABLE_XET`` is set, in the environment and in ``huggingface_hub.constants``: there is
    no local Xet.

    Args:
        folder: Where repositories and tokens are kept, also after the process ends. None keeps them in memory.
        port: Where to listen; 0 takes a free port, which is then kept.
        host: The address to bind.
        threads: How many requests are answered at once.
        clock: Dates commits and requests, and measures rate limits. Delays of `fail` are real whatever the clock.

    >>> with LocalHub() as hub:
    ...     token = hub.add_user("alice")
    ...     commit_hash = hub.add_repo("alice/tiny", {"config.json": b"{}"})
    ...     len(commit_hash)
    40
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        threads: int = 40,
        clock: Clock | None = None,
    ) -> None:
        self._host, self._port, self._threads = host, port, threads
        self._state = HubState(Path(folder) if folder is not None else None, clock or SYSTEM_CLOCK)
        self._app = HubApp(self._state, clock or SYSTEM_CLOCK)
        self._server: HttpServer | None = None
        self._running = threading.Lock()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """The base URL, to be given to clients.

        Raises:
            RuntimeError: The hub was never started, so its port is not known.
        """
        if not self._port:
            raise RuntimeError("the hub has no address before it is started")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def url(self) -> str:
        """The same as `endpoint`."""
        return self.endpoint

    def start(self) -> Self:
        """Begin to listen; after `stop`, on the same port as before.

        Returns:
            The hub itself.

        Raises:
            OSError: The port is taken.
        """
        with self._running:
            if self._server is None:
                server = HttpServer(self._app, self._host, self._port, self._threads)
                self._app.stopping.clear()
                self._port = server.start()
                self._server = server
                XET.disable()
        return self

    def stop(self) -> None:
        """Stop listening and drop all connections; what the hub knows stays. Twice is once."""
        with self._running:
            if self._server is not None:
                self._app.stopping.set()
                self._server.stop()
                self._server = None
                XET.restore()

    # What the hub holds

    def load_models(self, path: str | Path) -> int:
        """Take over Hub-shaped records of models.

        Args:
            path: JSON (one record, a list, or items wrapped in ``repoData``) or JSON lines, gzipped or not.

        Returns:
            How many were loaded.

        Raises:
            ValueError: The file holds something else.
        """
        records = list(read_records(Path(path)))
        with self._state.lock:
            return self._state.load(records)

    def add_model(self, record: Mapping[str, Any]) -> None:
        """Take over one Hub-shaped record; its files are known by name alone.

        Args:
            record: Served with all its keys. Those of 2022 have ``modelId`` and no ``id``.

        Raises:
            ValueError: It has neither.
        """
        with self._state.lock:
            self._state.load([record])

    def add_user(
        self, name: str, token: str | None = None, *, role: str = "write", orgs: Iterable[str] = ()
    ) -> str:
        """Give a user a token; a user may have several.

        Args:
            name: User name, and the namespace that is the user's own.
            token: The token; None makes one.
            role: ``write`` or ``read``.
            orgs: Organizations that the user belongs to.

        Returns:
            The token.

        Raises:
            ValueError: The role is neither, or the token is another user's.
        """
        with self._state.lock:
            return self._state.add_identity(name, token, role=role, orgs=orgs).token

    def add_repo(
        self,
        repo_id: str,
        files: Mapping[str, bytes] | str | Path | None = None,
        *,
        repo_type: str = "model",
        private: bool = False,
        gated: bool | str = False,
    ) -> str:
        """Make a repository with real contents.

        Args:
            repo_id: Its id.
            files: Contents by path, or a folder to copy; None makes it empty.
            repo_type: ``model``, ``dataset`` or ``space``.
            private: Whether only its owners may know of it.
            gated: False, ``auto`` or ``manual``.

        Returns:
            The commit hash of its first commit.

        Raises:
            ValueError: The id is taken, or there is no such folder or type.
            TypeError: A content is no bytes.
        """
        if repo_type not in KINDS.values():
            raise ValueError(f"repo_type must be one of {', '.join(KINDS.values())}, not {repo_type!r}")
        contents = _read_folder(Path(files)) if isinstance(files, str | Path) else dict(files or {})
        _check_contents(contents)
        with self._state.lock:
            repo = self._state.create(repo_type, repo_id, private=private, gated=gated)
            author = repo.namespace or _SERVER
            return self._state.put_files(repo, contents, title="initial commit", author=author).commit_hash

    def commit(
        self,
        repo_id: str,
        files: Mapping[str, bytes | None],
        *,
        revision: str = "main",
        message: str = "Update files",
        repo_type: str = "model",
    ) -> str:
        """Move a branch from the server's side, as somebody else's push would.

        Args:
            repo_id: The repository.
            files: Contents by path; None removes a file.
            revision: The branch.
            message: Title of the commit.
            repo_type: ``model``, ``dataset`` or ``space``.

        Returns:
            The new commit hash.

        Raises:
            LookupError: There is no such repository or branch.
            TypeError: A content is no bytes.
        """
        _check_contents(files)
        with self._state.lock:
            repo = self._find(repo_id, repo_type)
            try:
                made = self._state.put_files(
                    repo, files, ref=branch_ref(revision), title=message, author=repo.namespace or _SERVER
                )
            except Refusal as refusal:
                raise LookupError(f"{repo_type} {repo_id} has no branch {revision!r}") from refusal
            return made.commit_hash

    def grant(self, repo_id: str, user: str, *, repo_type: str = "model") -> None:
        """Let a user read the files of a gated repository.

        Args:
            repo_id: The repository.
            user: User name.
            repo_type: ``model``, ``dataset`` or ``space``.

        Raises:
            LookupError: There is no such repository.
        """
        with self._state.lock:
            repo = self._find(repo_id, repo_type)
            repo.granted.add(user)
            self._state.save(repo)

    def rename(self, repo_id: str, new_id: str, *, repo_type: str = "model") -> None:
        """Give a repository another id; the old one leads to it.

        Args:
            repo_id: The repository.
            new_id: Its new id.
            repo_type: ``model``, ``dataset`` or ``space``.

        Raises:
            LookupError: There is no such repository.
            ValueError: The new id is taken.
        """
        with self._state.lock:
            self._state.move(self._find(repo_id, repo_type), new_id)

    # How the hub misbehaves

    def fail(
        self,
        route: str | None = None,
        *,
        status: int | None = 503,
        times: int | None = 1,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | Mapping[str, Any] | None = None,
        delay: float = 0.0,
        code: str | None = None,
    ) -> None:
        """Let the next requests go wrong.

        Args:
            route: The only route to hit, by its name in `requests`; None hits all.
            status: What to answer; None answers normally, after the delay; 0 hangs up without an answer.
            times: How many requests to hit; None all of them, until `clear_faults`.
            headers: Further headers, such as ``Retry-After``; a ``Content-Length`` that is too long cuts the answer
                short.
            body: What the answer holds; None writes an error of the Hub's shape.
            delay: Seconds to wait first, in real time.
            code: ``X-Error-Code``.

        Raises:
            ValueError: There is no such route.
        """
        if route is not None and route not in ROUTE_NAMES:
            raise ValueError(f"no route is named {route!r}; there are {', '.join(sorted(ROUTE_NAMES))}")
        content = json.dumps(body).encode() if isinstance(body, Mapping) else body
        content = content.encode() if isinstance(content, str) else content
        failure = Failure(
            route=route, status=status, headers=dict(headers or {}), body=content, delay=delay, code=code
        )
        self._app.faults.plan(failure, times)

    def limit(self, requests: int | None, window: float = 300.0) -> None:
        """Set a rate limit on ``/api`` routes, counted for each user and for anonymous callers.

        Args:
            requests: The quota; None lifts the limit.
            window: Seconds after which counting starts anew.
        """
        self._app.limit.set(requests, window)

    def clear_faults(self) -> None:
        """Forget every planned failure and lift the rate limit."""
        self._app.faults.clear()
        self._app.limit.set(None, 300.0)

    # What the hub was asked

    @property
    def requests(self) -> collections.Counter[str]:
        """How often each route was asked, whatever the answer; a copy."""
        return self._app.counts()

    @property
    def total_requests(self) -> int:
        """How many requests there were."""
        return self._app.counts().total()

    @property
    def log(self) -> list[RequestRecord]:
        """Every request (the last 100,000 of them), oldest first."""
        return self._app.log()

    def reset_counts(self) -> None:
        """Empty `requests` and `log`."""
        self._app.reset()

    def _find(self, repo_id: str, repo_type: str) -> Repo:
        repo = self._state.find(repo_type, repo_id)
        if repo is None:
            raise LookupError(f"no such {repo_type}: {repo_id}")
        return repo


def _check_contents(files: Mapping[str, bytes | None]) -> None:
    """Refuse what is no content before anything is changed: half a repository would be there otherwise."""
    for path, content in files.items():
        if content is not None and not isinstance(content, (bytes, bytearray, memoryview)):
            raise TypeError(f"the content of {path!r} must be bytes, not {type(content).__name__}")


def _read_folder(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise ValueError(f"there is no folder {str(folder)!r} to copy")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
