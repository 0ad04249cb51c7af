"""Settings hold secrets: none shows in a repr, an error, or a crash report that prints variables."""

from __future__ import annotations

import traceback

import attrs
import pytest

from hubkit import ConfigError, HubConfig, InvalidTokenError
from hubkit._secrets import Secret

SECRET = "s3cr3t-Value-123"


def _report(error: BaseException) -> str:
    """What a crash reporter would send: all causes, with the variables of hubkit's frames."""
    lines = []
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        waiting += (one.__cause__, one.__context__)
        lines += [repr(one), str(one), repr(one.args), repr(vars(one))]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "/tests/" not in frame.f_code.co_filename:
                lines += [repr(value) for value in frame.f_locals.values()]
    return "\n".join(lines)


def _failed(work) -> BaseException:
    with pytest.raises((ConfigError, InvalidTokenError)) as caught:
        work()
    return caught.value


def test_repr_shows_no_secret() -> None:
    """Neither the token, nor the key, nor a password in a cache URL is printed."""
    config = HubConfig(
        token=SECRET,
        cache_key=SECRET,
        cache=[f"redis://:{SECRET}@h/0", f"rediss://h/0?password={SECRET}", "memory://"],
    )

    assert SECRET not in f"{config} {config!r}"
    assert "redis://***@h/0" in repr(config)
    assert "memory://" in repr(config)
    assert SECRET not in repr(attrs.asdict(config, filter=lambda field, _: field.name != "cache"))


@pytest.mark.parametrize("variable", ["HUBKIT_TOKEN", "HF_TOKEN", "HUBKIT_CACHE_KEY"])
@pytest.mark.parametrize(
    "fault", [{"HUBKIT_TTL": "soon"}, {"HUBKIT_TTTL": "5"}, {"HUBKIT_CONFIG": "/no/such.toml"}]
)
def test_other_faults_show_no_secret(tmp_path, monkeypatch, variable, fault) -> None:
    """An error about another setting doesn't carry the secrets of the environment along."""
    monkeypatch.setenv("DATABASE_PASSWORD", SECRET)
    monkeypatch.setenv(variable, SECRET)
    for name, value in fault.items():
        monkeypatch.setenv(name, value)

    assert SECRET not in _report(_failed(lambda: HubConfig.load(start=tmp_path)))


@pytest.mark.parametrize("variable", ["HUBKIT_TOKEN", "HF_TOKEN"])
def test_malformed_token_is_not_shown(tmp_path, monkeypatch, variable) -> None:
    """A token with a space in it is refused, named by its source, and still secret."""
    monkeypatch.setenv(variable, f"Bearer {SECRET}")
    error = _failed(lambda: HubConfig.load(start=tmp_path))

    assert isinstance(error, InvalidTokenError)
    assert variable in str(error)
    assert SECRET not in _report(error)


def test_misspelt_secret_variable_is_not_shown(tmp_path, monkeypatch) -> None:
    """The value under a misspelt name is secret too."""
    monkeypatch.setenv("HUBKIT_TOKNE", SECRET)

    assert SECRET not in _report(_failed(lambda: HubConfig.load(start=tmp_path)))


@pytest.mark.parametrize(
    "text", ['token = "{}"\nttl = "soon"', 'token = "{}"\ntokne = "{}"', 'token = "{}"\nttl = ']
)
def test_files_show_no_secret(tmp_path, text) -> None:
    """An error about a file doesn't carry the token in it along, not even when it is no TOML."""
    (tmp_path / "hubkit.toml").write_text(text.replace("{}", SECRET))

    assert SECRET not in _report(_failed(lambda: HubConfig.load(environ={}, start=tmp_path)))


def test_malformed_cache_url_is_not_shown(tmp_path, monkeypatch) -> None:
    """A cache setting that is no URL may still hold a password."""
    monkeypatch.setenv("HUBKIT_CACHE", f"redis:{SECRET}@host")

    assert SECRET not in _report(_failed(lambda: HubConfig.load(start=tmp_path)))


@pytest.mark.parametrize("field", ["endpoint", "ttl", "retries", "cache_mode", "offline", "cache_max_bytes"])
def test_token_in_the_wrong_place_is_masked(field) -> None:
    """A token pasted into another setting is masked in the complaint."""
    message = str(_failed(lambda: HubConfig(**{field: "hf_" + "x" * 34})))

    assert "xxx" not in message
    assert "***" in message


@pytest.mark.parametrize("endpoint", ["https://me:{}@h", "me:{}@h", "https://{}@h"])
def test_password_of_an_endpoint_is_not_shown(endpoint) -> None:
    """An endpoint with credentials is refused without repeating them."""
    assert SECRET not in str(_failed(lambda: HubConfig(endpoint=endpoint.format(SECRET))))


def test_insecure_endpoint_does_not_show_the_token() -> None:
    """The refusal to send a token in the open doesn't print it."""
    error = _failed(lambda: HubConfig(endpoint="http://hub.example", token=Secret(SECRET)))

    assert SECRET not in _report(error)


@pytest.mark.parametrize("name", ["hubkit.toml", "pyproject.toml"])
@pytest.mark.parametrize("source", ["HF_TOKEN", "HUBKIT_TOKEN", None])
def test_a_file_that_lies_around_gets_no_token(tmp_path, name, source) -> None:
    """A folder that somebody cloned can't have a token of the environment, or the caller's, sent to another Hub."""
    table = "[tool.hubkit]\n" if name == "pyproject.toml" else ""
    (tmp_path / name).write_text(f'{table}endpoint = "https://evil.example"\n')
    (tmp_path / "deep").mkdir()
    environ = {source: SECRET} if source else {}
    overrides = {} if source else {"token": SECRET}
    with pytest.raises(ConfigError, match=r"https://evil.example get your token: .* HUBKIT_ENDPOINT") as info:
        HubConfig.load(overrides, environ=environ, start=tmp_path / "deep")

    assert SECRET not in str(info.value)


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('endpoint = "https://hub.example"', {}),
        ('endpoint = "https://huggingface.co"', {"HF_TOKEN": SECRET}),
        ('endpoint = "https://hub.example"', {"HF_TOKEN": SECRET, "HUBKIT_ENDPOINT": "https://hub.example"}),
        ('endpoint = "https://hub.example"', {"HF_TOKEN": SECRET, "HF_ENDPOINT": "https://hub.example"}),
        ('endpoint = "https://hub.example"', {"HF_TOKEN": SECRET, "HUBKIT_CONFIG": "{folder}/hubkit.toml"}),
        (f'endpoint = "https://hub.example"\ntoken = "{SECRET}"', {}),
    ],
)
def test_a_hub_that_was_chosen_gets_the_token(tmp_path, text, environ) -> None:
    """Who names the Hub or the file himself, or keeps the token there too, isn't asked again."""
    (tmp_path / "hubkit.toml").write_text(text)
    environ = {key: value.format(folder=tmp_path) for key, value in environ.items()}

    assert HubConfig.load(environ=environ, start=tmp_path).endpoint in (
        "https://hub.example",
        "https://huggingface.co",
    )
