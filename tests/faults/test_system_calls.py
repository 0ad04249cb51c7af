"""The n-th system call on the cache fails, or is the last: n = 1, 2, ... to the end."""

from __future__ import annotations

import random
import shutil
from collections import Counter

import pytest
from fault_runs import FULL, find_strace
from system_calls import Nursery, Run

pytestmark = [
    pytest.mark.fault("kill, ENOSPC, EIO, EACCES, EMFILE at the n-th call"),
    pytest.mark.timeout(900),
]

FAULTS = ["signal=KILL", "error=ENOSPC", "error=EIO", "error=EACCES", "error=EMFILE"]
# Tests of their own in a full run, which the workers then share.
TOGETHER = [[fault] for fault in FAULTS] if FULL else [FAULTS]
ASK = ("program", "license", "alice/open")
A_FEW = 12

# How the store stands before, and what the settings say: it has to be made, it answers, or it is brought up to date.
STATES = {"absent": {}, "fresh": {}, "stale": {"HUBKIT_TTL": "0"}}


@pytest.fixture
def nursery(hub, environ, tmp_path):
    """Makes the processes."""
    # Both kinds of stores are loaded then.
    caches = f"file://{tmp_path}/warm sqlite://{tmp_path}/warm.db"
    environ = {**environ, "HUBKIT_ENDPOINT": hub.endpoint, "HUBKIT_CACHE": caches, "PYTHONHASHSEED": "0"}
    made = Nursery(tmp_path, environ, find_strace(), ASK[1:])
    yield made
    made.close()


@pytest.mark.parametrize("faults", TOGETHER, ids=lambda faults: faults[0] if FULL else "some")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_each_call(nursery, tmp_path, kind, state, faults, tell):
    """Whatever fails, the answer is printed with one warning at most; the next one reads right, and offline too."""
    place, before = tmp_path / "place", tmp_path / "before"
    before.mkdir()
    url = {"file": f"file://{place}/files", "sqlite": f"sqlite://{place}/cache.db"}[kind]

    def prepare():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(before, place)

    prepare()
    if state != "absent":
        nursery.run(*ASK, HUBKIT_CACHE=url)
        before.rmdir()
        shutil.copytree(place, before)
    settings = {"HUBKIT_CACHE": url, **STATES[state]}
    prepare()
    cases = [(*call, fault) for call in nursery.calls(place, *ASK, **settings) for fault in faults]
    if not FULL:
        cases = random.Random(kind + state).sample(cases, A_FEW)
    ends = Counter()
    for name, number, fault in cases:
        prepare()
        trace = ["-e", f"trace={name}", "-e", f"inject={name}:{fault}:when={number}", "-o", "/dev/null"]
        done = nursery.run(*ASK, trace=trace, **settings)
        # Later than the lease of one who was killed ends.
        after = nursery.run("look", "alice/open", 10.0, HUBKIT_CACHE=url)
        case = f"{fault} at {name} {number}: {done}, then {after}"

        ends["killed" if done.code == -9 else "answers with a warning" if done.err else "answers"] += 1
        if done.code != -9 or "KILL" not in fault:
            assert (0, "mit\n") == (done.code, done.out), case
            assert len(done.err.splitlines()) <= 1, case
            assert "Traceback" not in done.err, case
        assert Run(0, "mit\nmit\n", "") == after, case
    for what, count in ends.items():
        tell(what, count)

    # That the killed died shows that it is really done.
    assert ends["killed"] == sum("KILL" in fault for *_, fault in cases)
