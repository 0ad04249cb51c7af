"""The group ``hubkit``: global options, and what becomes of errors."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

import click

from hubkit._secrets import redact
from hubkit._version import __version__
from hubkit.cli._commands import COMMANDS
from hubkit.cli._failures import ExitCode, describe, exit_code_of
from hubkit.cli._groups import LazyGroup
from hubkit.cli._lost_output import is_output_lost, say, silence_output
from hubkit.cli._session import Session, end_with
from hubkit.cli._signals import Terminated

__all__ = ["app", "run_command"]

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_SHOW_TRACEBACKS = 2

_EPILOG = """\b
Exit codes:
  0    done
  1    the answer is no: not compatible, no licence known, nothing found, a bad card,
       a lock that doesn't hold, a check of 'doctor' that fails
  2    wrong usage or settings
  3    no such model, repository, revision or file
  4    not allowed: no token, a wrong one, or no access
  5    the Hub is out of reach, or offline and not cached
  6    rate limited; the message says when to come back
  7    any other failure of the Hub or of a transfer
  130  interrupted with Ctrl-C
  143  ended with SIGTERM

Settings come from these options, HUBKIT_* and HF_* variables, hubkit.toml and
pyproject.toml, in this order. A pipe gets exact values separated by tabs,
--json one JSON document."""


class App(LazyGroup):
    """A group whose commands may raise hubkit's errors."""

    known = COMMANDS

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; whatever it raises becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except Terminated:
            say("hubkit: terminated")
            end_with(ExitCode.TERMINATED)
        except (click.Abort, KeyboardInterrupt):
            say("hubkit: interrupted")
            end_with(ExitCode.INTERRUPTED)
        except (click.exceptions.NoArgsIsHelpError, click.exceptions.Exit):
            raise
        except click.UsageError as error:
            # It may repeat a token that was given where a name belongs.
            said = redact(error.format_message()) + _misplaced(self, error)
            raise click.UsageError(said, ctx=error.ctx) from error
        except click.ClickException:
            raise
        except BrokenPipeError:
            silence_output()
            end_with(ExitCode.DONE)
        except Exception as error:  # noqa: BLE001 - people get a line, not a traceback
            if is_output_lost():
                end_with(ExitCode.FAILED)
            session = ctx.obj if isinstance(ctx.obj, Session) else Session({})
            _report(error, session)
            end_with(exit_code_of(error))


@click.group(
    cls=App,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--endpoint", metavar="URL", help="Base URL of the Hub.")
@click.option("--offline", is_flag=True, help="Never use the network; answer from the cache.")
@click.option(
    "--cache", "tiers", metavar="URL", multiple=True, help="A cache tier; repeatable, nearest first."
)
@click.option("-v", "--verbose", count=True, help="Say more on standard error; -vv shows tracebacks.")
@click.version_option(__version__, prog_name="hubkit", message="%(prog)s %(version)s")
@click.pass_context
def app(
    ctx: click.Context, endpoint: str | None, offline: bool, tiers: tuple[str, ...], verbose: int
) -> None:
    """Ask the Hugging Face Hub, also when it is slow, rate-limited or away.

    Answers go to standard output, everything else to standard error.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    overrides = {"endpoint": endpoint, "offline": offline or None, "cache": tiers or None}
    given = {name: value for name, value in overrides.items() if value is not None}
    ctx.obj = session = Session(given, verbosity=verbose)
    _attach_log(ctx, session)


def run_command(arguments: Sequence[str] | None) -> int:
    """Run one command, print what is wrong with its usage, and return its exit code.

    Left alone, click takes a SIGTERM that comes between its own steps for Ctrl-C, and ends with 1.

    Args:
        arguments: The command line without the program's name; None takes the process's own.

    Raises:
        KeyboardInterrupt: It was interrupted before the command began, or after it ended.
        OSError: Help can't be printed.
    """
    try:
        code = app.main(arguments, prog_name="hubkit", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        cause = error.__cause__
        raise cause if isinstance(cause, KeyboardInterrupt) else KeyboardInterrupt from None
    return code if isinstance(code, int) else ExitCode.DONE


def _attach_log(ctx: click.Context, session: Session) -> None:
    """Show what hubkit logs, for as long as the command runs."""
    logger = logging.getLogger("hubkit")
    before = logger.level
    logger.addHandler(session.log_handler)
    logger.setLevel(_LEVELS[min(session.verbosity, len(_LEVELS) - 1)])
    ctx.call_on_close(lambda: logger.setLevel(before))
    ctx.call_on_close(lambda: logger.removeHandler(session.log_handler))


def _report(error: Exception, session: Session) -> None:
    if session.verbosity >= _SHOW_TRACEBACKS:
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            say(redact(line, session.token))
    text = describe(
        error,
        has_token=session.token is not None,
        offline=session.is_offline,
        now=session.clock.now(),
    )
    session.out.note(text, kind="error")


def _misplaced(group: click.Group, error: click.UsageError) -> str:
    """The end of an error about a global option after the command."""
    wanted = error.option_name if isinstance(error, click.NoSuchOption) else None
    known = {name for param in group.params for name in param.opts}
    return f" It goes before the command: 'hubkit {wanted} ...'." if wanted in known else ""
