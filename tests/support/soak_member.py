"""One process of a long run: threads that use a client in every way, and write down what they were told.

python soak_member.py SETTINGS, where SETTINGS is JSON: endpoint, cache, memory_entries, seconds, seed,
folder, models, files.

In the folder ``seen.jsonl`` gets an answer on each line, and ``told.json`` at the end what else there is to tell.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import logging
import os
import random
import resource
import shutil
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

from hubkit import HubClient, HubConfig, HubkitError, RepoNotFoundError

THREADS = 4
TTL, GRACE, DEADLINE = 1.5, 3.0, 2.0
ALLOWED = TTL + GRACE + 2 * DEADLINE + 1.0
"""Seconds that an answer may be old: its time, its grace, two requests, and a busy machine."""

LIVE = 2 * DEADLINE + 1.0
"""The same for what is never stored."""

STUCK = 150.0
"""Seconds after which a call counts as one that never ends; huggingface_hub's own patience is behind some."""


class Member:
    """A client, and what its threads have seen."""

    def __init__(self, settings):
        self.settings = settings
        self.folder = Path(settings["folder"])
        self.client = HubClient(
            HubConfig(
                endpoint=settings["endpoint"],
                cache=settings["cache"],
                ttl=TTL,
                stale_if_error=GRACE,
                stale_while_revalidate=1.0,
                memory_seconds=1.0,
                memory_entries=settings["memory_entries"],
                deadline=DEADLINE,
                read_timeout=1.0,
                retries=2,
                progress=False,
            )
        )
        self.counts = Counter()
        self.crashes = []
        self.begun = {}
        self.ends_at = time.time() + settings["seconds"]
        self._writing = threading.Lock()
        self._seen = (self.folder / "seen.jsonl").open("w")

    def work(self, number):
        """What one thread does."""
        dice = random.Random(f"{self.settings['seed']} {number}")
        while time.time() < self.ends_at:
            verb = dice.choices(list(VERBS), WEIGHTS)[0]
            self.begun[number] = (time.monotonic(), verb.__name__)
            self.counts[verb.__name__] += 1
            try:
                verb(self, dice)
            except HubkitError as error:
                self.counts[type(error).__name__] += 1
            except Exception:  # noqa: BLE001 - told at the end
                self.crashes.append(traceback.format_exc())
        self.begun.pop(number)

    def saw(self, kind, name, told, asked_at, age=ALLOWED):
        """Write an answer down, with the time that it may be of."""
        line = json.dumps([kind, name, told, asked_at - age, time.time()])
        self.counts["answers"] += 1
        with self._writing:
            self._seen.write(line + "\n")

    def saw_model(self, model, asked_at, age=ALLOWED):
        """Write down what was told of a model, once its parts are of one version."""
        name, version = model.model_id, model.downloads
        if name in self.settings["files"]:
            return self.saw("commit", name, model.sha, asked_at, age)
        parts = {
            int(model.sha[8:]),
            model.likes,
            version,
            *(int(tag[1:]) for tag in model.tags if tag[0] == "v"),
        }
        if not model.partial:
            parts |= {model.card_data["version"], *(file.size for file in model.siblings)}
            parts |= {int(file.rfilename.split("-")[1]) for file in model.siblings}
        self.saw("model", name, version if parts == {version} else f"mixed: {sorted(parts)}", asked_at, age)
        return None

    def close(self):
        """Give all back."""
        self.client.close()
        self._seen.close()


def get(member, dice):
    """Metadata of one."""
    name, began = dice.choice(member.settings["models"]), time.time()
    model = member.client.get_model_metadata(name, use_cache=dice.random() < 0.9)
    if model is not None:
        member.saw_model(model, began)
        member.saw("model", name, model.downloads, began)


def require(member, dice):
    """The same, or an error; that there is no such model is none of those that are allowed."""
    name, began = dice.choice(member.settings["models"]), time.time()
    try:
        member.saw_model(member.client.require_model_metadata(name), began)
    except RepoNotFoundError:
        member.saw("model", name, "missing", began)


def missing(member, dice):
    """A model that there never is."""
    name = f"org/none{dice.randrange(5)}"
    if member.client.get_model_metadata(name) is not None:
        member.saw("model", member.settings["models"][0], f"{name} is there", time.time())


def many(member, dice):
    """Several at once."""
    names, began = dice.sample(member.settings["models"], 6), time.time()
    for name, model in member.client.get_many_metadata(names).items():
        if model is not None:
            member.saw_model(model, began)
            member.saw("model", name, model.downloads, began)


def search(member, dice):
    """A search, answered by the hub or from the cache."""
    began = time.time()
    for model in member.client.search_models(f"m{dice.randrange(3)}", limit=8):
        member.saw_model(model, began)


def licence(member, dice):
    """The licence of one."""
    name, began = dice.choice(member.settings["models"]), time.time()
    if (told := member.client.check_license(name)) is not None:
        member.saw("licence", name, told, began)


def reports(member, dice):
    """Both reports."""
    name = dice.choice(member.settings["models"])
    member.client.license_report(name, ["mit"])
    member.client.compatibility_report(name)


def repository(member, dice):
    """Reads that are never stored."""
    name, began = dice.choice(member.settings["files"]), time.time()
    told = member.client.repos.commits(name, limit=1)[0].commit_hash
    member.saw("commit", name, told, began, LIVE)
    began = time.time()
    (branch,) = member.client.repos.refs(name).branches
    member.saw("commit", name, branch.commit_hash, began, LIVE)


def stored(member, dice):
    """What is cached, by itself."""
    name, began = dice.choice(member.settings["models"]), time.time()
    model = member.client.cache.get(name, ttl_hours=TTL / 3600)
    if model is not None:
        member.saw_model(model, began)
        if dice.random() < 0.3:
            member.client.cache.set(model)
    elif dice.random() < 0.3:
        member.client.cache.remove(name)
    if dice.random() < 0.05:
        member.client.cache.prune()


def download(member, dice):
    """A small model's files, to a folder of this thread's own."""
    name, began = dice.choice(member.settings["files"]), time.time()
    folder = member.folder / f"models{threading.get_ident()}"
    try:
        path = member.client.download_model(name, folder)
        text = (path / "version.txt").read_text()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    of, version, *_ = text.split()
    whole = text == f"{name} {version} " * 500
    member.saw("commit", name, path.name, began, ALLOWED + time.time() - began)
    member.saw("model", name, int(version) if whole else f"torn: {of} {version}", began)


VERBS = {
    get: 30,
    require: 20,
    missing: 2,
    many: 8,
    search: 8,
    licence: 8,
    reports: 3,
    repository: 4,
    stored: 14,
    download: 2,
}
WEIGHTS = list(VERBS.values())


def sample():
    """Open files, and KiB in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(os.listdir("/proc/self/fd")), pages * resource.getpagesize() // 1024


def watch(member):
    """Look at the process every so often; dump all stacks and end when a call never ends."""
    samples = []
    while time.time() < member.ends_at:
        time.sleep(0.5)
        samples.append((time.time(), *sample()))
        stuck = [verb for began, verb in list(member.begun.values()) if time.monotonic() - began > STUCK]
        if stuck:
            faulthandler.dump_traceback()
            sys.exit(f"never ends: {stuck}")
    return samples


def main():
    """Take part."""
    settings = json.loads(sys.argv[1])
    faulthandler.dump_traceback_later(settings["seconds"] + STUCK + 30, exit=True)
    logging.getLogger("hubkit").addHandler(logging.NullHandler())
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    member = Member(settings)
    threads = [threading.Thread(target=member.work, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    samples = watch(member)
    for thread in threads:
        thread.join(STUCK)
    gc.collect()
    at_end = sample()
    stats = member.client.cache.stats()
    member.close()
    told = {
        "counts": member.counts,
        "crashes": member.crashes[:3],
        "stuck": sum(thread.is_alive() for thread in threads),
        "samples": samples,
        "at_end": at_end,
        "hits": stats.hits,
        "unreadable": sum(tier.unreadable for tier in stats.tiers),
        "store_errors": sum(tier.errors for tier in stats.tiers),
    }
    (member.folder / "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
