"""A CI fleet and its rate limit: requests per second at the Hub, without hubkit and with it.

python examples/ci_fleet.py                                   # 16 jobs, 20 models, a Hub of its own
python examples/ci_fleet.py --jobs 64 --plot fleet.png        # more of them, and a picture
python examples/ci_fleet.py --cache redis://build-server/0    # jobs that share a Redis instead of a folder
python examples/ci_fleet.py --endpoint https://huggingface.co openai-community/gpt2 google-bert/bert-base-uncased

Every job is a process that asks for one model after the other, and works a little in between. A live Hub is
spared the fleet without hubkit.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import HfApi

from hubkit import HubClient, HubConfig, HubkitError
from hubkit.testing import LocalHub

COLUMNS, ROWS = 60, 8
BLUE, AMBER = "#1f6fb2", "#e0a030"

Ask: TypeAlias = Callable[[str], bool]
"""Asks for a model, and says whether that took a request."""


@attrs.frozen
class Request:
    """A request to the Hub."""

    at: float
    """Epoch seconds."""
    refused: bool


@attrs.frozen
class Run:
    """What became of a fleet."""

    title: str
    began: float
    requests: list[Request]
    failures: list[bool]
    """For each job."""

    def __str__(self) -> str:
        refused = sum(request.refused for request in self.requests)
        failed = f"{sum(self.failures)} of {len(self.failures)} jobs failed"
        return f"{self.title}: {len(self.requests)} requests, {refused} refused; {failed}"

    @property
    def seconds(self) -> float:
        """From its beginning to its last request."""
        return max((request.at - self.began for request in self.requests), default=0.0)

    def columns(self, seconds: float) -> list[tuple[float, float]]:
        """Requests per second, answered and refused, in each column of a chart so many seconds wide."""
        counts = [[0, 0] for _ in range(COLUMNS)]
        for request in self.requests:
            column = int((request.at - self.began) / seconds * COLUMNS)
            counts[min(max(column, 0), COLUMNS - 1)][request.refused] += 1
        return [(answered * COLUMNS / seconds, refused * COLUMNS / seconds) for answered, refused in counts]


def main() -> None:
    """Run the fleets, and draw them."""
    arguments = parsed()
    runs = [] if arguments.endpoint else [run_fleet("without hubkit", without_hubkit, arguments)]
    runs.append(run_fleet("with hubkit", with_hubkit, arguments))
    seconds = max(run.seconds for run in runs) * 1.05 or 1.0
    for run in runs:
        print_chart(run, seconds, peak_of(runs, seconds))
    if arguments.plot:
        save_plot(arguments.plot, runs, seconds)
        print(f"\n{arguments.plot}")


def parsed() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", help="models to ask for (default: 20)")
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--pace", type=float, default=0.2, help="seconds of work between questions")
    parser.add_argument(
        "--limit", type=int, default=100, help="requests that the Hub answers in five minutes"
    )
    parser.add_argument("--cache", metavar="URL", help="what the jobs share (default: a new folder)")
    parser.add_argument("--endpoint", metavar="URL", help="a live Hub, with models that it has")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="also draw a picture; needs hubkit[plots]")
    arguments = parser.parse_args()
    if arguments.endpoint and not arguments.models:
        parser.error("which models does that Hub have? Name some")
    if arguments.plot and importlib.util.find_spec("matplotlib") is None:
        parser.error('--plot needs pip install "hubkit[plots]"')
    arguments.models = arguments.models or [f"org/model-{number}" for number in range(20)]
    return arguments


@contextmanager
def own_hub(arguments: argparse.Namespace) -> Iterator[LocalHub]:
    """A Hub on this machine, with a rate limit, that takes 40 ms to answer."""
    with LocalHub() as hub:
        for model in arguments.models:
            hub.add_model({"id": model, "private": False})
        hub.fail("model_info", status=None, delay=0.04, times=None)
        hub.limit(arguments.limit)
        yield hub


def without_hubkit(config: HubConfig) -> Ask:
    """Every question is a request."""
    api = HfApi(endpoint=config.endpoint, token=False)
    return lambda model: api.model_info(model) is not None


def with_hubkit(config: HubConfig) -> Ask:
    """A question is a request if nobody in the fleet has asked it."""
    hub = HubClient(config)

    def ask(model: str) -> bool:
        before = hub.cache.stats().misses
        hub.require_model_metadata(model)
        return hub.cache.stats().misses > before

    return ask


def run_fleet(title: str, open_hub: Callable[[HubConfig], Ask], arguments: argparse.Namespace) -> Run:
    """Start all jobs at the same moment, and hear from each."""
    has_forkserver = "forkserver" in multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if has_forkserver else "spawn")
    # Imported once, and not by every job.
    context.set_forkserver_preload(["huggingface_hub.hf_api", "hubkit.connector", "hubkit.testing.local_hub"])
    go, told = context.Barrier(arguments.jobs + 1, timeout=120), context.SimpleQueue()
    with (
        nullcontext() if arguments.endpoint else own_hub(arguments) as hub,
        tempfile.TemporaryDirectory(prefix="hubkit-") as folder,
    ):
        endpoint = hub.endpoint if hub else arguments.endpoint
        config = HubConfig(endpoint=endpoint, cache=arguments.cache or Path(folder).as_uri())
        # A wrong setting is found here, and not by each of the jobs.
        HubClient(config).close()
        work = (open_hub, config, arguments.models, arguments.pace, go, told)
        jobs = [context.Process(target=job, args=work) for _ in range(arguments.jobs)]
        for process in jobs:
            process.start()
        go.wait()
        began = time.time()
        seen_by_jobs: list[list[Request]] = [told.get() for _ in jobs]
        for process in jobs:
            process.join()
        if hub:
            requests = [Request(record.answered_at, record.status == 429) for record in hub.log]
        else:
            # A live Hub doesn't tell: the jobs' word has to do.
            requests = [request for job in seen_by_jobs for request in job]
    failures = [any(request.refused for request in job) for job in seen_by_jobs]
    return Run(title, began, requests, failures)


def job(
    open_hub: Callable[[HubConfig], Ask],
    config: HubConfig,
    models: Sequence[str],
    pace: float,
    go: Any,
    told: Any,
) -> None:
    """Be one job."""
    ask = open_hub(config)
    requests = []
    go.wait()
    try:
        for model in models:
            at = time.time()
            try:
                if ask(model):
                    requests.append(Request(at, refused=False))
            except (HfHubHTTPError, HubkitError):
                requests.append(Request(at, refused=True))
            time.sleep(pace * random.uniform(0.5, 1.5))
    finally:
        told.put(requests)


def peak_of(runs: Sequence[Run], seconds: float) -> float:
    """The highest rate in any column, so that all charts have one scale."""
    return max(sum(rates) for run in runs for rates in run.columns(seconds))


def print_chart(run: Run, seconds: float, peak: float) -> None:
    """Draw requests per second: full blocks were answered, light ones refused."""
    print(f"\n{run}")
    columns = run.columns(seconds)
    for row in range(ROWS, 0, -1):
        # A single request is seen, however many others there are elsewhere.
        level = (row - 0.5) * peak / ROWS if row > 1 else 0.0
        blocks = ("█" if one > level else "░" if one + two > level else " " for one, two in columns)
        print(f"{row * peak / ROWS:6.0f} │{''.join(blocks)}".rstrip())
    print(f"per s  └{'─' * COLUMNS}\n        0{f'{seconds:.0f} s':>{COLUMNS - 1}}")


def save_plot(path: Path, runs: Sequence[Run], seconds: float) -> None:
    """Draw the same as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2.6 * len(runs)), layout="constrained", dpi=120)
    grid = figure.subplots(len(runs), sharex=True, sharey=True, squeeze=False)
    width = seconds / COLUMNS
    starts = [column * width for column in range(COLUMNS)]
    for axis, run in zip(grid[:, 0], runs, strict=True):
        answered, refused = zip(*run.columns(seconds), strict=True)
        axis.bar(starts, answered, width, align="edge", color=BLUE, label="answered")
        axis.bar(starts, refused, width, answered, align="edge", color=AMBER, label="refused (429)")
        axis.set_title(str(run), loc="left", fontsize=10)
        axis.set_xlim(0, seconds)
        axis.set_ylabel("requests per second")
        axis.spines[["top", "right"]].set_visible(False)
    grid[0, 0].legend(frameon=False, loc="upper right")
    grid[-1, 0].set_xlabel("seconds")
    figure.savefig(path)


if __name__ == "__main__":
    try:
        main()
    except HubkitError as error:
        raise SystemExit(f"ci_fleet: {error}") from None
