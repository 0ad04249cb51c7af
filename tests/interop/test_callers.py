"""Who asks, however that is shown: nobody who can't be told apart from others is given what they were told."""

from __future__ import annotations

import gc
import threading

import huggingface_hub
import pytest
from huggingface_hub import HfApi, close_session, get_session, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from live_hub import live_hub
from vanished_client import is_vanished_client

from hubkit.cache import open_backend
from hubkit.interop import cached


@pytest.fixture
def library():
    """The httpx or httpx2 which huggingface_hub uses."""
    return __import__(type(get_session()).__module__.partition(".")[0])


@pytest.fixture
def factory():
    """Sets a program's own factory, for the length of the test."""
    from huggingface_hub.utils import _http

    yield lambda make: huggingface_hub.utils.set_client_factory(make)
    _http.set_client_factory(_http.default_client_factory)


@pytest.fixture
def secret(hub, alice):
    """Alice's private model."""
    hub.add_repo("alice/secret", {"config.json": b"{}"}, private=True)
    return "alice/secret"


def refused(front, name):
    """Whether those without a token are told that there is nothing."""
    with pytest.raises((RepositoryNotFoundError, HfHubHTTPError)):
        HfApi(endpoint=front.endpoint, token=False).model_info(name)
    return True


def test_client_that_signs_when_it_sends(hub, secret, alice, config, library, factory):
    """What the Hub tells a client with credentials of its own is not taken for what everybody is told."""

    def sign(request):
        request.headers["authorization"] = f"Bearer {alice}"
        return request

    api = HfApi(endpoint=hub.endpoint, token=False)
    with cached(config):
        factory(lambda: library.Client(auth=sign, follow_redirects=True))
        assert [secret] * 2 == [api.model_info(secret).id for _ in range(2)]
        factory(lambda: library.Client(follow_redirects=True))

        assert refused(hub, secret)
    assert 3 == hub.requests["model_info"]


def test_session_in_a_cookie(hub, secret, alice, config, library, factory):
    """A cookie is somebody: its answers are cached, and nobody else's."""
    with live_hub(hub) as front, cached(config):
        api = HfApi(endpoint=front.endpoint, token=False)
        factory(lambda: library.Client(cookies={"token": alice}, follow_redirects=True))
        assert [secret] * 2 == [api.model_info(secret).id for _ in range(2)]
        factory(lambda: library.Client(follow_redirects=True))

        assert refused(front, secret)
    assert 2 == hub.requests["model_info"]


def test_password_in_the_address(hub, config, tmp_path):
    """It ends in no key, and its answers in no cache."""
    endpoint = hub.endpoint.replace("://", "://me:s3cret@")
    with cached(config):
        api = HfApi(endpoint=endpoint, token=False)
        for _ in range(2):
            with pytest.raises(HfHubHTTPError):
                api.model_info("org/model")
    stored = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]

    assert not [text for text in stored if b"s3cret" in text]
    assert 2 == hub.requests["model_info"]


@pytest.mark.parametrize("token", [True, None])
def test_token_of_the_environment(hub, secret, alice, config, monkeypatch, token):
    """An implicit token is as good as one that is given, and shares its answers."""
    monkeypatch.setenv("HF_TOKEN", alice)
    with cached(config):
        assert secret == HfApi(endpoint=hub.endpoint, token=token).model_info(secret).id
        assert secret == HfApi(endpoint=hub.endpoint, token=alice).model_info(secret).id

        assert refused(hub, secret)
    assert 2 == hub.requests["model_info"]


def test_revoked_token(hub, secret, alice, config):
    """Once the Hub has said that it doesn't know the token any more, nothing is told to it from the cache."""
    api = HfApi(endpoint=hub.endpoint, token=alice)
    with cached(config):
        commit = api.model_info(secret).sha
        api.list_repo_tree(secret, revision=commit)
        assert api.file_exists(secret, "config.json", revision=commit)
        hub.fail(
            status=401,
            times=None,
            body={"error": "Invalid credentials in Authorization header"},
            headers={"X-Error-Message": "Invalid credentials in Authorization header"},
        )
        # Not asked, the Hub couldn't say so.
        assert secret == api.model_info(secret).id
        with pytest.raises(HfHubHTTPError):
            api.whoami()
        with pytest.raises(HfHubHTTPError, match="401"):
            api.model_info(secret)
        with pytest.raises(HfHubHTTPError, match="401"):
            api.file_exists(secret, "config.json", revision=commit)

    assert not [key for key in list(open_backend(config.cache[0]).keys()) if "secret" in key]


def test_two_tokens_of_one_process(hub, alice, config):
    """What one of them writes the other reads at once, and so does another's."""
    reader = HfApi(endpoint=hub.endpoint, token=hub.add_user("alice", role="read"))
    other = HfApi(endpoint=hub.endpoint, token=hub.add_user("bob"))
    writer = HfApi(endpoint=hub.endpoint, token=alice)
    hub.add_repo("alice/mine", {}, private=True)
    with cached(config):
        before = [reader.file_exists("alice/mine", "new.txt"), other.repo_exists("alice/new")]
        writer.upload_file(path_or_fileobj=b"x", path_in_repo="new.txt", repo_id="alice/mine")
        writer.create_repo("alice/new")

        assert reader.file_exists("alice/mine", "new.txt")
        assert other.repo_exists("alice/new")
    assert [False, False] == before


def test_made_private_long_after(hub, alice, config, clock):
    """That it was public is known for as long as anything of it is kept."""
    hub.add_repo("alice/open", {"config.json": b"{}"})
    owner, nobody = (HfApi(endpoint=hub.endpoint, token=token) for token in (alice, False))
    with cached(config, clock=clock):
        commit = owner.model_info("alice/open").sha
        assert nobody.file_exists("alice/open", "config.json", revision=commit)
    owner.update_repo_settings("alice/open", private=True)
    clock.advance(hours=30)
    with cached(config, clock=clock):
        owner.model_info("alice/open")

        with pytest.raises(HfHubHTTPError, match="401"):
            nobody.file_exists("alice/open", "config.json", revision=commit)


def test_head_that_is_to_be_followed(hub, alice, config, tmp_path):
    """A program's own HEAD that follows redirects gets to the file; none is kept."""
    with live_hub(hub) as front, cached(config):
        url = f"{front.endpoint}/org/model/resolve/main/config.json"
        hf_hub_download("org/model", "config.json", endpoint=front.endpoint, cache_dir=tmp_path, token=alice)
        found = get_session().head(url, headers={"authorization": f"Bearer {alice}"}, follow_redirects=True)

    assert (200, "23") == (found.status_code, found.headers["content-length"])


def test_parts_and_conditions(hub, alice, config):
    """Whoever asks for what is new since, or for a part, is answered by the Hub."""
    with cached(config):
        url = f"{hub.endpoint}/api/models/org/model"
        etag = get_session().get(url).headers["etag"]
        found = get_session().get(url, headers={"If-None-Match": etag})

    assert 304 == found.status_code


# A client that is closed while it opens a connection forgets to close that, with hubkit or without.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_closed_under_load(hub, api, config):
    """A client that is closed by one thread while others ask costs no more than it does without hubkit."""
    with cached(config):
        api.model_info("org/model")
        over = threading.Event()
        failures = []

        def ask():
            while not over.is_set():
                try:
                    api.model_info("org/model")
                except Exception as error:  # noqa: BLE001 - whatever it is
                    if not is_vanished_client(error):
                        failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(50):
            close_session()
        over.set()
        for thread in threads:
            thread.join()
    gc.collect()

    assert [] == failures
    assert 1 == hub.requests["model_info"]
