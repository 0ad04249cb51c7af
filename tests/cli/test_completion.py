"""``hubkit completion``: what a shell makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit import HubConfig, ModelCache, ModelMetadata
from hubkit.cli._known_models import known_models
from hubkit.testing import FakeClock, LocalHub

Run = Callable[..., Result]

BASH = shutil.which("bash")
PROGRAM = Path(sys.executable).parent / "hubkit"

# What bash itself does at the press of the key.
PRESS = """
eval "$(hubkit completion bash)"
press() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    local maker=$(complete -p hubkit | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    "$maker" hubkit "${COMP_WORDS[COMP_CWORD]}"
    echo "${COMPREPLY[@]}"
}
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(run: Run, shell: str) -> None:
    """It names the program and the variable by which it is asked."""
    result = run("completion", shell)

    assert 0 == result.exit_code
    assert "hubkit" in result.stdout
    assert f"_HUBKIT_COMPLETE={shell}_complete" in result.stdout


def test_another_shell_is_refused(run: Run) -> None:
    """With those that there are."""
    result = run("completion", "tcsh")

    assert 2 == result.exit_code
    assert "bash" in result.stderr


@pytest.mark.skipif(BASH is None or not PROGRAM.exists(), reason="needs bash, and the program on the path")
def test_bash_completes_for_real(hub: LocalHub, run: Run) -> None:
    """A command, one within a group, an option and a cached id; the Hub is not asked."""
    run("info", "acme/tiny-llama")
    hub.reset_counts()
    presses = ["hubkit whoa", "hubkit cache st", "hubkit info --ref", "hubkit --offline info acme/ti"]
    script = PRESS + "\n".join(f"press {words}" for words in presses)
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(BASH), "--norc", "-c", script],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "" == done.stderr
    assert ["whoami", "stats", "--refresh", "acme/tiny-llama"] == done.stdout.split()
    assert 0 == hub.total_requests


@pytest.fixture
def config(tmp_path: Path) -> HubConfig:
    """A cache with models of everybody's and of one token alone, in two local tiers."""
    config = HubConfig(
        cache=[f"file://{tmp_path}/near", f"sqlite:///{tmp_path}/far.db"],
        token="hf_0123456789",
        endpoint="https://hub",
    )
    for url, name in zip(config.cache, ("acme/near", "acme/far"), strict=True):
        store = ModelCache(url, endpoint="https://hub")
        store.set(ModelMetadata(name, private=False))
        store.close()
    return config


def test_ids_of_all_local_tiers(config: HubConfig) -> None:
    """Sorted, and only those that begin like what was typed."""
    assert [["acme/far", "acme/near"], ["acme/near"], []] == [
        known_models(config, typed) for typed in ("", "acme/n", "other/")
    ]


def test_ids_of_another_hub_or_token_are_not_shown(config: HubConfig, tmp_path: Path) -> None:
    """What only a token may read about is not shown to others."""
    mine = HubConfig(cache=config.cache, endpoint="https://hub")
    secret = ModelCache(config.cache[0], endpoint="https://hub")
    # Kept without a token, it is for those without one.
    secret.set(ModelMetadata("acme/ours", private=True))
    secret.close()
    other = HubConfig(cache=config.cache, endpoint="https://other")

    assert ["acme/ours"] == known_models(mine, "acme/o")
    assert [[], []] == [known_models(each, "acme/o") for each in (config, other)]


def test_servers_are_not_asked() -> None:
    """They may be slow, or away."""
    assert [] == known_models(HubConfig(cache="redis://127.0.0.1:1/0 none://"), "")


class HurriedClock(FakeClock):
    """A millisecond passes with each look at it."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        self.advance(seconds=0.001)
        return super().monotonic()


def test_a_large_cache_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Somebody waits at the keyboard, and reads no more than a page."""
    store = ModelCache(tmp_path / "large", endpoint="https://hub")
    for number in range(200):
        store.set(ModelMetadata(f"acme/m{number}", private=False))
    store.close()
    config = HubConfig(cache=f"file://{tmp_path}/large", endpoint="https://hub")
    counts = [len(known_models(config, "", clock=clock)) for clock in (FakeClock(), HurriedClock())]

    assert [100, True] == [counts[0], 70 < counts[1] < 90]


def test_broken_settings_complete_nothing(tmp_path: Path) -> None:
    """A shell has no use for an error."""
    (tmp_path / "hubkit.toml").write_text("ttl = = 3")
    environ = {
        **os.environ,
        "_HUBKIT_COMPLETE": "bash_complete",
        "COMP_WORDS": "hubkit info a",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(
        [sys.executable, "-m", "hubkit.cli"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert ("", "") == (done.stdout.strip(), done.stderr)
