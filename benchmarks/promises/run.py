"""What becomes of each library when something goes wrong: the table of docs/reliability.md.

python benchmarks/promises/run.py             # prints it
python benchmarks/promises/run.py --write     # and puts it into the page
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from askers import ASKERS
from situations import SITUATIONS, Outcome, Stage

from hubkit.testing import LocalHub

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
PATIENCE = 20.0


def tried(situation: Callable[[Stage], Outcome], name: str) -> Outcome:
    """One situation with one library, in a process of its own."""
    # Made here: the process is killed in the end, and would leave its folder behind.
    with tempfile.TemporaryDirectory() as folder:
        return _outcome(situation, name, folder)


def _outcome(situation: Callable[[Stage], Outcome], name: str, folder: str) -> Outcome:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_try, args=(sender, situation.__name__, name, folder))
    process.start()
    # So that the end of the process is the end of the pipe.
    sender.close()
    try:
        if not receiver.poll(PATIENCE):
            return Outcome(f"no end within {PATIENCE:.0f} s", good=False)
        outcome = receiver.recv()
        assert isinstance(outcome, Outcome)
        return outcome
    except EOFError:
        return Outcome("the process died", good=False)
    finally:
        process.kill()
        process.join()


def _try(sender: multiprocessing.connection.Connection, situation: str, name: str, folder: str) -> None:
    import situations

    logging.disable()
    warnings.simplefilter("ignore")
    with LocalHub(threads=48) as hub:
        sha = hub.add_repo("org/model", {"config.json": b"{}"})
        stage = Stage(hub=hub, name=name, folder=Path(folder), sha=sha)
        try:
            sender.send(getattr(situations, situation)(stage))
        except ImportError as error:
            sender.send(Outcome(f"not installed: {error.name}", good=False))


def table(libraries: Sequence[str]) -> str:
    """A row for each situation, a column for each library."""
    lines = []
    for group, situations in SITUATIONS.items():
        lines += [f"| {group} | {' | '.join(libraries)} |", "|---|" + "---|" * len(libraries)]
        for situation in situations:
            outcomes = [tried(situation, name) for name in libraries]
            cells = [f"{'' if outcome.good else '✗ '}{outcome.said}" for outcome in outcomes]
            lines.append(f"| {situation.__doc__} | {' | '.join(cells)} |")
            print(lines[-1], file=sys.stderr)
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Try everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the table into docs/reliability.md")
    parser.add_argument(
        "--library", action="append", choices=list(ASKERS), help="only this one; may be repeated"
    )
    options = parser.parse_args()
    found = table(options.library or list(ASKERS))
    if not options.write:
        print(found)
        return
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end of what was measured -->")
    PAGE.write_text(f"{before}{begin}\n{found}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
