"""What all commands share: settings, the client, the output."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from hubkit._clock import SYSTEM_CLOCK, Clock
from hubkit._secrets import Secret
from hubkit.cli._failures import ExitCode
from hubkit.cli._output import Output
from hubkit.errors import HubkitError, OfflineError, TransferError

if TYPE_CHECKING:
    from hubkit._client import HubClient
    from hubkit.config import HubConfig

__all__ = ["Session", "end_with", "json_option", "offline_told", "pass_session"]

log = logging.getLogger("hubkit")

F = TypeVar("F", bound=Callable[..., Any])


class Session:
    """One run of the program.

    Args:
        overrides: Settings from the command line, by field name.
        verbosity: How often ``-v`` was given.
        clock: Where the time comes from.
    """

    def __init__(
        self, overrides: Mapping[str, Any], *, verbosity: int = 0, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.verbosity = verbosity
        self.clock = clock
        self.token: Secret | None = None
        """The token in use, or about to be; known here so that it is never printed."""
        self.token_source: str | None = None
        """Where it was found: ``settings``, ``keystore`` or ``hf token file``."""
        self.out = Output(lambda: self.token)
        self.log_handler = LogHandler(self.out)
        self.overrides = overrides
        """Settings from the command line, by field name."""

    @cached_property
    def settings(self) -> HubConfig:
        """The settings as given, without a look for tokens elsewhere.

        Raises:
            ConfigError: One can't be right.
        """
        from hubkit.config import HubConfig

        config = HubConfig.load(self.overrides)
        self.token = config.token
        return config

    @cached_property
    def config(self) -> HubConfig:
        """The settings with the token that the machine knows, if it knows one. Nothing is asked of the Hub."""
        from attrs import evolve

        from hubkit._credentials import find_token

        found = find_token(self.settings)
        if found is None:
            return self.settings
        self.token = found.token
        self.token_source = found.source
        return evolve(self.settings, token=found.token)

    @contextlib.contextmanager
    def hub(self) -> Iterator[HubClient]:
        """A client, closed at the end."""
        from hubkit._client import HubClient
        from hubkit._lazy import load_json
        from hubkit.cli._signals import signals_held_back

        with signals_held_back():
            # It loads its decoder of JSON, which crashes the process when it is broken off there.
            load_json(b"null")
        log.info("endpoint %s, token from %s", self.config.endpoint, self.token_source or "nowhere")
        with HubClient(self.config, clock=self.clock) as client:
            yield client

    def log_settings(self) -> None:
        """Read the settings, and say under ``-v`` what they come to.

        Raises:
            ConfigError: One can't be right.
        """
        log.info("settings: %r", self.settings)

    @property
    def variables(self) -> dict[str, str]:
        """The settings of the command line as environment variables, for programs that are started."""
        texts = {
            name: " ".join(value) if isinstance(value, tuple) else str(value)
            for name, value in self.overrides.items()
        }
        found = {f"HUBKIT_{name.upper()}": text for name, text in texts.items()}
        # huggingface_hub has to ask the same Hub.
        return found | ({"HF_ENDPOINT": texts["endpoint"]} if "endpoint" in texts else {})

    @property
    def is_offline(self) -> bool:
        """Whether the settings forbid the network; false while they are unread."""
        return "settings" in self.__dict__ and self.settings.offline


class LogHandler(logging.Handler):
    """What hubkit logs, as lines on standard error.

    Args:
        out: Prints them.
    """

    def __init__(self, out: Output) -> None:
        super().__init__()
        self._out = out
        self.survived: HubkitError | None = None
        """The last failure that was only logged: an answer from the cache stood in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        if record.levelno >= logging.WARNING and isinstance(record.args, tuple):
            failures = [value for value in record.args if isinstance(value, HubkitError)]
            self.survived = failures[-1] if failures else self.survived
        self._out.note(record.getMessage(), kind=record.levelname.lower())


pass_session = click.make_pass_decorator(Session)


def json_option(command: F) -> F:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def end_with(code: ExitCode) -> NoReturn:
    """End the command here."""
    raise click.exceptions.Exit(int(code))


@contextlib.contextmanager
def offline_told(session: Session) -> Iterator[None]:
    """Offline, that something isn't here whole means that it is out of reach."""
    try:
        yield
    except TransferError as error:
        if not session.is_offline:
            raise
        raise OfflineError(error.message) from error
