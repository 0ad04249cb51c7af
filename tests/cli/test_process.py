"""The program as a process: signals, pipes, terminals and imports."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hubkit.testing import LocalHub

Spawn = Callable[..., "subprocess.Popen[bytes]"]

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and pseudo-terminals")

_BARS = ("Checking", "Fetching")
_HEAVY = ("attr", "cattrs", "huggingface_hub", "jinja2", "keyring", "orjson", "requests")


def _finished(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


def _at_terminal(arguments: Sequence[str], *, typed: bytes = b"", columns: int = 80) -> tuple[int, str]:
    """Run at a terminal of that width; what is typed is sent once something was printed."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    # getpass and Ctrl-C need a terminal that governs the process.
    code = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\nfrom hubkit.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        # COLUMNS would count before the terminal; readline, where something has loaded it, adds it.
        env={name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
    )
    os.close(theirs)
    seen = b""
    # Linux says EIO when the other end is gone.
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            seen += piece
            if typed:
                time.sleep(0.3)
                os.write(ours, typed)
                typed = b""
    os.close(ours)
    return process.wait(60), seen.decode().replace("\r\n", "\n")


def test_a_real_process_answers(hub: LocalHub, spawn: Spawn) -> None:
    """``python -m hubkit.cli`` is the program."""
    assert (0, "apache-2.0\n", "") == _finished(spawn(["license", "acme/tiny-llama"]))


def test_help_imports_nothing_heavy() -> None:
    """The help is there before a network library would be loaded."""
    code = (
        "import sys\nfrom hubkit.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit as end: assert not end.code\n"
        f"print([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert "[]\n" == done.stderr
    assert "130  interrupted with Ctrl-C" in done.stdout


def test_what_is_cached_needs_no_network_library(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token in the environment neither requests nor keyring nor huggingface_hub is loaded for an answer."""
    monkeypatch.setenv("HF_TOKEN", hub.add_user("bob"))
    heavy = ("requests", "urllib3", "huggingface_hub", "keyring", "jinja2", "yaml", "tqdm", "platformdirs")
    code = (
        "import sys\nfrom hubkit.cli import main\n"
        "try: main(['info', 'acme/tiny-llama'])\nexcept SystemExit as end: assert not end.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
        for _ in range(2)
    )

    assert ["source\thub", "source\tcache"] == [done.stdout.splitlines()[-2] for done in (first, second)]
    assert "[]\n" == second.stderr


@pytest.mark.parametrize("arguments", [["search", "--author", "acme"], ["info", "acme/tiny-llama", "--json"]])
def test_a_closed_pipe_is_silent(hub: LocalHub, spawn: Spawn, arguments: list[str]) -> None:
    """Whoever has read enough may go."""
    process = spawn(arguments)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()

    assert (0, b"") == (process.wait(60), said)


@needs_posix
def test_ctrl_c_ends_quietly(spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a request it is one line and the exit code 130."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        monkeypatch.setenv("HUBKIT_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        process = spawn(["info", "acme/tiny-llama"])
        # Whoever connects waits for an answer by now, or is about to.
        with server.accept()[0]:
            process.send_signal(signal.SIGINT)
            ended = _finished(process)

    assert (130, "", "hubkit: interrupted\n") == ended


@needs_posix
@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("place", ["make_context", "invoke"])
def test_signals_between_the_steps_of_click(number: str, code: int, place: str) -> None:
    """Before a command runs, and after it has ended, the exit code is that of the signal."""
    program = (
        "import click, signal\nfrom hubkit.cli._app import App\n"
        f"def interrupted(*arguments, **options): signal.raise_signal(signal.{number})\n"
        f"App.{place} = interrupted\n"
        "from hubkit.cli import main; main(['cache', 'stats'])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (code, "", "") == (found.returncode, found.stdout, found.stderr.strip())


@needs_posix
def test_a_terminal_gets_a_table_that_fits(hub: LocalHub) -> None:
    """Numbers are short, long ids lose their middle, and no line is wider than the terminal."""
    hub.add_model({"id": f"acme/{'long-' * 20}llama", "downloads": 5, "private": False, "siblings": []})
    code, seen = _at_terminal(["search", "llama"])

    lines = seen.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert (0, "MODEL") == (code, lines[0].split()[0])
    assert 80 >= max(map(len, lines))
    assert "12.3M" in lines[1]
    assert "…" in lines[2]


@needs_posix
def test_no_color_is_respected(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even bold."""
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b" not in _at_terminal(["search", "llama"])[1]
    assert "\x1b" not in _at_terminal(["info", "acme/tiny-llama"])[1]


@needs_posix
def test_info_at_a_terminal_is_for_people(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes and ages are short, and what isn't known takes no line."""
    monkeypatch.setenv("NO_COLOR", "1")
    seen = [_at_terminal(["info", "acme/tiny-llama"])[1] for _ in range(2)]

    facts = [dict(line.split("  ", 1) for line in text.splitlines()) for text in seen]
    values = [{name: value.strip() for name, value in each.items()} for each in facts]
    assert "12.3M" == values[0]["downloads"]
    assert "weights" not in values[0]
    assert ["the Hub, just now", "the cache, just now"] == [each["source"] for each in values]


@needs_posix
def test_a_token_is_asked_for_without_being_shown(hub: LocalHub) -> None:
    """What is typed doesn't appear, and the Hub verifies it."""
    token = hub.add_user("bob")
    code, seen = _at_terminal(["login"], typed=f"{token}\n".encode())

    assert token not in seen
    assert "the token of bob is good" in seen
    assert 2 == code


@needs_posix
def test_ctrl_c_at_a_question_is_an_interruption(hub: LocalHub) -> None:
    """Nothing is asked of the Hub afterwards."""
    code, seen = _at_terminal(["login"], typed=b"\x03")

    assert (130, 0) == (code, hub.total_requests)
    assert "hubkit: interrupted" in seen
    assert "Traceback" not in seen


@needs_posix
def test_a_download_at_a_terminal_ends_with_the_folder(hub: LocalHub, tmp_path: object) -> None:
    """No progress bar runs through the path."""
    hub.add_repo("acme/small", {"config.json": b"{}"})
    code, seen = _at_terminal(["download", "acme/small", "--to", str(tmp_path)], columns=300)

    assert 0 == code
    assert seen.splitlines()[-1].startswith(f"{tmp_path}{os.sep}models--acme--small")


@needs_posix
def test_bars_of_a_download_are_right(hub: LocalHub, tmp_path: object) -> None:
    """What is checked and what is fetched have a bar each, and none goes past its end."""
    hub.add_repo("acme/large", {"a.bin": os.urandom(1 << 24), "b.bin": os.urandom(1 << 23)})
    arguments = ["download", "acme/large", "--verify", "--to", str(tmp_path)]
    folder = _at_terminal(arguments, columns=300)[1].splitlines()[-1]
    with open(os.path.join(folder, "b.bin"), "r+b") as file:
        file.write(b"wrong")
    code, seen = _at_terminal(arguments, columns=300)

    shown = {bar: re.findall(rf"{bar}: +(\d+)%\|[^|]*\| ([\d.]+\w?)/([\d.]+\w)", seen) for bar in _BARS}
    assert 0 == code
    assert "wrong size or contents: b.bin" in seen
    assert {"24.0M"} <= {total for _, _, total in shown["Checking"]} <= {"24.0M", "8.00M"}
    assert {"8.00M"} == {total for _, _, total in shown["Fetching"]}
    assert all(int(percent) <= 100 for bar in _BARS for percent, _, _ in shown[bar])


@needs_posix
def test_an_encoding_without_a_letter_is_no_error(hub: LocalHub, spawn: Spawn) -> None:
    """Names that it lacks are shown as escapes."""
    hub.add_model({"id": "acme/name", "tags": ["日本語"], "private": False, "siblings": []})
    code, out, _ = _finished(spawn(["info", "acme/name"], env={**os.environ, "PYTHONIOENCODING": "latin-1"}))

    assert 0 == code
    assert "tags\t\\u65e5\\u672c\\u8a9e\n" in out


@needs_posix
def test_reports_at_a_terminal_are_for_people(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Duties stand below the licences; findings are cut nowhere, and what is unknown is left out."""
    monkeypatch.setenv("NO_COLOR", "1")
    licence = _at_terminal(["license", "acme/tiny-llama", "--report"], columns=60)[1]
    compat = _at_terminal(["compat", "acme/bare", "--report"], columns=60)[1]

    assert licence.startswith("MODEL ")
    assert "\n- Keep its copyright and licence notices" in licence
    assert 60 >= max(map(len, compat.splitlines()))
    assert "…" not in compat
    assert ("\nmemory " in compat, "\nweights " in compat, " -> " in compat) == (False, False, True)


@needs_posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", [["--help"], ["card", "--help"], ["--version"], ["config", "show"]])
def test_an_answer_that_cannot_be_written(spawn: Spawn, arguments: list[str], unbuffered: str) -> None:
    """It is one line and a failure, also where Python buffers nothing, as in many containers."""
    with open("/dev/full", "wb") as full:
        process = spawn(arguments, stdout=full, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
        said = process.communicate(timeout=60)[1]

    expected = b"hubkit: error: the answer can't be written: No space left on device\n"
    assert (7, expected) == (process.returncode, said)


@needs_posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["license", "acme/tiny-llama"], 0), (["license", "no/such"], 3), (["nonsense"], 7)],
)
def test_errors_that_cannot_be_written(hub: LocalHub, spawn: Spawn, arguments: list[str], code: int) -> None:
    """What can't be said on standard error changes nothing about the exit code; least of all is it a no."""
    with open("/dev/full", "wb") as full:
        process = spawn(["-vv", *arguments], stderr=full)
        process.communicate(timeout=60)

    assert code == process.returncode


@needs_posix
def test_no_output_at_all(hub: LocalHub) -> None:
    """Without standard output the answer has no place to go, and that is no failure."""
    command = 'exec "$0" -m hubkit.cli license acme/tiny-llama 1>&-'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, timeout=60, check=False)

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("options", "is_told"), [([], False), (["-W", "default"], True)])
def test_what_libraries_tell_programmers(options: list[str], is_told: bool) -> None:
    """It is left out, unless somebody asks Python for it."""
    code = (
        "import atexit, warnings\natexit.register(warnings.warn, 'a library spoke')\n"
        "from hubkit.cli import main\nmain(['--version'])"
    )
    done = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, check=True, text=True)

    assert ("a library spoke" in done.stderr) == is_told


@needs_posix
@pytest.mark.parametrize("wants_color", [True, False])
def test_the_doctor_at_a_terminal(hub: LocalHub, monkeypatch: pytest.MonkeyPatch, wants_color: bool) -> None:
    """Marks have a colour unless somebody wants none, lines fit, and what to do comes at the end."""
    monkeypatch.setenv("HF_TOKEN", "hf_revoked0123456789")
    monkeypatch.setenv("TERM", "xterm")
    if not wants_color:
        monkeypatch.setenv("NO_COLOR", "1")
    code, seen = _at_terminal(["doctor"], columns=60)

    plain = re.sub(r"\x1b\[\d*m", "", seen)
    assert (1, wants_color) == (code, "\x1b[31mfail" in seen)
    assert 60 >= max(map(len, plain.splitlines()))
    assert "->    token     make a new one at" in plain.partition("\n\n")[2]
    assert re.search(r"\nhubkit: 1 failure, \d warnings?\n\Z", plain)


@needs_posix
def test_settings_at_a_terminal_are_for_people(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Times and sizes have units, and each says where it is from, a token that hubkit doesn't keep too."""
    (tmp_path / "hf").mkdir(exist_ok=True)
    (tmp_path / "hf" / "token").write_text("hf_kept0123456789")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("HUBKIT_TTL", "12h")
    lines = _at_terminal(["config", "show"], columns=200)[1].splitlines()

    shown = dict(line.split(None, 1) for line in lines)
    assert ["12", "h", "(HUBKIT_TTL)"] == shown["ttl"].split()
    assert "1.0 GiB (default)" == " ".join(shown["cache_max_bytes"].split())
    assert "*** (hf token file)" == " ".join(shown["token"].split())


@needs_posix
def test_a_bar_leaves_the_answer_alone(hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is gone when the table is there, and isn't there at all when nobody wants it."""
    monkeypatch.setenv("NO_COLOR", "1")
    with_bar = _at_terminal(["search", "--all", "--author", "acme"])[1]
    monkeypatch.setenv("HUBKIT_PROGRESS", "0")
    without = _at_terminal(["search", "--all", "--author", "acme"])[1]

    assert ("models" in with_bar, "models" in without) == (True, False)
    assert with_bar.rpartition("\r")[2].strip() == without.strip()
