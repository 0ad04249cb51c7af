"""Install, uninstall, and what programs do with huggingface_hub's client in between."""

from __future__ import annotations

import gc
import importlib
from concurrent.futures import ThreadPoolExecutor

import huggingface_hub
import pytest
from huggingface_hub import close_session, get_session, set_client_factory

from hubkit import ConfigError, HubConfig, InvalidArgumentError
from hubkit.interop import cached, install, uninstall


@pytest.fixture
def library():
    """The httpx or httpx2 which huggingface_hub uses."""
    return __import__(type(get_session()).__module__.partition(".")[0])


@pytest.fixture(autouse=True)
def _as_it_was():
    """Each test leaves huggingface_hub as it found it."""
    from huggingface_hub.utils import _http

    yield
    uninstall()
    set_client_factory(_http.default_client_factory)


def asked_twice(hub, api):
    """Requests that two equal questions cost."""
    hub.reset_counts()
    for _ in range(2):
        api.model_info("org/model")
    return hub.total_requests


def test_install_and_uninstall(hub, api, config):
    """In between questions are cached, before and after they are not; twice is once."""
    before = asked_twice(hub, api)
    install(config)
    install(config)
    between = asked_twice(hub, api)
    uninstall()
    uninstall()

    assert (2, 1, 2) == (before, between, asked_twice(hub, api))


def test_settings_of_the_environment(hub, api, tmp_path, monkeypatch):
    """Without an argument they are those of HubClient."""
    monkeypatch.setenv("HUBKIT_CACHE", f"sqlite://{tmp_path}/c.db")
    install()
    asked_twice(hub, api)

    assert (tmp_path / "c.db").exists()


def test_settings_that_cannot_be_right(monkeypatch):
    """A wrong setting is an error of ours, and nothing is installed."""
    monkeypatch.setenv("HUBKIT_TTL", "soon")
    with pytest.raises(ConfigError, match="ttl"):
        install()

    assert "send" not in vars(get_session())


def test_other_settings(config):
    """What is installed is not silently something else."""
    install(config)
    with pytest.raises(InvalidArgumentError, match="uninstall"):
        install(HubConfig(cache="memory://"))


def test_blocks_nest(hub, api, config):
    """The outermost decides; it alone takes the cache away."""
    with cached(config):
        with cached():
            inner = asked_twice(hub, api)
        outer = asked_twice(hub, api)

    assert (1, 0, 2) == (inner, outer, asked_twice(hub, api))


def test_block_within_an_installation(hub, api, config):
    """A block that ends leaves an installation in place."""
    install(config)
    with cached():
        pass

    assert 1 == asked_twice(hub, api)


def factory_of(library, seen):
    """A program's own: with a header and a hook."""

    def make():
        return library.Client(
            headers={"X-Proxy": "ours"}, event_hooks={"request": [seen.append]}, follow_redirects=True
        )

    return make


@pytest.mark.parametrize("order", ["before", "after"])
def test_programs_own_factory(hub, api, config, library, order):
    """Its clients are used, with their hooks and headers, whenever it was set; and it is there again afterwards."""
    seen = []
    if order == "before":
        set_client_factory(factory_of(library, seen))
    install(config)
    if order == "after":
        from huggingface_hub.utils import _http

        _http.set_client_factory(factory_of(library, seen))

    assert 1 == asked_twice(hub, api)
    assert ["ours"] == [request.headers["x-proxy"] for request in seen]
    uninstall()
    assert 2 == asked_twice(hub, api)
    assert 3 == len(seen)


@pytest.mark.parametrize("place", ["huggingface_hub", "huggingface_hub.utils", "huggingface_hub.utils._http"])
def test_every_name_of_the_setter(hub, api, config, library, place):
    """Under whatever name a program finds `set_client_factory`, the cache stays before what it sets."""
    seen = []
    install(config)
    importlib.import_module(place).set_client_factory(factory_of(library, seen))

    assert 1 == asked_twice(hub, api)
    assert 1 == len(seen)
    uninstall()
    importlib.import_module(place).set_client_factory(factory_of(library, seen))
    assert 2 == asked_twice(hub, api)


def test_setter_that_was_imported_before(hub, api, config, library):
    """The cache can't know of its use, and is put before it again by the next `install`."""
    install(config)
    set_client_factory(factory_of(library, []))
    install()

    assert 1 == asked_twice(hub, api)


def test_factory_of_something_else(hub, api, config, caplog):
    """What is no client of httpx is left alone, with a word in the log."""
    client = get_session()

    class Wrapper:
        def get(self, *arguments, **options):
            return client.get(*arguments, **options)

    from huggingface_hub.utils import _http

    install(config)
    _http.set_client_factory(Wrapper)
    client = _http.default_client_factory()

    assert 2 == asked_twice(hub, api)
    assert "no client of httpx: Wrapper" in caplog.text
    client.close()


def test_client_that_a_program_keeps(hub, api, config, library):
    """A factory that always gives the same client gets it back as it was."""
    client = library.Client(follow_redirects=True)
    set_client_factory(lambda: client)
    send = client.send
    install(config)
    assert 1 == asked_twice(hub, api)
    get_session.__globals__["_GLOBAL_CLIENT"] = None

    assert 0 == asked_twice(hub, api)
    get_session.__globals__["_GLOBAL_CLIENT"] = None
    uninstall()
    assert send == client.send
    client.close()


def test_close_session(hub, api, beneath):
    """huggingface_hub closes its client after connection errors; the next has the cache beneath it too."""
    asked_twice(hub, api)
    close_session()

    assert 0 == asked_twice(hub, api)


# Threads that are first to ask make, with huggingface_hub 1.2, a client each, and lose all but one.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_installed_by_many_threads(hub, api, config):
    """Threads that install at once, while others ask, are no trouble."""

    def work(_):
        for _ in range(20):
            install(config)
            api.model_info("org/model")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    gc.collect()

    assert 0 == asked_twice(hub, api)


def test_proxies_of_the_environment(hub, api, config, monkeypatch):
    """HTTP_PROXY holds: with a proxy that isn't there the first question fails, and a cached one doesn't."""
    with cached(config):
        api.model_info("org/model")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with cached(config):
        assert "org/model" == api.model_info("org/model").id
        with pytest.raises(Exception, match="refused"):
            api.dataset_info("org/data")


def test_public_names():
    """The version of huggingface_hub that is installed has what the cache is put beneath."""
    from huggingface_hub.utils import _http

    assert callable(_http.set_client_factory)
    assert callable(_http._GLOBAL_CLIENT_FACTORY)
    assert huggingface_hub.__version__
