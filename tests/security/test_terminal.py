"""Text of others on a terminal: the program prints what it says, and nothing that the terminal would obey."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from hubkit import HubkitError
from hubkit.cli._app import app

pytestmark = pytest.mark.threat("terminal escapes")

EVIL = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\u202ee\u2066f\u2028g\x85h\r\ni\x08j\x7fk\x00l\ufeffm\x1bPq#1\x1b\\n\ud83d\ude00".encode(
    "utf-16", "surrogatepass"
).decode("utf-16")
LATIN = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\x85h\x08j\x7fk"
TOKEN = "hf_0123456789abcdefghijABCDEFGHIJ0123"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

# What the program may send to a terminal beside text: bold, and the end of it.
STYLES = re.compile(r"\x1b\[[01]m")
HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)

RECORD = {
    "id": "org/name",
    "author": EVIL,
    "sha": COMMIT,
    "private": False,
    "gated": EVIL,
    "downloads": 5,
    "likes": 3,
    "pipeline_tag": EVIL,
    "library_name": EVIL,
    "tags": [EVIL, f"license:{EVIL}", f"base_model:{EVIL}"],
    "createdAt": EVIL,
    "lastModified": EVIL,
    "cardData": {"license": EVIL, "base_model": EVIL, "license_name": EVIL, "license_link": EVIL, EVIL: EVIL},
    "config": {"architectures": [EVIL], "model_type": EVIL},
    "siblings": [{"rfilename": EVIL, "size": 5, "blobId": EVIL}],
    EVIL: EVIL,
}
PERSON = {
    "type": "user",
    "name": EVIL,
    "fullname": EVIL,
    "email": EVIL,
    "orgs": [{"type": "org", "name": EVIL, "fullname": EVIL}],
    "auth": {"type": EVIL, "accessToken": {"displayName": EVIL, "role": EVIL}},
}
ANSWERS = {
    "/api/whoami-v2": PERSON,
    "/api/models?": [{**RECORD, "id": f"org/{EVIL}"}, RECORD],
    "/tree/": [
        {
            "type": "file",
            "path": EVIL,
            "size": 1,
            "oid": EVIL,
            "lfs": {"oid": EVIL, "size": 1, "pointerSize": 1},
        }
    ],
    "/refs": {"branches": [{"name": EVIL, "ref": EVIL, "targetCommit": EVIL}], "tags": [], "converts": []},
    "/commits/": [{"id": COMMIT, "title": EVIL, "message": EVIL, "authors": [{"user": EVIL}], "date": EVIL}],
    "/api/models/org/name": RECORD,
}
COMMANDS = [
    *(["search", "name"], ["search", "--json", "name"], ["info", "org/name"], ["info", "--json", "org/name"]),
    *(
        ["license", "org/name"],
        ["license", "--json", "org/name"],
        ["compat", "org/name"],
        ["compat", "--json", "org/name"],
    ),
    *(
        ["whoami"],
        ["whoami", "--json"],
        ["repo", "ls"],
        ["repo", "ls", "--json"],
        ["repo", "files", "org/name"],
    ),
    *(
        ["repo", "files", "--json", "org/name"],
        ["download", "org/name"],
        ["cache", "ls"],
        ["cache", "ls", "--json"],
    ),
    *(
        ["cache", "stats"],
        ["cache", "stats", "--json"],
        ["cache", "warm", "list.txt"],
        ["cache", "import", "old"],
    ),
    *(
        ["card", "check", "README.md"],
        ["card", "check", "--json", "README.md"],
        ["upload", "adapter", "org/name"],
    ),
    *(
        ["repo", "create", "org/name"],
        ["repo", "delete", "--yes", "org/name"],
        ["info", EVIL],
        ["repo", "files", EVIL],
    ),
    *(
        ["download", "org/name", "--revision", EVIL],
        ["card", "check", EVIL],
        ["cache", "rm", EVIL],
        ["search", EVIL],
    ),
    *([EVIL], ["search", f"--{EVIL}"], ["search", "--sort", EVIL], ["--endpoint", EVIL, "search"]),
    *(
        ["--cache", f"file://{EVIL}", "search"],
        ["--cache", f"{EVIL}://x", "search"],
        ["-vv", "info", "org/name"],
    ),
]
CARD = f'---\nlicense: "{EVIL!r}"\ntags: [{json.dumps(EVIL)}]\n{json.dumps(EVIL)}: 1\nlanguage: {EVIL}\n---\n# {EVIL}\n[{EVIL}]({EVIL})\n'


@pytest.fixture(autouse=True)
def work_place(tmp_path, monkeypatch, hostile, adapters):
    """A working folder of files with such text in them, and settings for a hub that says nothing else."""
    (tmp_path / "README.md").write_text(CARD, "utf-8", "surrogatepass")
    (tmp_path / "list.txt").write_text(f"org/name\n{EVIL}\n", "utf-8")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "x.json").write_text(json.dumps({"model_id": EVIL, "cached_at": EVIL}))
    (tmp_path / "adapter").mkdir()
    config = {"peft_type": "LORA", "base_model_name_or_path": EVIL, "task_type": EVIL, EVIL: EVIL}
    (tmp_path / "adapter" / "adapter_config.json").write_text(json.dumps(config))
    (tmp_path / "adapter" / "README.md").write_text(CARD, "utf-8", "surrogatepass")
    for name, value in {
        "HUBKIT_ENDPOINT": hostile.endpoint,
        "HUBKIT_CACHE": (tmp_path / "cache").as_uri(),
        "HUBKIT_RETRIES": "0",
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_XET": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def answers(hostile):
    """The hub's sound answers."""

    def behave(request, sock):
        found = next((answer for part, answer in ANSWERS.items() if part in request.target), {"error": EVIL})
        return hostile.reply(200, json.dumps(found).encode())

    return behave


def refusals(hostile, status):
    """The hub's refusals, which say it in every place that has words."""

    def behave(request, sock):
        return hostile.reply(
            status,
            json.dumps({"error": EVIL, "message": EVIL, "errors": [{"message": EVIL}]}).encode(),
            X_Error_Message=LATIN if status % 2 else "",
            X_Error_Code=LATIN,
            X_Request_Id=LATIN,
            Retry_After=LATIN,
            RateLimit=LATIN,
        )

    return behave


def shown(arguments):
    """What a command prints on pipes."""
    result = CliRunner().invoke(app, arguments, prog_name="hubkit")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def harm_in(text):
    """The characters of a text that a terminal would obey."""
    return HARMFUL.findall(STYLES.sub("", text))


@pytest.mark.parametrize("arguments", COMMANDS, ids=range(len(COMMANDS)))
def test_answers_on_a_pipe(hostile, arguments):
    """Whoever pages through it later is as safe."""
    hostile.behave = answers(hostile)
    for _ in range(2):
        # The second comes from the cache.
        assert [] == harm_in(shown(arguments))


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 429, 500])
def test_refusals_on_a_pipe(hostile, status):
    """The Hub's words about an error are one line without anything to obey."""
    hostile.behave = refusals(hostile, status)
    for arguments in COMMANDS:
        assert [] == harm_in(shown(arguments)), arguments


ON_A_TERMINAL = """
import json, sys
from hubkit.cli._app import app
for arguments in json.loads(sys.argv[1]):
    try:
        app(arguments, prog_name="hubkit")
    except SystemExit:
        pass
    except BaseException as error:
        print("died of", type(error).__name__)
assert sys.stdout.isatty() and sys.stderr.isatty()
"""


@pytest.mark.parametrize("refused", [False, True])
def test_on_a_terminal(hostile, refused):
    """Tables, facts, notes and bars on a real terminal hold styles of ours and text, and no other sequence."""
    hostile.behave = refusals(hostile, 400) if refused else answers(hostile)
    commands = [arguments for arguments in COMMANDS if "\0" not in "".join(arguments)]
    terminal, end = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", ON_A_TERMINAL, json.dumps(commands)],
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=end,
        )
    finally:
        os.close(end)
    told = b""
    with os.fdopen(terminal, "rb", buffering=0) as output:
        while piece := read(output):
            told += piece
    text = told.decode("utf-8")

    assert 0 == process.wait(30), text[-2000:]
    assert [] == harm_in(text)
    assert "died of" not in text
    assert len(commands) <= text.count("\n")


def read(output):
    """What a terminal was told since; nothing once all have left it."""
    try:
        return output.read(65_536)
    except OSError:
        return b""


VERBS = {
    "metadata": lambda client: client.require_model_metadata("org/name"),
    "many": lambda client: client.get_many_metadata(["org/name", "org/other"]),
    "search": lambda client: client.search_models("name"),
    "whoami": lambda client: client.whoami(),
    "connect": lambda client: client.connect({"token": TOKEN}),
    "licence": lambda client: client.check_license("org/name"),
    "compatibility": lambda client: client.check_compatibility("org/name", "peft"),
    "files": lambda client: list(client.repos.files("org/name")),
    "refs": lambda client: client.repos.refs("org/name"),
    "commits": lambda client: list(client.repos.commits("org/name")),
    "download": lambda client: client.download_model("org/name"),
    "upload": lambda client: client.upload_artifact("adapter", {"repo_id": "org/name"}),
    "cached": lambda client: client.cache.get_all_cached(),
}


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        pytest.param(verb, status, id=f"{name}-{status}")
        for name, verb in VERBS.items()
        for status in (None, 302, 400, 403, 404, 429, 500)
    ],
)
def test_logs_errors_and_values(hostile, make_client, caplog, verb, status):
    """Programs print errors, log lines and the repr of values: neither holds anything to obey."""
    caplog.set_level(logging.DEBUG, "hubkit")
    hostile.behave = answers(hostile) if status is None else refusals(hostile, status)
    try:
        told = repr(verb(make_client(hostile.endpoint, token=TOKEN, retries=1)))
    except HubkitError as error:
        told = str(error)

    assert told.isprintable()
    assert [] == [record.getMessage() for record in caplog.records if not record.getMessage().isprintable()]
