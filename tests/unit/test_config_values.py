"""What each setting may be, and what the error says when it is not that."""

from __future__ import annotations

import pickle

import attrs
import pytest

from hubkit import ConfigError, HubConfig, InvalidTokenError
from hubkit._secrets import Secret

HUGE = 10**400
ENDLESS = 10**5_000
SECONDS = [
    "",
    "5 parsecs",
    "h",
    "-1",
    -1,
    -0.5,
    float("inf"),
    float("nan"),
    True,
    None,
    [],
    "1e3",
    HUGE,
    ENDLESS,
]
NO_SECONDS = [*SECONDS, 0, "0", "0s"]
COUNTS = ["", "x", "1.5", 1.5, -1, "-1", True, None, []]
FLAGS = ["", "maybe", "2", 2, None, []]
BAD = {
    "endpoint": [
        "",
        "huggingface.co",
        "ftp://h",
        "http://",
        "https://u:pw@h",
        "https://u@h",
        "u:pw@h",
        "https://h?x=1",
        "https://h#x",
        "https://h:port",
        "https://h:0",
        "https://h:99999",
        "https://[::1",
        "https://h\n.evil",
        "https://h /x",
        5,
        None,
    ],
    "token": ["a b", "a\nb", "tökén", "\x7f", 5, ["t"]],
    "cache": ["", [], "/var/cache", ["memory://", 5], 5, None, "file:///with a space"],
    "cache_mode": ["", "write-only", "READ-ONLY", None, 5],
    "cache_key": [5, b"k"],
    "ttl": SECONDS,
    "stale_if_error": SECONDS,
    "stale_while_revalidate": SECONDS,
    "negative_ttl": SECONDS,
    "offline": FLAGS,
    "connect_timeout": NO_SECONDS,
    "read_timeout": NO_SECONDS,
    "deadline": NO_SECONDS,
    "retries": COUNTS,
    "max_workers": [*COUNTS, 0],
    "memory_entries": COUNTS,
    "memory_seconds": SECONDS,
    "cache_max_bytes": ["", "5 stones", -1, True, None, float("inf"), "1h", HUGE],
    "share_private": FLAGS,
    "allow_insecure": FLAGS,
    "progress": FLAGS,
}


def test_every_field_has_bad_values() -> None:
    """No field is left out below."""
    assert set(BAD) == {field.name for field in attrs.fields(HubConfig)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name}-{index}")
        for name, values in BAD.items()
        for index, value in enumerate(values)
    ],
)
def test_bad_value_is_named(name, value) -> None:
    """A value that can't be is a ConfigError or InvalidTokenError that begins with its field, in one short line."""
    with pytest.raises((ConfigError, InvalidTokenError)) as caught:
        HubConfig(**{name: value})

    message = str(caught.value)
    assert message.startswith(f"{name} ")
    assert "\n" not in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("30 S", 30.0),
        ("1.5m", 90.0),
        ("24h", 86_400.0),
        ("7d", 604_800.0),
        ("2w", 1_209_600.0),
        ("9", 9.0),
        (9, 9.0),
        (0.5, 0.5),
        ("0", 0.0),
    ],
)
def test_durations(text, seconds) -> None:
    """Durations are numbers, or text with a unit."""
    assert HubConfig(ttl=text).ttl == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        ("1GiB", 2**30),
        ("64 KiB", 65_536),
        ("10b", 10),
        (7, 7),
        ("1.5kb", 1_500),
        (0, 0),
    ],
)
def test_sizes(text, size) -> None:
    """Sizes are bytes, or text with a unit."""
    assert HubConfig(cache_max_bytes=text).cache_max_bytes == size


@pytest.mark.parametrize("text", ["1", "true", "YES", " on ", 1, True])
def test_true_values(text) -> None:
    """Truth as people write it."""
    assert HubConfig(offline=text).offline is True


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF", 0, False])
def test_false_values(text) -> None:
    """Falsehood as people write it."""
    assert HubConfig(progress=text).progress is False


def test_token_may_have_any_printable_shape() -> None:
    """Self-hosted hubs hand out tokens that don't begin with hf_; spaces around one are dropped."""
    assert HubConfig(token=" glpat-x/y+z== \n").token == Secret("glpat-x/y+z==")
    assert HubConfig(token="  ").token is None


def test_defaults() -> None:
    """The defaults are those of the documentation."""
    config = HubConfig()
    promised = {
        "endpoint": "https://huggingface.co",
        "token": None,
        "cache_mode": "read-write",
        "cache_key": None,
        "ttl": 86_400.0,
        "stale_if_error": 0.0,
        "stale_while_revalidate": 0.0,
        "negative_ttl": 300.0,
        "offline": False,
        "connect_timeout": 5.0,
        "read_timeout": 15.0,
        "deadline": 30.0,
        "retries": 3,
        "max_workers": 8,
        "memory_entries": 1024,
        "memory_seconds": 60.0,
        "cache_max_bytes": 2**30,
        "share_private": False,
        "allow_insecure": False,
        "progress": True,
    }

    assert promised == {name: getattr(config, name) for name in promised}
    assert [url[:8] for url in config.cache] == ["file:///"]


@pytest.mark.parametrize(
    "endpoint", ["http://localhost:1", "http://127.0.0.1", "http://[::1]:8080", "https://hub.example"]
)
def test_token_is_safe_there(endpoint) -> None:
    """A token may go over TLS, and over plain http within the machine."""
    assert HubConfig(endpoint=endpoint, token="t").token == Secret("t")


@pytest.mark.parametrize(
    "endpoint",
    ["http://hub.example", "HTTP://10.0.0.1:80", "http://localhost.evil", "http://127.0.0.1.nip.io"],
)
def test_token_is_not_sent_in_the_open(endpoint) -> None:
    """Over plain http to another machine a token is refused, unless that is asked for by name."""
    with pytest.raises(ConfigError, match="allow_insecure"):
        HubConfig(endpoint=endpoint, token="t")

    assert HubConfig(endpoint=endpoint, token="t", allow_insecure=True).allow_insecure
    assert HubConfig(endpoint=endpoint).token is None


def test_settings_are_frozen_and_reach_workers() -> None:
    """Settings can't be changed, and can be pickled, compared and evolved."""
    config = HubConfig(token="t", cache="memory:// none://", ttl="1h")

    assert config == pickle.loads(pickle.dumps(config))
    assert attrs.evolve(config, ttl="2h").ttl == 7_200.0
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        config.ttl = 5  # type: ignore[misc]


def test_misspelt_field_fails() -> None:
    """The constructor takes the fields and nothing else."""
    with pytest.raises(TypeError, match="tll"):
        HubConfig(tll=5)  # type: ignore[call-arg]
