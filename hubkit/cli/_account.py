"""``hubkit login``, ``logout`` and ``whoami``."""

from __future__ import annotations

import sys

import click

from hubkit._secrets import Secret
from hubkit.cli._output import Fact
from hubkit.cli._session import Session, json_option, pass_session
from hubkit.errors import ConfigError

__all__ = ["login", "logout", "whoami"]


@click.command()
@click.option("--token-stdin", is_flag=True, help="Read the token from standard input.")
@click.option("--token", "given", metavar="-", help="The same as --token-stdin; no other value is taken.")
@pass_session
def login(session: Session, token_stdin: bool, given: str | None) -> None:
    """Check a token with the Hub and keep it in the OS keystore.

    The token is asked for without being shown. It is never taken from the command line, where the shell's
    history and every user of the machine would see it.
    """
    if given not in (None, "-"):
        raise click.UsageError(
            "a token on the command line ends in the shell's history: "
            "leave --token out to be asked for it, or pipe it to --token-stdin"
        )
    configured = session.settings.token
    token = Secret(sys.stdin.read().strip() if token_stdin or given else _ask(session.settings.endpoint))
    session.token = token
    name = _verify(session, token)
    keystore = _keep(session.settings.endpoint, token, name)
    session.out.line(f"Logged in to {session.settings.endpoint} as {name}; the token is in {keystore}.")
    if configured is not None and configured != token:
        session.out.note("the settings name another token, which is used before this one", kind="warning")


@click.command()
@pass_session
def logout(session: Session) -> None:
    """Remove the token for this Hub from the OS keystore."""
    from hubkit._credentials import find_token, forget_token

    endpoint = session.settings.endpoint
    try:
        known = forget_token(endpoint)
    except ConfigError as error:
        raise type(error)(f"there is no token to remove: {error}") from error
    session.out.line(f"Logged out of {endpoint}." if known else f"There was no token for {endpoint}.")
    left = find_token(session.settings)
    if left is not None:
        session.out.note(f"a token is still found: {_PLACES.get(left.source, left.source)}", kind="warning")


@click.command()
@json_option
@pass_session
def whoami(session: Session, as_json: bool) -> None:
    """Show whom the token belongs to."""
    with session.hub() as hub:
        identity = hub.whoami()
    document = {
        "name": identity.name,
        "fullname": identity.fullname,
        "type": identity.type,
        "orgs": list(identity.orgs),
        "token_name": identity.token_name,
        "token_role": identity.token_role,
        "token_source": session.token_source,
        "endpoint": session.config.endpoint,
    }
    if as_json:
        session.out.json(document)
    else:
        session.out.facts([Fact(name, value) for name, value in document.items()])


_PLACES = {"settings": "in the settings or HF_TOKEN", "hf token file": "in the file of 'hf auth login'"}


def _ask(endpoint: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask for the token: pipe it to --token-stdin")
    answer: str = click.prompt(
        f"Token from {endpoint}/settings/tokens (not shown)", hide_input=True, err=True
    )
    return answer


def _verify(session: Session, token: Secret) -> str:
    """Whose token it is, as the Hub says."""
    from hubkit._client import HubClient

    with HubClient(session.settings, clock=session.clock) as hub:
        hub.connect({"token": token})
        return hub.whoami().name


def _keep(endpoint: str, token: Secret, name: str) -> str:
    from hubkit._credentials import remember_token

    try:
        return remember_token(endpoint, token)
    except ConfigError as error:
        raise type(error)(f"the token of {name} is good, but was not kept: {error}") from error
