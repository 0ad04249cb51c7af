"""A marked token is looked for in whatever is logged, raised, printed, sent and kept, on happy and on failing ways."""

from __future__ import annotations

import asyncio
import io
import json
import pickle
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from token_search import (
    everything_logged,
    traces_in,
    traces_in_files,
    what_a_value_tells,
    what_an_error_tells,
)

from hubkit import HubConfig, HubkitError
from hubkit.cards import read_adapter, render_card
from hubkit.connector import HuggingFaceConnector
from hubkit.testing import LocalHub

pytestmark = pytest.mark.threat("token in logs, errors or stores")

HUGGING_FACE = "hf_MarkedCanaryQxZ7vT9sLw2KpR4uYbN6mD8e"
SELF_HOSTED = "S3lf/Hosted+Canary=Qx~Z7vT9s.Lw2&KpR4u%Yb"
TOKENS = {"hf": HUGGING_FACE, "self-hosted": SELF_HOSTED}
PASSWORD = "Marked/Pass+word=QxZ7vT9sLw2KpR4uYbN6mD8e"


@pytest.fixture(params=TOKENS)
def token(request):
    """A token that occurs nowhere by chance."""
    return TOKENS[request.param]


@pytest.fixture
def hub(token):
    """A hub that knows the token."""
    with LocalHub() as hub:
        hub.add_user("alice", token)
        hub.add_repo("alice/open", {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\n"})
        hub.add_repo("alice/secret", {"config.json": b"{}", "x.bin": bytes(1000)}, private=True)
        yield hub


@pytest.fixture
def folder(adapters):
    """An adapter."""
    return adapters / "lora-causal-lm"


def verbs(folder, place, token):
    """All that a client does, each with the token."""
    return {
        "connect": lambda client: client.connect({"token": token}),
        "connect with its own": lambda client: client.connect(),
        "whoami": lambda client: client.whoami(),
        "metadata": lambda client: client.require_model_metadata("alice/secret"),
        "again": lambda client: client.get_model_metadata("alice/secret"),
        "revision": lambda client: client.get_model_metadata("alice/secret", revision="main"),
        "many": lambda client: client.get_many_metadata(["alice/open", "alice/secret", "no/such"]),
        "search": lambda client: client.search_models("alice"),
        "iterate": lambda client: list(client.iter_models("alice")),
        "licence": lambda client: client.check_license("alice/secret"),
        "compatibility": lambda client: client.check_compatibility("alice/secret", "peft"),
        "download": lambda client: client.download_model("alice/secret", place / "hf"),
        "upload": lambda client: client.upload_artifact(folder, {"repo_id": "alice/new", "license": "mit"}),
        "create": lambda client: client.repos.create("alice/made"),
        "exists": lambda client: client.repos.exists("alice/secret"),
        "files": lambda client: list(client.repos.files("alice/secret")),
        "commits": lambda client: list(client.repos.commits("alice/secret")),
        "refs": lambda client: client.repos.refs("alice/secret"),
        "branch": lambda client: client.repos.create_branch("alice/secret", "work"),
        "delete": lambda client: client.repos.delete("alice/made"),
        "cached": lambda client: client.cache.get_all_cached(),
        "stats": lambda client: client.cache.stats(),
    }


def told_by(client, call):
    """What a call tells: of its value, or of its error."""
    try:
        value = call(client)
    except (HubkitError, ValueError) as error:
        return what_an_error_tells(error)
    return what_a_value_tells(value) + pickle.dumps(value).decode("latin-1")


def told_by_all(client, folder, place, token):
    """What all the verbs tell, and the objects that do them."""
    told = {name: told_by(client, call) for name, call in verbs(folder, place, token).items()}
    rooms = client._rooms
    objects = (
        client,
        client.config,
        client.repos,
        client.cache,
        rooms,
        rooms.transport,
        rooms.metadata,
        rooms.answers,
    )
    told["objects"] = "\n".join(map(what_a_value_tells, objects))
    return told


def found_in(token, told):
    """Where a token was found, and in which form."""
    return {name: traces for name, text in told.items() if (traces := traces_in(token, text))}


def test_the_search_finds_what_there_is(token):
    """The search itself works: each form is found, and a frame's variables are looked at."""
    from base64 import b64encode
    from urllib.parse import quote

    for text in (
        token,
        f"x{token}y",
        token[::-1],
        quote(token, safe=""),
        token[: len(token) // 2 + 3],
        token.encode().hex(),
    ):
        assert traces_in(token, text)
    for around in ("", "a", "ab", "Bearer "):
        assert traces_in(token, b64encode(f"{around}{token}:x".encode()))
    with everything_logged() as kept:
        import logging

        logging.getLogger("urllib3.x").debug("said %s", token)
        logging.getLogger("huggingface_hub.x").debug("said %s", token)

    assert 2 == len([line for line in kept if traces_in(token, line)])
    assert [] == traces_in(token, "another text, such as hf_hub_download")


def test_happy_ways(hub, token, folder, make_client, tmp_path):
    """Everything succeeds: no record, value or file holds the token."""
    with everything_logged() as kept:
        client = make_client(hub.endpoint, token=token, cache=f"sqlite://{tmp_path}/cache.db")
        told = told_by_all(client, folder, tmp_path, token)
        # While it is open there is a log beside the database.
        files = traces_in_files(token, tmp_path)
        wal = (tmp_path / "cache.db-wal").exists()

    assert {} == found_in(token, told)
    assert [] == [line for line in kept if traces_in(token, line)]
    assert [] == files
    assert wal
    assert any(
        "Authorization" in str(record.headers) or "authorization" in record.headers for record in hub.log
    )


FAILURES = {
    "401": {"status": 401},
    "403 with a code": {"status": 403, "code": "GatedRepo"},
    "404": {"status": 404, "code": "RepoNotFound"},
    "429": {"status": 429, "headers": {"RateLimit": '"api";r=0;t=90'}},
    "500": {"status": 500},
    "hang up": {"status": 0},
    "cut short": {"status": 200, "headers": {"Content-Length": "900"}, "body": b"{"},
    "no json": {"status": 200, "body": b"<html>", "headers": {"Content-Type": "text/html"}},
    "other json": {
        "status": 200,
        "body": b'{"id": "x/y", "name": 5}',
        "headers": {"Content-Type": "application/json"},
    },
    "elsewhere": {"status": 302, "headers": {"Location": "http://127.0.0.1:1/x"}},
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_failing_ways(hub, token, folder, make_client, tmp_path, failure):
    """Everything fails, in each way in which it can: no record, error, frame or file holds the token."""
    hub.fail(times=None, **failure)
    with everything_logged() as kept:
        client = make_client(hub.endpoint, token=token, retries=1)
        told = told_by_all(client, folder, tmp_path, token)

    assert {} == found_in(token, told)
    assert [] == [line for line in kept if traces_in(token, line)]
    assert [] == traces_in_files(token, tmp_path)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_hub_that_repeats_the_token(hostile, token, folder, make_client, tmp_path, status):
    """A server that says the token in every place that has words doesn't get it shown by hubkit."""
    said = f"bad token {token}"
    hostile.behave = lambda request, sock: hostile.reply(
        status,
        json.dumps({"error": said, "message": said, token: token}).encode(),
        X_Error_Message=said,
        X_Error_Code=token,
        X_Request_Id=token,
        Retry_After=token,
        RateLimit=token,
    )
    with everything_logged() as kept:
        client = make_client(hostile.endpoint, token=token, retries=0)
        told = told_by_all(client, folder, tmp_path, token)
    ours = [line for line in kept if line.startswith("hubkit: ")]

    assert {} == found_in(token, told)
    assert [] == [line for line in ours if traces_in(token, line)]
    assert [] == traces_in_files(token, tmp_path)


def test_hub_that_is_gone(hub, token, folder, make_client, tmp_path):
    """Nor when nobody answers at all."""
    hub.stop()
    with everything_logged() as kept:
        told = told_by_all(make_client(hub.endpoint, token=token, retries=0), folder, tmp_path, token)

    assert {} == found_in(token, told)
    assert [] == [line for line in kept if traces_in(token, line)]


@pytest.mark.parametrize(
    "given", [{"token": "{}"}, {"token": "x{}"}, {"token": "hf_{} "}, {"token": "hf_ {}"}, {"api_key": "{}é"}]
)
def test_malformed_tokens(make_client, token, given):
    """A token that isn't taken is as secret as one that is."""
    credentials = {name: text.format(token) for name, text in given.items()}
    client = make_client("http://127.0.0.1:1", retries=0, deadline=1.0)
    told = {
        "connect": told_by(client, lambda client: client.connect(credentials)),
        "load": told_by(
            client, lambda _: HubConfig.load(environ={"HF_TOKEN": next(iter(credentials.values()))})
        ),
    }
    # Settings that are right reach workers, token and all.
    told = {name: text for name, text in told.items() if "Error" in text}

    assert {} == found_in(token, told)


@pytest.mark.parametrize("status", [None, 401, 500])
def test_connector(hub, token, monkeypatch, status):
    """Nor does the async face show it, whose calls go through asyncio's frames."""
    monkeypatch.setenv("HUBKIT_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HUBKIT_RETRIES", "0")
    if status:
        hub.fail(status=status, times=None)
    connector = HuggingFaceConnector()
    calls = {
        "connect": lambda _: asyncio.run(connector.connect({"token": token})),
        "malformed": lambda _: asyncio.run(connector.connect({"token": f"x {token}"})),
        "search": lambda _: asyncio.run(connector.search_models("x")),
    }
    with everything_logged() as kept:
        told = {name: told_by(None, call) for name, call in calls.items()}

    assert {} == found_in(token, told)
    assert [] == [line for line in kept if traces_in(token, line)]


def test_redis(token, folder, start_redis, make_client, tmp_path):
    """Neither token nor password is in any command, key or value of the server, nor in what is told of it."""
    import redis

    server = start_redis("--requirepass", PASSWORD)
    from urllib.parse import quote

    url = f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/0"
    with (
        LocalHub() as hub,
        redis.Redis(port=server.port, password=PASSWORD) as admin,
        everything_logged() as kept,
    ):
        hub.add_user("alice", token)
        hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
        hub.add_repo("alice/open", {"config.json": b"{}"})
        commands = watch(admin)
        told = {}
        for share in (False, True):
            client = make_client(hub.endpoint, token=token, cache=url, share_private=share)
            told |= {
                f"{name} {share}": text for name, text in told_by_all(client, folder, tmp_path, token).items()
            }
        kept_there = [
            name + (admin.dump(name) or b"") + (admin.get(name) or b"") for name in admin.scan_iter()
        ]
        seen = commands()
        server.kill()
        told["gone"] = told_by(client, lambda client: client.require_model_metadata("alice/other"))

    assert len(kept_there) > 3
    assert len(seen) > 20
    for secret in (token, PASSWORD):
        assert {} == found_in(secret, told)
        assert [] == [entry for entry in [*kept_there, *seen] if traces_in(secret, entry)]
        assert [] == [line for line in kept if traces_in(secret, line)]


def watch(admin):
    """Follow what a server is told; the result gives it."""
    seen = []
    monitor = admin.monitor()
    monitor.__enter__()

    def follow():
        try:
            for command in monitor.listen():
                seen.append(repr(command))
        except Exception:  # noqa: BLE001 - the server is gone
            return

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()

    def stop():
        admin.echo("last")
        for _ in range(200):
            if any("last" in command for command in list(seen)):
                break
            thread.join(0.02)
        return [command for command in seen if "'ECHO" not in command]

    return stop


@pytest.mark.parametrize("failure", [None, {"status": 401}, {"status": 404}], ids=str)
def test_beneath_huggingface_hub(hub, token, tmp_path, failure):
    """What hubkit logs and keeps of other programs' questions holds no token; their errors are their own."""
    from contextlib import suppress

    from huggingface_hub import HfApi, hf_hub_download

    from hubkit.interop import cached

    if failure:
        hub.fail(times=None, **failure)
    api = HfApi(endpoint=hub.endpoint, token=token)
    with everything_logged() as kept, cached(HubConfig(cache=f"file://{tmp_path}/cache", deadline=1.0)):
        for call in (
            lambda: api.model_info("alice/secret"),
            lambda: list(api.list_models(author="alice")),
            lambda: api.list_repo_files("alice/secret"),
            lambda: api.whoami(),
            lambda: hf_hub_download(
                "alice/secret", "x.bin", cache_dir=tmp_path / "hf", endpoint=hub.endpoint, token=token
            ),
        ):
            with suppress(Exception):
                call()

    assert [] == [line for line in kept if traces_in(token, line)]
    assert [] == traces_in_files(token, tmp_path)


PROGRAM = [
    *(
        ["whoami"],
        ["info", "alice/secret"],
        ["search", "alice"],
        ["repo", "files", "alice/secret"],
        ["repo", "ls"],
    ),
    *(
        ["download", "alice/secret", "--to", "out"],
        ["cache", "stats"],
        ["cache", "ls", "--json"],
        ["info", "no/such"],
    ),
    *(["repo", "create", "alice/secret"], ["upload", "nowhere", "alice/x"]),
]


@pytest.mark.parametrize("failure", [None, {"status": 400}, {"status": 0}], ids=str)
def test_program(hub, token, monkeypatch, tmp_path, failure):
    """With everything that ``-vv`` shows, tracebacks too."""
    from click.testing import CliRunner

    from hubkit.cli._app import app

    for name, value in {
        "HF_TOKEN": token,
        "HUBKIT_ENDPOINT": hub.endpoint,
        "HUBKIT_RETRIES": "0",
        "HUBKIT_CACHE": f"file://{tmp_path}/cache",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    if failure:
        hub.fail(times=None, body={"error": f"bad token {token}"}, **failure)
    with everything_logged() as kept:
        told = {str(command): CliRunner().invoke(app, ["-vv", *command]).output for command in PROGRAM}
    ours = [line for line in kept if line.startswith("hubkit: ")]

    assert {} == found_in(token, told)
    assert [] == [line for line in ours if traces_in(token, line)]
    assert [] == traces_in_files(token, tmp_path)


SPY = "import json, os, sys; print(json.dumps([dict(os.environ), open('/proc/self/cmdline').read()]))"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the command line as Linux gives it")
@pytest.mark.parametrize("token", [HUGGING_FACE], ids=["hf"])
def test_programs_that_are_started(token, run_hubkit):
    """A token from a file goes neither into the environment nor the command line of a program that `hubkit run` starts."""
    done = run_hubkit("-vv", "run", "--", sys.executable, "-c", SPY, HF_TOKEN_PATH=token)

    assert 0 == done.returncode
    assert [] == traces_in(token, done.stdout + done.stderr)
    assert "PYTHONPATH" in json.loads(done.stdout)[0]


def trainer_arguments(token):
    """The file that transformers' Trainer leaves behind, with a token in it as it may hold one."""
    state = {
        "learning_rate": 0.001,
        "hub_token": token,
        "push_to_hub_token": token,
        "run_name": f"x {token}",
        "seed": 7,
    }
    raw = (
        b"\x80\x02ctransformers.training_args\nTrainingArguments\n)\x81"
        + pickle.dumps(state, 2)[2:-1]
        + b"b."
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("training_args/data.pkl", raw)
    return file.getvalue()


@pytest.mark.parametrize("token", [HUGGING_FACE], ids=["hf"])
def test_cards(token, hub, folder, make_client, tmp_path):
    """A token in the Trainer's files, in the settings of a run or in a name gets neither into a card nor to the Hub."""
    copy = tmp_path / "adapter"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "training_args.bin").write_bytes(trainer_arguments(token))
    facts = read_adapter(copy)
    told = {
        "facts": what_a_value_tells(facts),
        "card": render_card(facts, repo_id="alice/a"),
        "pickle": pickle.dumps(facts).decode("latin-1"),
    }
    client = make_client(hub.endpoint, token=token)
    with everything_logged() as kept:
        for where in (
            {},
            {"training_config": {"hub_token": token}},
            {"description": f"see {token}"},
            {"tags": [token]},
        ):
            told[str(list(where))] = told_by(
                client,
                lambda client, where=where: client.upload_artifact(copy, {"repo_id": "alice/a", **where}),
            )

    uploaded = client.download_model("alice/a", tmp_path / "hf")

    assert 7 == facts.hyperparameters["seed"]
    assert {} == found_in(token, told)
    assert [] == [line for line in kept if traces_in(token, line)]
    assert (uploaded / "adapter_config.json").exists()
    assert [] == traces_in_files(token, tmp_path / "hf")


def test_data_of_the_tests_is_free_of_it():
    """Nothing that the tests bring along holds a mark already."""
    data = Path(__file__).parents[1] / "data"

    assert [] == [*traces_in_files(HUGGING_FACE, data), *traces_in_files(PASSWORD, data)]
