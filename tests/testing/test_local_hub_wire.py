"""What goes over the wire, header by header, as measured on the real Hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from hubkit.testing import LocalHub

LIST_KEYS = {
    "_id",
    "id",
    "likes",
    "private",
    "downloads",
    "tags",
    "pipeline_tag",
    "library_name",
    "createdAt",
}


class TestErrors:
    @pytest.mark.parametrize(
        "path", ["/api/models/no/such", "/no/such/resolve/main/f", "/api/models/no/such/refs"]
    )
    def test_anonymous_callers_are_told_to_log_in(self, anyone: requests.Session, path: str) -> None:
        """A missing repository is 401 without an error code, so that private ones stay unknown."""
        answer = anyone.get(path)

        assert (401, "Invalid username or password.") == (
            answer.status_code,
            answer.headers["X-Error-Message"],
        )
        assert "X-Error-Code" not in answer.headers
        assert "Invalid username or password." in answer.text

    def test_users_are_told_that_it_is_missing(self, alice_wire: requests.Session) -> None:
        """With a good token a missing repository is 404."""
        answer = alice_wire.get("/api/models/no/such")

        assert (404, "RepoNotFound") == (answer.status_code, answer.headers["X-Error-Code"])
        assert {"error": "Repository not found"} == answer.json()

    @pytest.mark.parametrize(
        "path", ["/api/whoami-v2", "/api/models", "/a/b/resolve/main/c", "/api/models/a/b"]
    )
    def test_a_bad_token_is_refused_everywhere(
        self, hub: LocalHub, wire_of: Callable[[str | None], requests.Session], path: str
    ) -> None:
        """A token that the hub does not know is worse than none."""
        hub.add_repo("a/b", {"c": b"c"})
        answer = wire_of("hf_wrong").get(path)

        assert 401 == answer.status_code
        assert "Invalid credentials in Authorization header" == answer.headers["X-Error-Message"]

    def test_unknown_revisions_and_files_have_codes(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Clients tell a missing revision from a missing file by the code, and cache the latter by its commit."""
        commit_hash = hub.add_repo("a/b", {"c": b"c"})
        revision, file = anyone.get("/api/models/a/b/revision/nope"), anyone.get("/a/b/resolve/main/nope")

        assert (404, "RevisionNotFound") == (revision.status_code, revision.headers["X-Error-Code"])
        assert {"error": "Invalid rev id: nope"} == revision.json()
        assert (404, "EntryNotFound", commit_hash) == (
            file.status_code,
            file.headers["X-Error-Code"],
            file.headers["X-Repo-Commit"],
        )
        assert "Entry not found" == file.text

    @pytest.mark.parametrize(
        "path", ["/nothing", "/api/models/a/b/nonsense", "/api/models/a/b/xet-write-token/main"]
    )
    def test_unknown_addresses_are_404(self, hub: LocalHub, anyone: requests.Session, path: str) -> None:
        """What the hub does not speak is missing, and counted."""
        hub.add_repo("a/b", {})

        assert 404 == anyone.get(path).status_code
        assert {"unknown": 1} == dict(hub.requests)

    def test_broken_bodies_are_400_and_no_traceback(
        self, alice_wire: requests.Session, hub: LocalHub
    ) -> None:
        """A client that sends rubbish learns so, in JSON."""
        hub.add_repo("alice/x", {})
        bodies = [b"{", b"[]", b"[" * 100_000, b'{"key": 3}']
        paths = ["/api/repos/create", "/api/models/alice/x/commit/main", "/api/models/alice/x/preupload/main"]
        answers = [alice_wire.request("POST", path, data=body) for path in paths for body in bodies[:3]]

        assert {400} == {answer.status_code for answer in answers}
        assert all("error" in answer.json() and "Traceback" not in answer.text for answer in answers)

    def test_a_fault_of_the_hub_is_500_in_json(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Should a handler fail, the client gets an answer of the Hub's shape."""
        hub.add_model({"id": "a/b", "siblings": [{"no": "rfilename"}]})
        answer = anyone.get("/api/models/a/b")

        assert (500, ["error"]) == (answer.status_code, list(answer.json()))


class TestModelInfo:
    def test_weak_etag_earns_a_304(self, hub: LocalHub, anyone: requests.Session) -> None:
        """The ETag is that of the body: length in hex, then a hash."""
        hub.add_repo("a/b", {})
        first = anyone.get("/api/models/a/b")
        again = anyone.get("/api/models/a/b", headers={"If-None-Match": first.headers["ETag"]})
        hub.commit("a/b", {"new": b"n"})
        moved = anyone.get("/api/models/a/b", headers={"If-None-Match": first.headers["ETag"]})

        assert first.headers["ETag"].startswith(f'W/"{len(first.content):x}-')
        assert (304, b"") == (again.status_code, again.content)
        assert 200 == moved.status_code

    def test_head_is_get_without_a_body(self, hub: LocalHub, anyone: requests.Session) -> None:
        """HEAD says how long the answer would be."""
        hub.add_repo("a/b", {})
        head, get = anyone.request("HEAD", "/api/models/a/b"), anyone.get("/api/models/a/b")

        assert (b"", str(len(get.content))) == (head.content, head.headers["Content-Length"])

    def test_expand_gives_only_what_was_asked_for(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Fields may be repeated either way; ids come back anyway."""
        hub.add_repo("a/b", {"c": b"c"})
        plain = anyone.get("/api/models/a/b?expand=sha&expand=siblings").json()
        bracketed = anyone.get("/api/models/a/b?expand[]=downloads&expand[]=trendingScore").json()

        assert {"_id", "id", "sha", "siblings"} == set(plain)
        assert {"_id", "id", "downloads"} == set(bracketed)

    @pytest.mark.parametrize("query", ["expand=bogus", "expand=sha&expand=sha", "expand=sha&blobs=true"])
    def test_expand_is_strict(self, hub: LocalHub, anyone: requests.Session, query: str) -> None:
        """Unknown fields, duplicates and blobs beside expand are refused."""
        hub.add_repo("a/b", {})

        assert 400 == anyone.get(f"/api/models/a/b?{query}").status_code

    def test_the_error_about_expand_is_the_real_one(self, anyone: requests.Session, payloads: Path) -> None:
        """Programs parse this text."""
        real = json.loads((payloads / "http__api_400_expand.json").read_text())

        assert real["body"] == anyone.get("/api/models?limit=1&expand[]=bogus").json()

    def test_blobs_show_sizes_and_hashes(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Sizes are those of the contents; LFS files say what git keeps in their place."""
        hub.add_repo("a/b", {"a.txt": b"hello\n", "w.safetensors": b"\0" * 50})
        text, weights = anyone.get("/api/models/a/b?blobs=true").json()["siblings"]

        assert {
            "rfilename": "a.txt",
            "size": 6,
            "blobId": "ce013625030ba8dba906f756967f9e9ca394464a",
        } == text
        assert (50, hashlib.sha256(b"\0" * 50).hexdigest()) == (
            weights["lfs"]["size"],
            weights["lfs"]["sha256"],
        )
        assert [{"rfilename": "a.txt"}, {"rfilename": "w.safetensors"}] == anyone.get(
            "/api/models/a/b"
        ).json()["siblings"]

    def test_a_commit_with_a_card_changes_the_description(
        self, hub: LocalHub, anyone: requests.Session
    ) -> None:
        """The Hub reads licence, tags, library and base model from the card."""
        hub.add_repo("a/b", {"adapter_config.json": b'{"task_type": "CAUSAL_LM"}'})
        card = (
            "---\nlicense: apache-2.0\nlanguage: [en, no]\nlibrary_name: peft\npipeline_tag: text-generation\n"
            "base_model: org/base\ndatasets: [glue]\ntags: [lora]\n---\nSee https://arxiv.org/abs/2106.09685\n"
        )
        hub.commit("a/b", {"README.md": card.encode()})
        info = anyone.get("/api/models/a/b").json()

        assert ("peft", "text-generation", "apache-2.0") == (
            info["library_name"],
            info["pipeline_tag"],
            info["cardData"]["license"],
        )
        assert {
            *["peft", "text-generation", "lora", "en", "no", "dataset:glue", "arxiv:2106.09685"],
            *["license:apache-2.0", "base_model:org/base", "base_model:adapter:org/base", "region:us"],
        } == set(info["tags"])
        assert {"peft": {"task_type": "CAUSAL_LM"}} == info["config"]

    def test_counts_parameters_from_the_header_of_the_weights(
        self, hub: LocalHub, anyone: requests.Session, adapters: Path
    ) -> None:
        """A real adapter's tensors are counted by type."""
        hub.add_repo("a/b", adapters / "lora-causal-lm")
        tensors = anyone.get("/api/models/a/b").json()["safetensors"]

        assert {"parameters": {"F32": 1792}, "total": 1792} == tensors


class TestLists:
    def test_items_are_brief_unless_asked(
        self, hub: LocalHub, anyone: requests.Session, payloads: Path
    ) -> None:
        """A list is not the place to learn about files or cards."""
        hub.load_models(payloads / "model_info__ggml-org__gemma-3-12b-it-GGUF.json")
        (brief,) = anyone.get("/api/models").json()
        (full,) = anyone.get("/api/models?full=true&cardData=true&config=true").json()

        assert set(brief) <= LIST_KEYS | {"modelId", "trendingScore"}
        assert {"siblings", "sha", "lastModified", "cardData", "config", "author", "gated"} <= set(full)

    def test_filters_are_all_required(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Repeated or separated by commas, every tag must be there."""
        hub.add_model({"id": "a/one", "tags": ["pytorch", "bert"], "pipeline_tag": "fill-mask"})
        hub.add_model({"id": "a/two", "tags": ["pytorch"], "library_name": "timm"})
        asked = {
            query: [each["id"] for each in anyone.get(f"/api/models?{query}").json()]
            for query in (
                "filter=pytorch",
                "filter=pytorch&filter=bert",
                "filter=pytorch,bert",
                "filter=timm",
            )
        }

        assert {
            "filter=pytorch": ["a/one", "a/two"],
            "filter=pytorch&filter=bert": ["a/one"],
            "filter=pytorch,bert": ["a/one"],
            "filter=timm": ["a/two"],
        } == asked

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("search=ONE", ["Org/One"]),
            ("author=Org", ["Org/One", "Org/Two"]),
            ("author=org", []),
            ("pipeline_tag=fill-mask", ["other/three"]),
            ("gated=true", ["Org/Two"]),
            ("sort=downloads", ["Org/Two", "other/three", "Org/One"]),
            ("sort=downloads&direction=-1", ["Org/Two", "other/three", "Org/One"]),
            ("sort=downloads&direction=1", ["Org/One", "other/three", "Org/Two"]),
            ("sort=lastModified", ["other/three", "Org/One", "Org/Two"]),
            ("sort=trendingScore", ["Org/One", "Org/Two", "other/three"]),
        ],
    )
    def test_finds_and_sorts(
        self, hub: LocalHub, anyone: requests.Session, query: str, expected: list[str]
    ) -> None:
        """Missing and null fields sort last; equals keep the order in which they came."""
        hub.add_model({"id": "Org/One", "lastModified": "2021-01-01T00:00:00.000Z", "trendingScore": 1.5})
        hub.add_model({"id": "Org/Two", "downloads": 9, "gated": "auto", "lastModified": None})
        hub.add_model(
            {"id": "other/three", "downloads": 3, "pipeline_tag": "fill-mask", "lastModified": "2022-01-01"}
        )

        assert expected == [each["id"] for each in anyone.get(f"/api/models?{query}").json()]

    def test_an_unknown_sort_is_refused(self, anyone: requests.Session) -> None:
        """The Hub does not guess."""
        answer = anyone.get("/api/models?sort=name")

        assert (400, {"error": "Invalid sort parameter"}) == (answer.status_code, answer.json())

    def test_pages_are_linked_by_absolute_urls(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Following the links visits everything once, in order, and ends."""
        for number in range(7):
            hub.add_model({"id": f"a/m{number}", "likes": number % 3})
        seen, url = [], f"{hub.url}/api/models?limit=3&sort=likes&filter="
        while url:
            page = requests.get(url, timeout=5)
            seen += [each["id"] for each in page.json()]
            url = page.links.get("next", {}).get("url", "")

        assert ["a/m2", "a/m5", "a/m1", "a/m4", "a/m0", "a/m3", "a/m6"] == seen
        assert {"models_list": 3} == dict(hub.requests)

    def test_a_page_holds_a_thousand_at_most(
        self, hub: LocalHub, anyone: requests.Session, payloads: Path
    ) -> None:
        """Whoever asks for more gets a link."""
        hub.load_models(payloads / "models_2022_sample.jsonl.gz")
        answer = anyone.get("/api/models?limit=5000")

        assert 1000 == len(answer.json())
        assert answer.links["next"]["url"].startswith(hub.url)

    def test_private_repositories_show_to_their_owners_only(
        self, hub: LocalHub, anyone: requests.Session, alice_wire: requests.Session
    ) -> None:
        """A list tells nobody what a look-up would deny."""
        hub.add_repo("alice/secret", {}, private=True)

        assert [] == anyone.get("/api/models").json()
        assert ["alice/secret"] == [each["id"] for each in alice_wire.get("/api/models").json()]


class TestRedirects:
    def test_former_ids_lead_to_the_new_one(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Readers are sent on by a relative 307, with their query."""
        hub.add_repo("a/old", {"f": b"f"})
        hub.rename("a/old", "b/new")
        api, file = (
            anyone.get("/api/models/a/old?blobs=true", allow_redirects=False),
            anyone.head("/a/old/resolve/main/f"),
        )

        assert (307, "/api/models/b/new?blobs=true") == (api.status_code, api.headers["Location"])
        assert (307, "/b/new/resolve/main/f") == (file.status_code, file.headers["Location"])

    def test_case_and_missing_owners_are_put_right(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Ids in other case, and those from before models had owners, lead to the true one."""
        hub.add_repo("openai-community/gpt2", {})
        locations = [
            anyone.get(f"/api/models/{name}", allow_redirects=False).headers["Location"]
            for name in ("gpt2", "OpenAI-Community/GPT2")
        ]

        assert ["/api/models/openai-community/gpt2"] * 2 == locations

    def test_a_private_repository_gives_no_hint(self, hub: LocalHub, anyone: requests.Session) -> None:
        """Who may not read it is not led to it either."""
        hub.add_repo("a/old", {}, private=True)
        hub.rename("a/old", "a/new")

        assert 401 == anyone.get("/api/models/a/old", allow_redirects=False).status_code


class TestValidateYaml:
    @pytest.mark.parametrize(
        ("front", "said"),
        [
            ("license: [", "Invalid YAML metadata"),
            ("license: my-own", '"license" must be one of ['),
            ("language: [en, pt_pt]", '"language[1]" with value "pt_pt" is not valid.'),
            ("language: EN", '"language" must only contain lowercase characters'),
            ("base_model: /tmp/model", '"base_model" with value "/tmp/model" is not valid.'),
            ("widget: text", '"widget" must be an array'),
        ],
    )
    def test_bad_cards_are_400_with_reasons(self, anyone: requests.Session, front: str, said: str) -> None:
        """Each refusal is worded as the Hub words it."""
        body = {"content": f"---\n{front}\n---\n", "repoType": "model"}
        answer = anyone.request("POST", "/api/validate-yaml", json=body)

        assert 400 == answer.status_code
        assert said in answer.json()["errors"][0]["message"]

    def test_a_card_without_metadata_is_a_warning(self, anyone: requests.Session) -> None:
        """An empty card may be committed."""
        answer = anyone.request("POST", "/api/validate-yaml", json={"content": "# Hi", "repoType": "model"})

        assert (200, []) == (answer.status_code, answer.json()["errors"])
        assert "empty or missing yaml metadata" in answer.json()["warnings"][0]["message"]
