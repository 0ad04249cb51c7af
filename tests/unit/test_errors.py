"""The tree of errors: as drawn, picklable, and of the builtin kinds that callers catch."""

from __future__ import annotations

import builtins
import copy
import inspect
import pickle
import re

import pytest

import hubkit.errors
from hubkit.errors import (
    AuthenticationError,
    BackendUnavailableError,
    ConfigError,
    HubkitError,
    InvalidTokenError,
    LocalPathError,
    NotConnectedError,
    RateLimitedError,
    RepoNotFoundError,
    ResponseError,
    ServerError,
    TransportError,
    TransportTimeoutError,
)

CLASSES = [
    value
    for value in vars(hubkit.errors).values()
    if inspect.isclass(value) and issubclass(value, HubkitError)
]
RESPONSES = [kind for kind in CLASSES if issubclass(kind, ResponseError)]


def _drawn_tree():
    """The drawing in the docstring: each class's name with all of its bases' names."""
    parents: list[str] = []
    tree = {}
    for line in hubkit.errors.__doc__.splitlines():
        match = re.fullmatch(r"    ((?:│   |    )*(?:├── |└── )?)(\w+)(?:\(([\w, ]+)\))?", line)
        if match:
            depth = len(match[1]) // 4
            del parents[depth:]
            bases = parents[-1:] + (match[3].split(", ") if match[3] else [])
            tree[match[2]] = bases or ["Exception"]
            parents.append(match[2])
    return tree


def test_drawn_tree_is_the_real_one() -> None:
    """The drawing in the module's docstring shows every class with its bases, and nothing else."""
    real = {kind.__name__: [base.__name__ for base in kind.__bases__] for kind in CLASSES}

    assert real == _drawn_tree()


def test_all_is_sorted_and_complete() -> None:
    """`__all__` names every error, in order."""
    assert sorted(kind.__name__ for kind in CLASSES) == hubkit.errors.__all__


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind not in RESPONSES])
def test_plain_errors_survive_pickling(kind) -> None:
    """An error from another process is of the same class and says the same."""
    error = kind("no such thing: 'ä'")
    again = pickle.loads(pickle.dumps(error))

    assert (kind, "no such thing: 'ä'", error.args) == (type(again), str(again), again.args)


@pytest.mark.parametrize("kind", RESPONSES)
@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_responses_survive_pickling(kind, duplicate) -> None:
    """What an error knows of the answer is still known after pickling or copying."""
    error = kind("refused", 418, "https://h/api", "Root=1", "I'm a teapot")
    again = duplicate(error)

    assert (kind, vars(error)) == (type(again), vars(again))
    assert (418, "https://h/api", "Root=1", "I'm a teapot") == (
        again.status_code,
        again.url,
        again.request_id,
        again.server_message,
    )


def test_partial_answers_survive_pickling() -> None:
    """What was gathered before the quota ended comes along from a worker process."""
    error = RateLimitedError("slowly", 429, "u", None, None, 55.0, {"a/b": 1})
    again = pickle.loads(pickle.dumps(error))

    assert ({"a/b": 1}, 55.0) == (again.partial, again.retry_after)


def test_time_of_return_survives_pickling() -> None:
    """When a failing Hub said that it will be back, the error keeps it."""
    again = pickle.loads(pickle.dumps(ServerError("maintenance", 503, "u", None, None, 120.0)))

    assert again.retry_after == 120.0


@pytest.mark.parametrize("kind", CLASSES)
def test_text_is_the_message_alone(kind) -> None:
    """None prints "[Errno ...]" or a tuple, though some are kin of OSError."""
    error = kind("the message", 404, "u") if kind in RESPONSES else kind("the message")

    assert str(error) == "the message"
    assert "Errno" not in repr(error)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ConfigError, ValueError),
        (BackendUnavailableError, ImportError),
        (InvalidTokenError, ValueError),
        (LocalPathError, FileNotFoundError),
        (NotConnectedError, RuntimeError),
        (TransportError, ConnectionError),
        (TransportError, RuntimeError),
        (TransportTimeoutError, TimeoutError),
        (ResponseError, RuntimeError),
        (AuthenticationError, ValueError),
        (RepoNotFoundError, FileNotFoundError),
    ],
)
def test_builtin_kinds(kind, builtin) -> None:
    """Callers who know no hubkit catch what they would expect."""
    assert issubclass(kind, builtin)
    assert getattr(builtins, builtin.__name__) is builtin
