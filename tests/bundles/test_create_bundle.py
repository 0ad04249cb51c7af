"""What `create_bundle` lets go along, and whose token it uses."""

from __future__ import annotations

import attrs
import pytest

from hubkit import HubClient, InvalidArgumentError
from hubkit.bundling import create_bundle
from hubkit.cache import MemoryCache
from hubkit.interop import cached

SECRET = b'{"of": "alice alone"}'


@pytest.fixture
def token(hub):
    """The token that may read the private model, whose file can be known again."""
    hub.commit("alice/secret", {"config.json": SECRET})
    return hub.add_user("alice")


def test_files_of_private_models_only_on_demand(site, token, tmp_path):
    """As long as nobody says so, files that only this token may read stay here, as what is said of them does."""
    names = ["alice/secret", "org/model"]
    with site("here", token=token).client() as client:
        public = create_bundle(client, tmp_path / "public.tar", names, with_files=True)
        private = create_bundle(client, tmp_path / "private.tar", names, with_files=True, private=True)

    assert SECRET not in (tmp_path / "public.tar").read_bytes()
    assert SECRET in (tmp_path / "private.tar").read_bytes()
    assert (("org/model",), ("alice/secret", "org/model")) == (public.models, private.models)


def test_files_of_a_model_that_is_private_since(hub, site, tmp_path):
    """What the cache still has as public doesn't let the files go along."""
    token = hub.add_user("owner", orgs=["org"])
    with site("here", token=token).client() as client, site("there", token=token).client() as other:
        before = create_bundle(client, tmp_path / "before.tar", ["org/model"], with_files=True)
        other.repos.settings("org/model", private=True)
        after = create_bundle(client, tmp_path / "after.tar", ["org/model"], with_files=True)

    assert (3, 0) == (before.files, after.files)


def test_token_that_was_given_to_connect(site, token, tmp_path):
    """A client that was connected with a token of its own reads with that one."""
    with site("here").client() as client:
        client.connect({"token": token})
        packed = create_bundle(client, tmp_path / "x.tar", ["alice/secret"], private=True)

    assert ("alice/secret",) == packed.models


def test_one_text_is_no_list(hub, site, tmp_path):
    """An id alone isn't taken for a list of its letters; nothing is asked and nothing written."""
    with site("here").client() as client:
        for make in (
            lambda path: create_bundle(client, path, "org/model"),
            lambda path: client.cache.export_bundle(path, models="org/model"),
        ):
            with pytest.raises(InvalidArgumentError, match="models"):
                make(tmp_path / "x.tar")

    assert 0 == hub.total_requests
    assert not (tmp_path / "x.tar").exists()


def test_bundle_that_is_no_path(site):
    """What can't be a file is told by the name of the argument."""
    with site("there").client() as client, pytest.raises(InvalidArgumentError, match="the bundle must be"):
        client.cache.import_bundle(None)


def test_stores_of_the_client(hub, site, tmp_path):
    """A client with backends of its own packs what lies there, and leaves the settings' stores alone."""
    here = site("here")
    with here.client() as client:
        expected = create_bundle(client, tmp_path / "expected.tar", ["org/model"])
    elsewhere = attrs.evolve(here.config, cache=(tmp_path / "unused").as_uri())
    with HubClient(elsewhere, backends=[MemoryCache()]) as client:
        packed = create_bundle(client, tmp_path / "packed.tar", ["org/model"])

    assert expected.answers == packed.answers
    assert not (tmp_path / "unused").exists()


def test_beneath_an_installed_cache(hub, site, tmp_path):
    """A program whose huggingface_hub reads through the same cache packs with any token."""
    here = site("here")
    with cached(here.config), here.client() as client:
        client.connect({"token": hub.add_user("alice")})
        packed = create_bundle(client, tmp_path / "packed.tar", ["org/model"])

    assert ("org/model",) == packed.models
