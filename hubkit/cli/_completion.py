"""``hubkit completion``: what lets a shell complete commands, options and cached models."""

from __future__ import annotations

import click

from hubkit.cli._session import Session, pass_session

__all__ = ["completion"]

_SHELLS = ("bash", "zsh", "fish")


_PLACES = """\b
Where it goes:
  bash  eval "$(hubkit completion bash)"   in ~/.bashrc
  zsh   eval "$(hubkit completion zsh)"    in ~/.zshrc
  fish  hubkit completion fish > ~/.config/fish/completions/hubkit.fish"""


@click.command(epilog=_PLACES)
@click.argument("shell", type=click.Choice(_SHELLS))
@pass_session
def completion(session: Session, shell: str) -> None:
    """Print what lets SHELL complete commands, options and the ids of cached models.

    The Hub is never asked.
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"this release of click has nothing for {shell}")
    root = click.get_current_context().find_root()
    session.out.text(kind(root.command, {}, "hubkit", "_HUBKIT_COMPLETE").source())
