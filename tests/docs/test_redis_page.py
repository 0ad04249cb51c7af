"""The server that the page about Redis has people set up does what the page says."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from doc_pages import blocks_of

from hubkit import HubClient, HubConfig

PAGE = Path(__file__).parents[2] / "docs" / "redis.md"


@pytest.fixture
def server(start_redis, tmp_path):
    """A server with the options of the page's compose file, and its users."""
    blocks = [block.text for block in blocks_of(PAGE)]
    compose = yaml.safe_load(next(text for text in blocks if text.startswith("services:")))
    users = next(text for text in blocks if text.startswith("user default off"))
    # As it is printed: Redis doesn't start with a line in it that names no user.
    (tmp_path / "users.acl").write_text(users)
    command = compose["services"]["cache"]["command"].replace("/etc/redis", str(tmp_path))
    return start_redis(*shlex.split(command)[1:])


def test_users(server, local_hub, caplog):
    """One user fills the cache, the other reads it and can't write, and neither causes a warning."""
    local_hub.add_model({"id": "org/model", "private": False})

    def ask(login, mode):
        url = server.url.replace("redis://", f"redis://{login}@")
        config = HubConfig(endpoint=local_hub.endpoint, cache=url, cache_mode=mode)
        with HubClient(config) as hub:
            return hub.require_model_metadata("org/model").model_id

    found = [ask("hubkit:PASSWORD", "read-write"), ask("reader:READER_PASSWORD", "read-only")]
    local_hub.stop()
    found.append(ask("reader:READER_PASSWORD", "read-only"))

    assert [] == [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert 1 == local_hub.total_requests
    assert ["org/model"] * 3 == found


def test_nobody_else(server, local_hub, caplog):
    """Who doesn't know a password gets nothing of it, and works without."""
    local_hub.add_model({"id": "org/model", "private": False})
    with HubClient(HubConfig(endpoint=local_hub.endpoint, cache=server.url, memory_entries=0)) as hub:
        hub.require_model_metadata("org/model")
        hub.require_model_metadata("org/model")

    assert 1 == sum(record.levelname == "WARNING" for record in caplog.records)
    assert 2 == local_hub.total_requests
