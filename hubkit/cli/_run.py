"""``hubkit run``: another program, with the cache beneath its huggingface_hub."""

from __future__ import annotations

import os
import subprocess

import click

from hubkit.cli._session import Session, pass_session

__all__ = ["run"]

# As shells have it.
_NOT_EXECUTABLE = 126
_NOT_FOUND = 127


_EXAMPLES = """\b
Examples:
  hubkit run -- python train.py --epochs 3
  hubkit --cache redis://build-server/0 run -- pytest"""


@click.command(
    epilog=_EXAMPLES,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@pass_session
def run(session: Session, command: tuple[str, ...]) -> None:
    """Run COMMAND with hubkit's cache beneath its huggingface_hub.

    Every Python that COMMAND starts reads the Hub through the cache: transformers,
    datasets, peft, vLLM. Settings are hubkit's own, from HUBKIT_* variables and files or
    the options before "run". It ends as COMMAND does.

    Not reached are programs whose Python is started with -E, -I or -S.
    """
    from hubkit.interop._launch import environment_for

    # Settings that can't be right are told of here, and not by each process below.
    session.log_settings()
    environ = environment_for({**os.environ, **session.variables})
    try:
        raise SystemExit(_replaced_by(list(command), environ))
    except FileNotFoundError:
        session.out.note(f"{command[0]}: no such command", kind="error")
        raise SystemExit(_NOT_FOUND) from None
    except OSError as error:
        session.out.note(f"{command[0]}: {error.strerror}", kind="error")
        raise SystemExit(_NOT_EXECUTABLE) from None


def _replaced_by(command: list[str], environ: dict[str, str]) -> int:
    """Become another program, where that can be done, so that signals reach it; its exit code elsewhere."""
    if os.name == "posix":
        os.execvpe(command[0], command, environ)  # noqa: S606 - that is what it is for
    return subprocess.call(command, env=environ)  # noqa: S603 - likewise
