"""``hubkit run``: programs that nobody can edit, as real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from hubkit.testing import LocalHub

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and exec")

ASK = """
import sys
from huggingface_hub import HfApi
print(HfApi(token=False).model_info("org/model").id)
"""


@pytest.fixture
def environ(hub, tmp_path):
    """What programs find: the hub, and a cache of their own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    cache = (tmp_path / "cache").as_uri()
    return {**kept, "HF_ENDPOINT": hub.endpoint, "HUBKIT_CACHE": cache, "HF_HUB_DISABLE_XET": "1"}


@pytest.fixture
def run(environ, tmp_path):
    """Runs a command below ``hubkit run``."""

    def run(*command, options=(), **more):
        whole = [sys.executable, "-m", "hubkit.cli", *options, "run", "--", *map(str, command)]
        return subprocess.run(
            whole,
            capture_output=True,
            text=True,
            check=False,
            env={**environ, **more},
            cwd=tmp_path,
            timeout=120,
        )

    return run


def script(folder, text, name="script.py"):
    """A program."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_unmodified_script(hub, run, tmp_path):
    """The second run asks nothing, and needs no hub."""
    program = script(tmp_path, ASK)
    first = run(sys.executable, program)
    hub.stop()
    second = run(sys.executable, program)

    assert (0, "org/model\n", "") == (first.returncode, first.stdout, first.stderr)
    assert (0, "org/model\n", "") == (second.returncode, second.stdout, second.stderr)
    assert 1 == hub.total_requests


def test_offline(hub, run, tmp_path):
    """huggingface_hub's own switch, in a program of its own."""
    program = script(tmp_path, ASK)
    run(sys.executable, program)
    found = run(sys.executable, program, HF_HUB_OFFLINE="1")
    empty = run(sys.executable, program, HF_HUB_OFFLINE="1", HUBKIT_CACHE=(tmp_path / "empty").as_uri())

    assert "org/model\n" == found.stdout
    assert "OfflineModeIsEnabled" in empty.stderr
    assert 1 == hub.total_requests


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.run([sys.executable, 'ask.py'], check=True)",
        "multiprocessing.get_context('spawn').Process(target=runpy.run_path, args=('ask.py',)).start()",
        "os.system(sys.executable + ' ask.py')",
    ],
    ids=["subprocess", "spawn", "shell"],
)
def test_children_of_the_child(hub, run, tmp_path, call):
    """However far down, each Python has it."""
    script(tmp_path, ASK, "ask.py")
    program = script(
        tmp_path,
        f"import multiprocessing, os, runpy, subprocess, sys\nif __name__ == '__main__':\n    {call}\n",
    )
    found = [run(sys.executable, program).stdout for _ in range(2)]

    assert ["org/model\n"] * 2 == found
    assert 1 == hub.total_requests


def test_nothing_is_imported_before(run, tmp_path):
    """A Python that never imports huggingface_hub has neither that nor hubkit in it."""
    heavy = "('hubkit', 'huggingface_hub', 'attrs', 'attr', 'httpx', 'httpx2', 'orjson')"
    light = script(
        tmp_path, "import sys\nprint([name for name in ('typing', 'importlib.util') if name in sys.modules])"
    )
    program = script(tmp_path, f"import sys\nprint([name for name in {heavy} if name in sys.modules])")

    assert "[]\n" == run(sys.executable, program).stdout
    # Nor what would double its start; the packages of this environment may bring it along.
    assert run(sys.executable, light).stdout == subprocess.check_output(
        [sys.executable, str(light)], text=True
    )


def test_installed_with_the_first_import(run, tmp_path):
    """`import huggingface_hub` alone does nothing yet either; its HTTP module does."""
    text = """
import sys
import huggingface_hub
print("hubkit" in sys.modules)
from huggingface_hub.utils import _http
import huggingface_hub.utils
print("hubkit.interop" in sys.modules, "send" in vars(huggingface_hub.get_session()))
print(huggingface_hub.utils.set_client_factory is _http.set_client_factory)
"""
    last = run(sys.executable, script(tmp_path, text)).stdout.splitlines()[1:]

    assert ["True True", "False" if last[1] == "False" else "True"] == last


def test_own_sitecustomize_on_the_path(run, tmp_path):
    """One that PYTHONPATH leads to still runs, and is the one that programs import."""
    script(tmp_path, "import os\nos.environ['MARK'] = 'seen'\nhere = 'mine'\n", "site/sitecustomize.py")
    program = script(
        tmp_path, "import os, sitecustomize\nprint(os.environ['MARK'], sitecustomize.here)\n" + ASK
    )
    found = run(sys.executable, program, PYTHONPATH=str(tmp_path / "site"))

    assert ("seen mine\norg/model\n", "") == (found.stdout, found.stderr)


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory):
    """A Python without hubkit, with a `sitecustomize` among its packages."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, symlinks=os.name == "posix")
    names = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=names))
    script(packages, "import sys\nsys.stdout.write('customized ')\n", "sitecustomize.py")
    return Path(sysconfig.get_path("scripts", scheme="venv", vars=names)) / Path(sys.executable).name


@pytest.fixture
def python(bare_python):
    """Its path."""
    found = bare_python if bare_python.exists() else bare_python.with_name("python")
    assert found.exists()
    return found


needs_venv_scheme = pytest.mark.skipif(
    "venv" not in sysconfig.get_scheme_names(),
    reason="Python 3.10 doesn't say where its environments keep packages",
)


@needs_venv_scheme
def test_own_sitecustomize_among_the_packages(run, python, tmp_path):
    """One in site-packages runs too."""
    found = run(python, script(tmp_path, "print('here')"))

    assert "customized here\n" == found.stdout


@needs_venv_scheme
def test_python_without_hubkit(run, python, tmp_path):
    """One line, also when it starts others like it; they run as they would without."""
    script(tmp_path, "print('child')", "child.py")
    program = script(
        tmp_path,
        "import subprocess, sys\nfor _ in range(3): subprocess.run([sys.executable, 'child.py'], check=True)\n",
    )
    found = run(python, program)

    assert (0, 3) == (found.returncode, found.stdout.count("customized child"))
    assert [f"hubkit run: {python} has no hubkit: it runs without the cache"] == found.stderr.splitlines()


def test_wrong_settings(hub, run, tmp_path):
    """They are told of once, before anything is started."""
    found = run(sys.executable, script(tmp_path, ASK), HUBKIT_TTL="soon")

    assert (2, "", 1) == (found.returncode, found.stdout, len(found.stderr.splitlines()))
    assert "ttl" in found.stderr


def test_options_are_passed_on(hub, run, tmp_path):
    """What stands before "run" holds in the program, and in its children."""
    other = (tmp_path / "other").as_uri()
    program = script(tmp_path, f"import subprocess, sys\nsubprocess.run([sys.executable, 'ask.py'])\n{ASK}")
    script(tmp_path, ASK, "ask.py")
    found = run(
        sys.executable, program, options=["--cache", other, "--endpoint", hub.endpoint], HF_ENDPOINT=""
    )

    assert "org/model\norg/model\n" == found.stdout
    assert (True, False) == ((tmp_path / "other").exists(), (tmp_path / "cache").exists())


def test_offline_option(hub, run, tmp_path):
    """`hubkit --offline run` forbids the network to the program."""
    found = run(sys.executable, script(tmp_path, ASK), options=["--offline"])

    assert "OfflineModeIsEnabled" in found.stderr
    assert 0 == hub.total_requests


@pytest.mark.parametrize("flags", [["-E"], ["-I"], ["-S"], ["-E", "-S"]])
def test_not_reached(run, tmp_path, flags):
    """Pythons that look at no environment, or at no site, run as without hubkit."""
    program = script(tmp_path, "import sys\nprint('_Watch' in str(sys.meta_path))")

    assert ("False\n", "True\n") == (
        run(sys.executable, *flags, program).stdout,
        run(sys.executable, program).stdout,
    )


@pytest.mark.parametrize("code", [0, 1, 3, 77])
def test_exit_codes(run, code):
    """The program's is the command's."""
    assert code == run(sys.executable, "-c", f"raise SystemExit({code})").returncode


def test_commands_that_are_not_there(run, tmp_path):
    """As shells have it: 127 for what isn't there, 126 for what can't be run."""
    plain = script(tmp_path, "x", "plain.txt")
    missing, unfit = run("no-such-command-here"), run(plain)

    assert (127, 126) == (missing.returncode, unfit.returncode)
    assert ["hubkit: error: no-such-command-here: no such command"] == missing.stderr.splitlines()
    assert 1 == len(unfit.stderr.splitlines())


@needs_posix
def test_commands_that_are_no_python(run):
    """Any program can be run; options of its own are its own."""
    found = run("sh", "-c", 'printf "%s\\n" "$0" "$@" | cat', "--cache", "-v", "--")

    assert (0, "--cache\n-v\n--\n", "") == (found.returncode, found.stdout, found.stderr)


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals(environ, number, tmp_path):
    """The program is the process that was started: signals reach it, and its end is seen as it is."""
    text = "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    raise SystemExit(7)\n"
    command = [sys.executable, "-m", "hubkit.cli", "run", "--", sys.executable, str(script(tmp_path, text))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        process.stdout.readline()
        process.send_signal(number)

        assert (7 if number == signal.SIGINT else -number) == process.wait(60)


def test_nested(hub, run, tmp_path):
    """Below itself it is what it is once."""
    program = script(tmp_path, ASK)
    found = run(sys.executable, "-m", "hubkit.cli", "run", "--", sys.executable, program)

    assert ("org/model\n", "") == (found.stdout, found.stderr)


def test_standard_input_and_output(run):
    """They are the program's."""
    assert "1\n" == run(sys.executable, "-c", "import sys; print(len(sys.argv))").stdout


FLEET = """
import sys
from huggingface_hub import HfApi, hf_hub_download
api = HfApi(token=False)
for number in range(18):
    name = f"fleet/model-{number}"
    assert api.model_info(name).id == name
    assert sorted(api.list_repo_files(name))[0] == "config.json"
    assert api.file_exists(name, "config.json") and not api.file_exists(name, "none.json")
    assert open(hf_hub_download(name, "config.json", token=False)).read() == "{}"
print("fine")
"""


def fleet(environ, command, count):
    """How many of so many processes that begin at once fail, and what they say."""
    processes = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    said = [process.communicate(timeout=300) for process in processes]
    return [error[-2000:] for (out, error) in said if out != "fine\n"]


@pytest.mark.timeout(400)
def test_fleet_within_a_quota(environ, tmp_path):
    """32 processes, a quota of 30 requests in a window: nobody fails; without hubkit most do."""
    program = str(script(tmp_path, FLEET))
    with LocalHub() as hub:
        for number in range(18):
            hub.add_repo(f"fleet/model-{number}", {"config.json": b"{}"})
        hub.limit(30, window=5.0)
        environ = {
            **environ,
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path / "hf"),
            "HUBKIT_DEADLINE": "120",
        }
        run = [sys.executable, "-m", "hubkit.cli", "run", "--"]
        failed = fleet(environ, [*run, sys.executable, program], 32)
        bare = fleet({**environ, "HF_HOME": str(tmp_path / "bare")}, [sys.executable, program], 2)

    assert [] == failed
    assert bare
