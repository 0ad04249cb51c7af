"""Every command of the program: where it is, and the sentence about it in ``hubkit --help``.

Repeated here, so that the list needs none of them.
"""

from __future__ import annotations

from typing import Final

from hubkit.cli._groups import LazyCommand

__all__ = ["COMMANDS"]

_MODELS = "Models"
_HUB = "Accounts and repositories"
_ADAPTERS = "Adapters and their cards"
_CACHE = "Without the Hub"
_MACHINE = "This machine"


def _at(section: str, module: str, attribute: str, said: str) -> LazyCommand:
    return LazyCommand(section, f"hubkit.cli.{module}", attribute, said)


COMMANDS: Final[dict[str, LazyCommand]] = {
    "search": _at(_MODELS, "_models", "search", "Find models whose name contains QUERY."),
    "info": _at(_MODELS, "_models", "info", "Show what the Hub says about MODEL."),
    "license": _at(_MODELS, "_models", "license_command", "Show the licence that MODEL states."),
    "compat": _at(_MODELS, "_models", "compat_command", "Say whether MODEL can be loaded, and why not."),
    "download": _at(_MODELS, "_transfer", "download", "Bring MODEL to this machine, print its folder."),
    "login": _at(_HUB, "_account", "login", "Check a token with the Hub and keep it in the OS keystore."),
    "logout": _at(_HUB, "_account", "logout", "Remove the token for this Hub from the OS keystore."),
    "whoami": _at(_HUB, "_account", "whoami", "Show whom the token belongs to."),
    "repo": _at(_HUB, "_repo", "repo", "Make, change, look at and delete repositories."),
    "card": _at(_ADAPTERS, "_card", "card", "Write, compare, check and look at model cards of adapters."),
    "upload": _at(_ADAPTERS, "_transfer", "upload", "Upload an adapter with a card, print its URL."),
    "cache": _at(_CACHE, "_cache", "cache", "Look at and tidy the cached answers."),
    "bundle": _at(_CACHE, "_bundle", "bundle", "Carry models to machines without a network."),
    "lock": _at(_CACHE, "_lock", "lock", "Write down exactly which files the models of a list are."),
    "sync": _at(_CACHE, "_lock", "sync", "Bring exactly the models that are locked to this machine."),
    "run": _at(_CACHE, "_run", "run", "Run COMMAND with hubkit's cache beneath its huggingface_hub."),
    "doctor": _at(_MACHINE, "_doctor", "doctor", "Look for what keeps hubkit from working here."),
    "config": _at(_MACHINE, "_config", "config", "Show the settings, and where each comes from."),
    "completion": _at(
        _MACHINE,
        "_completion",
        "completion",
        "Print what lets SHELL complete commands, options and the ids of cached models.",
    ),
}
