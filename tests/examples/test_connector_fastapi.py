"""The web app over HTTP: pages, hostile models, and a Hub that goes away."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests
import uvicorn

from hubkit import HubConfig
from hubkit.testing import LocalHub

FOLDER = Path(__file__).parents[2] / "examples" / "connector_fastapi"
sys.path.insert(0, str(FOLDER))
from app import create_app  # noqa: E402

HOSTILE = {
    "id": "mallory/evil",
    "private": False,
    "downloads": 7,
    "pipeline_tag": "<script>alert(1)</script>",
    "library_name": "\x1b[31mred\x1b[0m",
    "tags": ["<img src=x onerror=alert(1)>", "\u202egnp.exe", "{{ 7 * 7 }}"],
    "siblings": [{"rfilename": '"><svg onload=alert(1)>.bin'}, {"rfilename": "a' onmouseover='x.json"}],
    "cardData": {"license": "<b>mine</b>"},
}


class Page(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, answer):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(answer.text)

    def handle_starttag(self, tag, attrs):
        """Note it."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        """Note it."""
        self.text += data


@pytest.fixture
def hub(payloads):
    """A hub with some models, one of them hostile."""
    with LocalHub() as hub:
        hub.load_models(payloads / "model_2022__gpt2.json")
        hub.load_models(payloads / "model_2022__bert-base-uncased.json")
        hub.add_model(HOSTILE)
        yield hub


@pytest.fixture
def site(hub, tmp_path):
    """The app's address, served by uvicorn on a port of this machine."""
    config = HubConfig(endpoint=hub.endpoint, token=hub.add_user("alice"), cache=tmp_path.as_uri(), retries=0)
    app = create_app(config, retry_seconds=0.0)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def get(url):
    """The answer of a page."""
    return requests.get(url, timeout=30)


def test_search_page(site):
    """A search lists what the Hub finds, each with a link to its page."""
    answer = get(f"{site}/?q=bert")

    assert 200 == answer.status_code
    assert "/models/bert-base-uncased" in answer.text
    assert "gpt2" not in answer.text
    assert "can't be asked" not in answer.text


def test_model_page(site):
    """A model's page has its facts and files."""
    page = Page(get(f"{site}/models/gpt2"))

    facts = ["Tasktext-generation", "Licencemit", "With transformerscan be loaded", "pytorch_model.bin"]

    assert facts == [fact for fact in facts if fact in page.text]


@pytest.mark.parametrize(
    "path", ["models/no/such-model", "models/../etc/passwd", "models/a//b", "models/%00"]
)
def test_unknown_model(site, path):
    """What no model is called is a page that says so."""
    prepared = requests.Request("GET", site).prepare()
    prepared.url = f"{site}/{path}"
    with requests.Session() as session:
        answer = session.send(prepared, timeout=30)

    assert 404 == answer.status_code
    assert "There is no such model" in answer.text or "Not Found" in answer.text


@pytest.mark.parametrize("path", ["models/mallory/evil", "?q=evil", "?q=<script>alert(1)</script>"])
def test_hostile_text(site, path):
    """Whatever a model says of itself, or a link of a search, stays text: no tag, no attribute, no control character."""
    answer = get(f"{site}/{path}")
    page = Page(answer)

    assert set() == page.tags & {"script", "img", "svg"}
    assert [] == [name for name in page.attributes if name.startswith("on")]
    assert "alert(1)" in page.text or "mallory/evil" in page.text
    assert ("{{ 7 * 7 }}" in page.text) is (path == "models/mallory/evil")
    assert [] == re.findall(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_hub_goes_away(site, hub):
    """With the Hub gone pages go on, say so, and are back to normal when it is."""
    pages = [f"{site}/?q=gpt", f"{site}/models/gpt2"]
    before = [get(page) for page in pages]
    hub.stop()
    during = [get(page) for page in pages]
    unknown = get(f"{site}/models/bert-base-uncased")
    hub.start()
    after = [get(page) for page in pages]

    assert [200] * 6 == [answer.status_code for answer in before + during + after]
    assert [False] * 2 + [True] * 2 + [False] * 2 == [
        "can't be asked" in answer.text for answer in before + during + after
    ]
    assert ["gpt2" in answer.text for answer in during] == [True, True]
    assert (503, True) == (unknown.status_code, "Nothing is known of it here" in unknown.text)


def test_used_up_quota(site, hub):
    """A refusal of the Hub is a banner, and no traceback."""
    get(site)
    hub.limit(0)
    answer = get(f"{site}/models/bert-base-uncased")

    assert 503 == answer.status_code
    assert "can't be asked" in answer.text


def test_from_the_command_line(tmp_path):
    """With a Hub of its own it serves 4,000 models, and ends with Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "app.py"), "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    with process:
        started = next(line for line in process.stderr if "running on" in line)
        answer = get(re.search(r"http://\S+", started)[0])
        style = get(re.search(r"http://\S+", started)[0] + "/static/style.css")
        process.send_signal(signal.SIGINT)
        process.stderr.read()

    assert "xlm-roberta-base" in answer.text
    assert "1,786,599 downloads" in answer.text
    assert "text/css" in style.headers["Content-Type"]
    assert process.returncode in {0, -signal.SIGINT}
