"""Beneath huggingface_hub: the same question through HfApi, and what `hubkit run` adds to a program's start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from _bench import Bench
from _measure import time_calls
from _rows import Goal, Measure, Row
from ours import READS, cache_url

from hubkit import HubConfig
from hubkit.interop import cached
from hubkit.interop._launch import environment_for

__all__ = ["CASES", "start", "through_hf_api"]

_US = 1e6
_MS = 1e3


def through_hf_api(bench: Bench) -> Iterator[Row]:
    """`HfApi.model_info` of the same models over and over: uncached, cached, and HubClient's answer beside it."""
    from huggingface_hub import HfApi

    for tier in ("file", "sqlite"):
        place = bench.place()
        api = HfApi(endpoint=place.origin, token=False)
        client = READS[f"hubkit {tier}"](place)
        ask = partial(_each, bench.hot, partial(api.model_info, files_metadata=True))
        found = _timed(bench, {"HfApi, uncached": ask})
        found |= _timed(bench, {"HfApi's own work": ask}, ready=ask)
        with cached(HubConfig(endpoint=place.origin, cache=cache_url(tier, place))):
            work = {"HfApi with hubkit beneath": ask, "HubClient": partial(_each, bench.hot, client.get)}
            found |= _timed(bench, work)
        client.close()
        yield Row(
            title=f"the same question through HfApi, {tier}",
            unit="us",
            goal=Goal(found["HfApi, uncached"].value or 0.0),
            ours=found["HfApi with hubkit beneath"],
            floor=found["HfApi's own work"],
            peers=(found["HfApi, uncached"], found["HubClient"]),
        )


def start(bench: Bench) -> Iterator[Row]:
    """A Python below `hubkit run` that never imports huggingface_hub, over the same without."""
    environ = dict(os.environ)
    command = [sys.executable, "-c", "pass"]
    work = {
        "bare Python": partial(subprocess.run, command, env=environ, check=True),
        "below hubkit run": partial(subprocess.run, command, env=environment_for(environ), check=True),
    }
    taken = time_calls(work, rounds=bench.scale.programs, calls=1)
    more = (taken["below hubkit run"] - taken["bare Python"]) * _MS
    yield Row(
        title="start below hubkit run, over bare Python",
        unit="ms",
        goal=Goal(5.0),
        ours=Measure("below hubkit run", more),
        floor=Measure("bare Python", taken["bare Python"] * _MS, "the whole of it"),
    )


def _timed(
    bench: Bench, work: Mapping[str, Callable[[], None]], *, ready: Callable[[], None] | None = None
) -> dict[str, Measure]:
    if ready is not None:
        with _Ready(ready):
            return _timed(bench, work)
    for once in work.values():
        once()
    taken = time_calls(work, rounds=bench.scale.rounds, calls=len(bench.hot))
    return {name: Measure(name, seconds * _US) for name, seconds in taken.items()}


def _each(names: list[str], get: Callable[[str], Any]) -> None:
    for name in names:
        get(name)


class _Ready:
    """Answers that lie ready in huggingface_hub's client: what is left is its own work.

    Args:
        learn: Asks all that is going to be asked.
    """

    def __init__(self, learn: Callable[[], None]) -> None:
        from huggingface_hub import get_session

        self._client: Any = get_session()
        self._known: dict[str, Any] = {}
        self._send = self._client.send
        self._client.send = self._learned
        learn()

    def _learned(self, request: Any, **options: Any) -> Any:
        response = self._known[str(request.url)] = self._send(request, **options)
        return response

    def __enter__(self) -> None:
        self._client.send = lambda request, **_: self._known[str(request.url)]

    def __exit__(self, *_: object) -> None:
        del self._client.send


CASES = {"hfapi": through_hf_api, "start": start}
