"""Starting, stopping, remembering, and the ways in which a hub is told to misbehave."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from huggingface_hub import HfApi, constants

import hubkit.testing
from hubkit.testing import FakeClock, LocalHub


class TestStartAndStop:
    def test_has_no_address_before_it_starts(self) -> None:
        """A hub that never ran has no endpoint to be mistaken for one."""
        with pytest.raises(RuntimeError, match="before it is started"):
            LocalHub().endpoint  # noqa: B018

    def test_comes_back_on_the_same_port(self, hub: LocalHub) -> None:
        """A client that was told the endpoint once finds the hub again after a stop, with all it knew."""
        hub.add_repo("alice/tiny", {"a.txt": b"a"})
        before = hub.endpoint
        requests.get(f"{hub.url}/api/models/alice/tiny", timeout=5)
        hub.stop()
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{before}/api/models/alice/tiny", timeout=5)
        hub.start()

        assert before == hub.endpoint
        assert 200 == requests.get(f"{before}/api/models/alice/tiny", timeout=5).status_code

    def test_stops_at_once_though_a_client_waits(self, hub: LocalHub) -> None:
        """Neither an idle connection nor an answer that is held back keeps a hub from stopping."""
        session = requests.Session()
        session.get(hub.url, timeout=5)
        hub.fail(status=None, delay=30.0)
        waiting = threading.Thread(target=_get_quietly, args=(hub.url,))
        waiting.start()
        while hub.total_requests < 1:
            time.sleep(0.01)
        time.sleep(0.05)
        started = time.monotonic()
        hub.stop()
        waiting.join(5)

        assert time.monotonic() - started < 1.0

    def test_start_and_stop_twice_are_once(self, hub: LocalHub) -> None:
        """Nested users of one hub need not agree on who starts it."""
        assert hub is hub.start()
        hub.stop()
        hub.stop()

    def test_two_hubs_know_nothing_of_each_other(self, hub: LocalHub) -> None:
        """Each hub has its own port and its own repositories."""
        hub.add_repo("alice/tiny", {})
        with LocalHub() as other:
            assert other.endpoint != hub.endpoint
            assert 401 == requests.get(f"{other.url}/api/models/alice/tiny", timeout=5).status_code

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    @pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
    def test_forked_children_do_not_keep_it_alive(self, hub: LocalHub) -> None:
        """A hub that stopped refuses connections and can start again, though a child still holds its socket."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            hub.stop()
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        answered = requests.get(hub.url, timeout=5).status_code
        hub.stop()
        with pytest.raises(requests.ConnectionError):
            requests.get(hub.url, timeout=5)
        hub.start()
        again = requests.get(hub.url, timeout=5).status_code
        os.close(writing)
        os.close(reading)
        os.waitpid(child, 0)

        assert (404, 404) == (answered, again)

    def test_turns_xet_off_while_any_hub_runs(self) -> None:
        """The client library asks for no Xet server until the last hub stopped, then does as before."""
        before = constants.HF_HUB_DISABLE_XET
        first, second = LocalHub().start(), LocalHub().start()
        during = [constants.HF_HUB_DISABLE_XET]
        first.stop()
        during.append(constants.HF_HUB_DISABLE_XET)
        second.stop()

        assert [True, True] == during
        assert before == constants.HF_HUB_DISABLE_XET

    def test_leaves_the_client_library_unread(self) -> None:
        """A test may start a hub, then set the endpoint, and only then import the library that reads it once."""
        script = (
            "import os, sys; from hubkit.testing import LocalHub; hub = LocalHub().start(); "
            "assert 'huggingface_hub' not in sys.modules; os.environ['HF_ENDPOINT'] = hub.url; "
            "from huggingface_hub import constants; print(constants.ENDPOINT == hub.url, "
            "constants.HF_HUB_DISABLE_XET, end=' '); hub.stop(); "
            "print(constants.HF_HUB_DISABLE_XET, 'HF_HUB_DISABLE_XET' in os.environ)"
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )

        assert "True True False False" == done.stdout.strip()

    def test_answers_forty_slow_requests_at_once(self, hub: LocalHub) -> None:
        """A stampede meets an origin that is slow, not one that queues."""
        hub.fail(status=None, delay=0.2, times=None)
        threads = [threading.Thread(target=_get_quietly, args=(hub.url,)) for _ in range(32)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert time.monotonic() - started < 5
        assert 32 == hub.total_requests


class TestThreads:
    def test_writers_and_readers_do_not_disturb_each_other(self, hub: LocalHub) -> None:
        """Eight clients commit to one repository while eight read it: every commit counts, no answer is torn."""
        hub.add_repo("org/x", {"README.md": b"---\nlicense: mit\n---\n"})
        token = hub.add_user("alice", orgs=["org"])
        body = '{"key":"header","value":{"summary":"s"}}\n{"key":"file","value":{"path":"%s","content":""}}'
        statuses: list[int] = []

        def work(number: int) -> None:
            with requests.Session() as session:
                session.headers["Authorization"] = f"Bearer {token}"
                for turn in range(20):
                    commit = f"{hub.url}/api/models/org/x/commit/main"
                    done = (
                        session.post(commit, data=body % f"{number}-{turn}", timeout=30)
                        if number < 8
                        else session.get(f"{hub.url}/api/models/org/x?blobs=true", timeout=30)
                    )
                    done.json()
                    statuses.append(done.status_code)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with requests.Session() as session:
            commits = session.get(f"{hub.url}/api/models/org/x/commits/main", timeout=30)

        assert [200] * 320 == statuses
        assert "161" == commits.headers["X-Total-Count"]


class TestFolder:
    def test_survives_the_process(self, tmp_path: Path) -> None:
        """Repositories, contents, history, tokens, grants and former ids are back when the folder is opened again."""
        with LocalHub(tmp_path) as hub:
            token = hub.add_user("alice", orgs=["org"])
            first = hub.add_repo("org/gated", {"config.json": b"{}", "w.bin": b"\0" * 100}, gated="auto")
            hub.commit("org/gated", {"config.json": None})
            hub.grant("org/gated", "bob")
            hub.rename("org/gated", "org/renamed")
            hub.add_model({"modelId": "gpt2", "likes": 3})
        with LocalHub(tmp_path) as hub:
            bob = HfApi(endpoint=hub.endpoint, token=hub.add_user("bob"))
            api = HfApi(endpoint=hub.endpoint, token=token)
            path = bob.hf_hub_download("org/gated", "w.bin", cache_dir=tmp_path / "cache")

            assert "alice" == api.whoami()["name"]
            assert ["config.json", "w.bin"] == api.list_repo_files("org/renamed", revision=first)
            assert ["w.bin"] == api.list_repo_files("org/gated")
            assert b"\0" * 100 == Path(path).read_bytes()
            assert 3 == api.model_info("gpt2").likes

    def test_forgets_what_was_deleted(self, tmp_path: Path) -> None:
        """A deleted repository does not come back."""
        with LocalHub(tmp_path) as hub:
            api = HfApi(endpoint=hub.endpoint, token=hub.add_user("alice"))
            hub.add_repo("alice/tiny", {})
            api.delete_repo("alice/tiny")
        with LocalHub(tmp_path) as hub:
            assert [] == list(HfApi(endpoint=hub.endpoint, token=False).list_models())

    def test_an_id_that_was_given_away_and_taken_anew_leads_nowhere_else(self, tmp_path: Path) -> None:
        """Who makes a repository under a former id has it, also after the folder is opened again and it is deleted."""
        with LocalHub(tmp_path) as hub:
            hub.add_repo("alice/old", {})
            hub.rename("alice/old", "alice/new")
            hub.add_repo("alice/old", {})
        with LocalHub(tmp_path) as hub:
            HfApi(endpoint=hub.endpoint, token=hub.add_user("alice")).delete_repo("alice/old")
            answer = requests.get(f"{hub.url}/api/models/alice/old", timeout=5)

        assert 401 == answer.status_code


class TestMistakes:
    """What a test's author gets wrong is told to the author, and leaves nothing behind."""

    def test_no_such_folder(self, hub: LocalHub, tmp_path: Path) -> None:
        """A misspelt folder, or a file, isn't an empty repository."""
        (tmp_path / "file").write_bytes(b"x")
        for name in ("misspelt", "file"):
            with pytest.raises(ValueError, match=name):
                hub.add_repo("alice/tiny", tmp_path / name)

        assert hub.add_repo("alice/tiny")

    def test_text_for_bytes(self, hub: LocalHub) -> None:
        """A content that is text is refused before there is half a repository, or half a commit."""
        files: dict[str, object] = {"a.txt": b"a", "b.txt": "b"}
        with pytest.raises(TypeError, match=r"b\.txt.* must be bytes"):
            hub.add_repo("alice/tiny", files)  # type: ignore[arg-type]
        first = hub.add_repo("alice/tiny")
        with pytest.raises(TypeError, match=r"b\.txt.* must be bytes"):
            hub.commit("alice/tiny", files)  # type: ignore[arg-type]

        assert first == requests.get(f"{hub.url}/api/models/alice/tiny", timeout=5).json()["sha"]

    def test_no_such_type(self, hub: LocalHub) -> None:
        """What nobody could ever ask for isn't made."""
        with pytest.raises(ValueError, match="model, dataset, space, not 'models'"):
            hub.add_repo("alice/tiny", repo_type="models")


class TestLoadModels:
    def test_loads_every_real_payload(self, hub: LocalHub, payloads: Path, anonymous: HfApi) -> None:
        """Whatever shape records were published in, the hub takes and serves them."""
        paths = [*payloads.glob("model*.json"), payloads / "api_trending_item__gated_auto.json"]
        loaded = [hub.load_models(path) for path in paths]
        served = list(anonymous.list_models())

        assert all(loaded)
        assert "auto" == anonymous.model_info("CohereLabs/cohere-transcribe-03-2026").gated
        assert sum(loaded) >= len(served) > 20

    def test_loads_four_thousand_in_time(self, hub: LocalHub, payloads: Path) -> None:
        """A realistic hub is ready before anybody grows impatient."""
        started = time.monotonic()
        loaded = hub.load_models(payloads / "models_2022_sample.jsonl.gz")

        assert 4000 == loaded
        assert time.monotonic() - started < 10

    @pytest.mark.parametrize("compress", [bytes, gzip.compress])
    @pytest.mark.parametrize("write", [json.dumps, lambda records: "\n".join(map(json.dumps, records))])
    def test_takes_lists_and_lines_gzipped_or_not(
        self, hub: LocalHub, tmp_path: Path, write: object, compress: object
    ) -> None:
        """The four usual ways to keep records in a file are all understood."""
        path = tmp_path / "records"
        path.write_bytes(compress(write([{"id": "a/b"}, {"modelId": "c"}]).encode()))  # type: ignore[operator]

        assert 2 == hub.load_models(path)

    @pytest.mark.parametrize("text", ["", "{", "[1]", '{"downloads": 3}'])
    def test_refuses_what_is_no_record(self, hub: LocalHub, tmp_path: Path, text: str) -> None:
        """A broken file is a ValueError, not a hub with a hole."""
        path = tmp_path / "broken.json"
        path.write_text(text)
        with pytest.raises(ValueError, match=r"broken\.json"):
            hub.load_models(path)

    def test_serves_a_record_with_all_its_keys(self, hub: LocalHub, payloads: Path) -> None:
        """What the Hub said of a model is what the hub says."""
        record = json.loads((payloads / "model_info__ggml-org__gemma-3-1b-it-GGUF.json").read_text())
        hub.add_model(record)
        served = requests.get(f"{hub.url}/api/models/{record['id']}", timeout=5).json()

        assert record == {key: served[key] for key in record}

    def test_old_records_get_the_keys_that_clients_insist_on(self, hub: LocalHub, payloads: Path) -> None:
        """A record of 2022 has no id; today's client cannot read an answer without one."""
        hub.load_models(payloads / "model_2022__gpt2.json")
        served = requests.get(f"{hub.url}/api/models/gpt2", timeout=5).json()

        assert ["gpt2", "gpt2"] == [served["id"], served["modelId"]]
        assert 24 == len(served["_id"])

    def test_a_commit_builds_on_a_record(self, hub: LocalHub, payloads: Path) -> None:
        """What the record says stands where the commit says nothing else."""
        hub.load_models(payloads / "model_2022__gpt2.json")
        before = requests.get(f"{hub.url}/api/models/gpt2", timeout=5).json()
        commit_hash = hub.commit("gpt2", {"new.txt": b"new"})
        after = requests.get(f"{hub.url}/api/models/gpt2", timeout=5).json()
        names = {each["rfilename"] for each in after["siblings"]}

        assert {each["rfilename"] for each in before["siblings"]} | {"new.txt"} == names
        assert (commit_hash, before["tags"], before["downloads"]) == (
            after["sha"],
            after["tags"],
            after["downloads"],
        )

    def test_knows_files_of_a_record_by_name_alone(self, hub: LocalHub, payloads: Path) -> None:
        """Contents that nobody loaded are missing, with words that say why."""
        hub.load_models(payloads / "model_2022__gpt2.json")
        answer = requests.get(f"{hub.url}/gpt2/resolve/main/config.json", timeout=5)

        assert 404 == answer.status_code
        assert "by name alone" in answer.text


class TestFaults:
    def test_fails_as_often_as_planned(self, hub: LocalHub) -> None:
        """A planned failure hits the next requests of its route, and no others."""
        hub.add_repo("alice/tiny", {})
        hub.fail("model_info", times=2, headers={"Retry-After": "7"}, code="Oops")
        url = f"{hub.url}/api/models/alice/tiny"
        spared = requests.get(f"{hub.url}/api/models", timeout=5)
        answers = [requests.get(url, timeout=5) for _ in range(3)]

        assert 200 == spared.status_code
        assert [503, 503, 200] == [answer.status_code for answer in answers]
        assert ["7", "Oops"] == [answers[0].headers[name] for name in ("Retry-After", "X-Error-Code")]
        assert "error" in answers[0].json()

    def test_fails_not_at_all_when_that_is_planned(self, hub: LocalHub) -> None:
        """No times are none: a parametrized test may begin with that."""
        hub.fail(times=0)

        assert 200 == requests.get(f"{hub.url}/api/models", timeout=5).status_code

    def test_fails_for_ever_until_cleared(self, hub: LocalHub) -> None:
        """An outage lasts as long as the test wants."""
        hub.fail(status=500, times=None, body={"error": "boom"})
        during = [requests.get(f"{hub.url}/api/models", timeout=5) for _ in range(3)]
        hub.clear_faults()

        assert [{"error": "boom"}] * 3 == [answer.json() for answer in during]
        assert 200 == requests.get(f"{hub.url}/api/models", timeout=5).status_code

    def test_misspelt_routes_are_refused(self, hub: LocalHub) -> None:
        """A plan that could never come true is an error, not a test that passes for the wrong reason."""
        with pytest.raises(ValueError, match="model_info"):
            hub.fail("model-info")

    def test_a_body_may_be_anything(self, hub: LocalHub) -> None:
        """A captive portal answers 200 with a page."""
        hub.fail(status=200, body="<html>Please log in</html>")
        answer = requests.get(f"{hub.url}/api/models", timeout=5)

        assert (200, "<html>Please log in</html>") == (answer.status_code, answer.text)
        assert answer.headers["Content-Type"].startswith("text/html")

    def test_hangs_up(self, hub: LocalHub) -> None:
        """A server that dies sends nothing; the next request finds it well again."""
        hub.fail(status=0)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{hub.url}/api/models", timeout=5)

        assert 200 == requests.get(f"{hub.url}/api/models", timeout=5).status_code
        assert [0, 200] == [record.status for record in hub.log]

    def test_cuts_answers_short(self, hub: LocalHub) -> None:
        """A body that ends early is an error at once, and not a wait for the rest."""
        hub.fail(status=200, body=b"[1, 2", headers={"Content-Length": "100"})
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(f"{hub.url}/api/models", timeout=5)

    def test_slows_and_then_answers(self, hub: LocalHub) -> None:
        """A delay alone changes nothing but the time."""
        hub.fail("models_list", status=None, delay=0.2)
        started = time.monotonic()
        answer = requests.get(f"{hub.url}/api/models", timeout=5)

        assert 200 == answer.status_code
        assert time.monotonic() - started >= 0.2

    def test_an_upload_that_fails_leaves_the_connection_usable(self, hub: LocalHub) -> None:
        """What the hub did not read of a body is not taken for the next request."""
        session = requests.Session()
        hub.fail(status=503, times=2)
        answers = [
            session.put(f"{hub.url}/x", data=iter([b"a" * 100_000, b"b"]), timeout=5),
            session.put(f"{hub.url}/x", data=b"c" * 100_000, timeout=5),
            session.get(f"{hub.url}/api/models", timeout=5),
        ]

        assert [503, 503, 200] == [answer.status_code for answer in answers]


class TestRateLimit:
    def test_counts_down_and_refuses(self, clock: FakeClock) -> None:
        """Every answer says what is left; past the quota comes 429 until the window ends."""
        with LocalHub(clock=clock) as hub:
            hub.limit(2, window=60.0)
            answers = [requests.get(f"{hub.url}/api/models", timeout=5) for _ in range(3)]
            clock.advance(seconds=61)
            later = requests.get(f"{hub.url}/api/models", timeout=5)

        assert [200, 200, 429] == [answer.status_code for answer in answers]
        assert ['"api";r=1;t=60', '"api";r=0;t=60', '"api";r=0;t=60'] == [
            a.headers["RateLimit"] for a in answers
        ]
        assert '"fixed window";"api";q=2;w=60' == answers[2].headers["RateLimit-Policy"]
        assert 200 == later.status_code

    def test_is_counted_for_each_user(self, hub: LocalHub) -> None:
        """A user's quota is not used up by anonymous callers."""
        token = hub.add_user("alice")
        hub.limit(1)
        headers = [None, None, {"Authorization": f"Bearer {token}"}]
        answers = [requests.get(f"{hub.url}/api/models", headers=each, timeout=5) for each in headers]

        assert [200, 429, 200] == [answer.status_code for answer in answers]

    def test_leaves_files_alone_and_can_be_lifted(self, hub: LocalHub) -> None:
        """Only the API is limited, and only until the limit is lifted."""
        hub.add_repo("alice/tiny", {"a.txt": b"a"})
        hub.limit(0)
        limited = requests.get(f"{hub.url}/api/models", timeout=5)
        file = requests.get(f"{hub.url}/alice/tiny/resolve/main/a.txt", timeout=5)
        hub.limit(None)
        lifted = requests.get(f"{hub.url}/api/models", timeout=5)

        assert [429, 200, 200] == [answer.status_code for answer in (limited, file, lifted)]
        assert "RateLimit" not in lifted.headers


class TestCounts:
    def test_names_every_route(self, hub: LocalHub, alice: HfApi) -> None:
        """Tests can say how often the Hub was asked for what."""
        hub.add_repo("alice/tiny", {"a.txt": b"a"})
        alice.whoami()
        alice.model_info("alice/tiny")
        alice.model_info("alice/tiny", revision="main")
        alice.file_exists("alice/tiny", "a.txt")

        assert {"whoami": 1, "model_info": 2, "resolve_head": 1} == dict(hub.requests)
        assert 4 == hub.total_requests

    def test_remembers_requests_and_hides_tokens(self, hub: LocalHub) -> None:
        """A request is remembered as it was sent, but its token does not show in a failed assertion."""
        token = hub.add_user("alice")
        headers = {"Authorization": f"Bearer {token}", "X-Test": "1"}
        requests.get(f"{hub.url}/api/models?search=a%20b", headers=headers, timeout=5)
        (record,) = hub.log
        hub.reset_counts()

        assert ("GET", "/api/models", "search=a%20b") == (record.method, record.path, record.query)
        assert ("models_list", 200, "alice", "1") == (
            record.route,
            record.status,
            record.user,
            record.headers["x-test"],
        )
        assert token not in repr(record)
        assert [] == hub.log

    def test_dates_requests(self, clock: FakeClock) -> None:
        """Each request says when it was answered, so that rates can be drawn."""
        with LocalHub(clock=clock) as hub:
            for _ in range(2):
                requests.get(f"{hub.url}/api/models", timeout=5)
                clock.advance(seconds=10)
            first, second = (record.answered_at for record in hub.log)

        assert (clock.now() - 20.0, clock.now() - 10.0) == (first, second)


class TestPackage:
    def test_exports_are_sorted_and_there(self) -> None:
        """What the package promises exists, in order."""
        assert sorted(hubkit.testing.__all__) == hubkit.testing.__all__
        assert hubkit.testing.__all__ == dir(hubkit.testing)

    def test_unknown_names_are_attribute_errors(self) -> None:
        """Lazy exports fail as others do."""
        with pytest.raises(AttributeError, match="Nonsense"):
            hubkit.testing.Nonsense  # noqa: B018

    @pytest.mark.parametrize("missing", ["cheroot", "werkzeug"])
    def test_a_missing_dependency_names_the_extra(self, missing: str) -> None:
        """Whoever installed hubkit alone learns in one line what else to install."""
        script = (
            f"import sys; sys.modules[{missing!r}] = None\n"
            "try: from hubkit.testing import LocalHub\n"
            "except ImportError as error: print(error)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

        assert f'LocalHub needs {missing}: pip install "hubkit[testing]"' == done.stdout.strip()

    def test_the_plugin_imports_nothing_but_pytest(self) -> None:
        """Those who merely have hubkit installed pay nothing for its fixture in their own test runs."""
        script = (
            "import pytest, sys, attrs; before = set(sys.modules); import hubkit.testing.plugin; "
            "print(sorted(m for m in set(sys.modules) - before if not m.startswith('hubkit')))"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

        assert "[]" == done.stdout.strip()

    def test_the_plugin_gives_a_running_hub(self, tmp_path: Path) -> None:
        """A test that names the fixture has a hub to talk to."""
        # Imported and not named as a plugin, which an installed hubkit is already.
        (tmp_path / "conftest.py").write_text("from hubkit.testing.plugin import local_hub\n")
        (tmp_path / "test_it.py").write_text(
            "import requests\n"
            "def test_it(local_hub):\n"
            "    assert requests.get(local_hub.url + '/api/models', timeout=5).json() == []\n"
        )
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)

        assert 0 == done.returncode, done.stdout + done.stderr

    def test_runs_from_the_command_line_until_interrupted(self, tmp_path: Path) -> None:
        """`python -m hubkit.testing` says how to use it, serves, and ends cleanly."""
        models = tmp_path / "models.json"
        models.write_text('{"id": "a/b"}')
        command = [sys.executable, "-m", "hubkit.testing", "--port", "0", "--models", str(models)]
        with subprocess.Popen(
            [*command, "--user", "alice:hf_x"], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(6)]
            endpoint = next(line for line in lines if "HF_ENDPOINT" in line).partition("=")[2]
            answer = requests.get(
                f"{endpoint}/api/whoami-v2", headers={"Authorization": "Bearer hf_x"}, timeout=5
            )
            process.terminate()
            rest = process.stdout.read()

        assert "alice" == answer.json()["name"]
        assert "export HF_TOKEN=hf_x" == lines[5]
        assert (0, "stopped") == (process.returncode, rest.strip())

    @pytest.mark.parametrize(
        ("options", "code", "said"),
        [
            (["--user", ":hf_x"], 2, "a user needs a name"),
            (["--models", "none.json"], 1, "No such file"),
            (["--user", "a:hf_x", "--user", "b:hf_x"], 1, "the token for 'b' belongs to 'a'"),
        ],
    )
    def test_says_in_one_line_why_it_does_not_run(
        self, tmp_path: Path, options: list[str], code: int, said: str
    ) -> None:
        """What the command line asks for and can't be had is no traceback."""
        command = [sys.executable, "-m", "hubkit.testing", "--port", "0", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

        assert (code, True) == (done.returncode, said in done.stderr.splitlines()[-1])
        assert "Traceback" not in done.stderr

    def test_does_not_run_where_somebody_else_does(self, hub: LocalHub) -> None:
        """A port that is taken is named, and whoever has it goes on undisturbed."""
        port = hub.endpoint.rpartition(":")[2]
        command = [sys.executable, "-m", "hubkit.testing", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

        assert (1, "") == (done.returncode, done.stdout)
        assert done.stderr.startswith("hubkit.testing: ")
        assert port in done.stderr
        assert 200 == requests.get(f"{hub.url}/api/models", timeout=10).status_code


def _get_quietly(url: str) -> None:
    with contextlib.suppress(requests.RequestException):
        requests.get(f"{url}/api/models", timeout=10)


def test_without_the_extra():
    """Who lacks what the server needs is told in one line what to install."""
    code = "import sys, runpy; sys.modules['cheroot'] = None; runpy.run_module('hubkit.testing', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    told = 'hubkit.testing: LocalHub needs cheroot: pip install "hubkit[testing]"\n'
    assert (1, told) == (result.returncode, result.stderr)


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_port_that_there_is_not(port: str) -> None:
    """A port that can't be one is an error of the command line, not a traceback."""
    command = [sys.executable, "-m", "hubkit.testing", f"--port={port}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    assert 2 == ended.returncode
    assert "a port is a number from 0 to 65535" in ended.stderr
    assert "Traceback" not in ended.stderr
