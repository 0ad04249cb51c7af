"""``python -m hubkit.testing``: a local hub to try things on by hand."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from hubkit.errors import BackendUnavailableError

try:
    from hubkit.testing.local_hub import LocalHub
except BackendUnavailableError as _error:
    raise SystemExit(f"hubkit.testing: {_error}") from None

__all__ = ["main"]

_WAKE_SECONDS = 1.0
_LAST_PORT = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C.

    Args:
        arguments: The command line; None takes the process's own.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(arguments)
    ended = threading.Event()
    # SIGTERM is how containers and service managers say Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    hub = LocalHub(options.folder, port=options.port, host=options.host)
    try:
        loaded = sum(hub.load_models(path) for path in options.models)
        tokens = [hub.add_user(*user) for user in options.user]
        with hub:
            _announce(hub, loaded, tokens)
            # Woken now and then, as some platforms deliver Ctrl-C only between waits.
            while not ended.wait(_WAKE_SECONDS):
                pass
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as error:
        print(f"hubkit.testing: {error}", file=sys.stderr)
        return 1
    print("stopped")
    return 0


def _announce(hub: LocalHub, loaded: int, tokens: Sequence[str]) -> None:
    print(f"{loaded} models at {hub.endpoint}; Ctrl-C ends it. To use it from another shell:\n")
    print(f"export HF_ENDPOINT={hub.endpoint}")
    print("export HF_HUB_DISABLE_XET=1")
    print("export HF_HUB_DISABLE_TELEMETRY=1")
    for token in tokens[:1]:
        print(f"export HF_TOKEN={token}")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hubkit.testing", description="A Hugging Face Hub of your own."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8000, help="port to bind; 0 takes a free one (default: 8000)"
    )
    parser.add_argument("--folder", type=Path, help="keep everything here; in memory when left out")
    parser.add_argument(
        "--models",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="records to load; may be repeated",
    )
    parser.add_argument(
        "--user",
        type=_user,
        action="append",
        default=[],
        metavar="NAME[:TOKEN]",
        help="a user; may be repeated",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_LAST_PORT}")
    return int(text)


def _user(text: str) -> tuple[str, str | None]:
    name, _, token = text.partition(":")
    if not name:
        raise argparse.ArgumentTypeError("a user needs a name")
    return name, token or None


if __name__ == "__main__":
    raise SystemExit(main())
