"""The real client library at work against a local hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    hf_hub_download,
    snapshot_download,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from hubkit.testing import LocalHub

# The client library's own upload code uses a form of its HTTP client that is on the way out.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


class TestIdentity:
    def test_tells_who_one_is(self, hub: LocalHub) -> None:
        """A user has a name, organizations, and a token with a role."""
        me = HfApi(endpoint=hub.endpoint, token=hub.add_user("alice", role="read", orgs=["org"])).whoami()

        assert ("alice", "user", ["org"]) == (me["name"], me["type"], [org["name"] for org in me["orgs"]])
        assert "read" == me["auth"]["accessToken"]["role"]

    def test_refuses_a_wrong_token(self, hub: LocalHub) -> None:
        """The client library recognises the refusal."""
        with pytest.raises(HfHubHTTPError, match="Invalid user token"):
            HfApi(endpoint=hub.endpoint, token="hf_wrong").whoami()

    def test_a_given_token_is_kept(self, hub: LocalHub) -> None:
        """Tests may choose tokens; nobody gets another user's."""
        assert "hf_mine" == hub.add_user("alice", "hf_mine") == hub.add_user("alice", "hf_mine")
        with pytest.raises(ValueError, match="alice"):
            hub.add_user("bob", "hf_mine")


class TestReading:
    def test_lists_and_finds_models(self, hub: LocalHub, anonymous: HfApi, payloads: Path) -> None:
        """Searching, filtering and sorting four thousand real models works page after page."""
        hub.load_models(payloads / "models_2022_sample.jsonl.gz")
        found = list(anonymous.list_models(search="bert", filter=["pytorch"], sort="downloads", limit=5))
        downloads = [model.downloads or 0 for model in found]

        assert 5 == len(found)
        assert sorted(downloads, reverse=True) == downloads
        assert all("bert" in model.id.lower() and "pytorch" in (model.tags or []) for model in found)
        assert 4000 == len({model.id for model in anonymous.list_models(full=True)})

    def test_describes_a_repository(self, hub: LocalHub, anonymous: HfApi) -> None:
        """Everything that the client reads of a model is there."""
        commit_hash = hub.add_repo("alice/tiny", {"config.json": b'{"model_type": "bert"}', "w.bin": b"123"})
        info = anonymous.model_info("alice/tiny", files_metadata=True)
        sizes = {each.rfilename: each.size for each in info.siblings or []}

        assert (commit_hash, "alice", False) == (info.sha, info.author, info.gated)
        assert {"config.json": 22, "w.bin": 3} == sizes
        assert info.created_at is not None
        assert info.created_at <= info.last_modified if info.last_modified else False

    def test_describes_data_sets_and_spaces(self, hub: LocalHub, anonymous: HfApi) -> None:
        """The other two types of repository are served too, each apart."""
        hub.add_repo("alice/x", {"README.md": b"---\nlicense: mit\n---\n"}, repo_type="dataset")
        hub.add_repo("alice/x", {"README.md": b"---\nsdk: gradio\n---\n"}, repo_type="space")

        assert "license:mit" in (anonymous.dataset_info("alice/x").tags or [])
        assert "gradio" == anonymous.space_info("alice/x").sdk
        assert ["alice/x"] == [each.id for each in anonymous.list_datasets(author="alice")]
        assert ["alice/x"] == [each.id for each in anonymous.list_spaces(search="x")]

    def test_downloads_a_snapshot_once(self, hub: LocalHub, adapters: Path, tmp_path: Path) -> None:
        """A snapshot is complete; the second one asks for the commit and nothing else."""
        folder = adapters / "lora-causal-lm"
        hub.add_repo("alice/adapter", folder)
        path = Path(snapshot_download("alice/adapter", endpoint=hub.endpoint, cache_dir=tmp_path))
        hub.reset_counts()
        snapshot_download("alice/adapter", endpoint=hub.endpoint, cache_dir=tmp_path)

        assert {each.name: each.read_bytes() for each in folder.iterdir()} == {
            each.name: each.read_bytes() for each in path.iterdir()
        }
        assert 1 == hub.requests["model_info"]
        assert 0 == hub.requests["resolve_head"] + hub.requests["resolve_get"]

    def test_downloads_resume_in_the_middle(self, hub: LocalHub, tmp_path: Path) -> None:
        """A large file survives the loss of the connection."""
        content = bytes(range(256)) * 48_000
        hub.add_repo("alice/large", {"w.bin": content})
        path = hf_hub_download("alice/large", "w.bin", endpoint=hub.endpoint, cache_dir=tmp_path)

        assert content == Path(path).read_bytes()

    def test_moves_on_when_the_branch_does(self, hub: LocalHub, tmp_path: Path) -> None:
        """A commit from the server's side reaches clients of the branch, not those of the old commit."""
        first = hub.add_repo("alice/x", {"f": b"1"})
        second = hub.commit("alice/x", {"f": b"2"}, message="newer")
        read = {
            revision: Path(
                hf_hub_download("alice/x", "f", revision=revision, endpoint=hub.endpoint, cache_dir=tmp_path)
            ).read_bytes()
            for revision in ("main", first, second)
        }

        assert {"main": b"2", first: b"1", second: b"2"} == read

    def test_missing_things_have_their_own_errors(
        self, hub: LocalHub, alice: HfApi, anonymous: HfApi, tmp_path: Path
    ) -> None:
        """Repository, revision and file are told apart."""
        hub.add_repo("alice/x", {"f": b"1"})
        with pytest.raises(RepositoryNotFoundError):
            alice.model_info("alice/nope")
        with pytest.raises(RevisionNotFoundError):
            anonymous.model_info("alice/x", revision="nope")
        with pytest.raises(EntryNotFoundError):
            anonymous.hf_hub_download("alice/x", "nope", cache_dir=tmp_path)

        assert [True, False, False] == [
            alice.repo_exists("alice/x"),
            alice.repo_exists("alice/nope"),
            anonymous.file_exists("alice/x", "nope"),
        ]

    def test_trees_and_paths(self, hub: LocalHub, anonymous: HfApi) -> None:
        """Folders and files are listed with their commits when asked."""
        hub.add_repo("alice/x", {"a/b/c.txt": b"1", "w.bin": b"22"})
        recursive = [each.path for each in anonymous.list_repo_tree("alice/x", recursive=True, expand=True)]
        (folder, file) = anonymous.get_paths_info("alice/x", ["a", "w.bin", "nope"], expand=True)

        assert ["a", "a/b", "a/b/c.txt", "w.bin"] == recursive
        assert isinstance(file, RepoFile)
        assert ("a", "w.bin", 2) == (folder.path, file.path, file.size)
        assert "initial commit" == (file.last_commit.title if file.last_commit else None)
        assert file.lfs is not None


class TestAccess:
    def test_private_repositories_look_missing(
        self, hub: LocalHub, api_of: Callable[[str], HfApi], anonymous: HfApi
    ) -> None:
        """Only owners and members of the organization may know."""
        hub.add_repo("alice/secret", {"f": b"1"}, private=True)
        hub.add_repo("org/secret", {"f": b"1"}, private=True)
        member = HfApi(endpoint=hub.endpoint, token=hub.add_user("carol", orgs=["org"]))
        with pytest.raises(RepositoryNotFoundError):
            api_of("bob").model_info("alice/secret")
        with pytest.raises(HfHubHTTPError):
            anonymous.model_info("alice/secret")

        assert True is api_of("alice").model_info("alice/secret").private
        assert True is member.model_info("org/secret").private

    def test_gated_files_need_access(
        self, hub: LocalHub, api_of: Callable[[str], HfApi], anonymous: HfApi, tmp_path: Path
    ) -> None:
        """Everybody may know of a gated repository; its files are for those who were let in, and owners."""
        hub.add_repo("org/gated", {"f": b"1"}, gated="manual")
        bob = api_of("bob")
        seen = [anonymous.model_info("org/gated").gated, bob.list_repo_files("org/gated")]
        for api in (anonymous, bob):
            with pytest.raises((GatedRepoError, LocalEntryNotFoundError)):
                api.hf_hub_download("org/gated", "f", cache_dir=tmp_path)
        with pytest.raises(GatedRepoError):
            bob.auth_check("org/gated")
        hub.grant("org/gated", "bob")
        bob.auth_check("org/gated")

        assert ["manual", ["f"]] == seen
        assert b"1" == Path(bob.hf_hub_download("org/gated", "f", cache_dir=tmp_path)).read_bytes()

    def test_read_tokens_cannot_write(self, hub: LocalHub) -> None:
        """Whatever is changed, a token that may only read is refused."""
        hub.add_repo("alice/x", {"f": b"1"})
        reader = HfApi(endpoint=hub.endpoint, token=hub.add_user("alice", role="read"))
        attempts: list[Callable[[], object]] = [
            lambda: reader.create_repo("alice/y"),
            lambda: reader.delete_repo("alice/x"),
            lambda: reader.create_branch("alice/x", branch="b"),
            lambda: reader.upload_file(path_or_fileobj=b"2", path_in_repo="f", repo_id="alice/x"),
            lambda: reader.update_repo_settings("alice/x", gated="auto"),
        ]
        for attempt in attempts:
            with pytest.raises(HfHubHTTPError, match="403"):
                attempt()


class TestRepositories:
    def test_lives_from_creation_to_deletion(self, hub: LocalHub, alice: HfApi) -> None:
        """Create, create again, set up, move and delete."""
        url = alice.create_repo("alice/x", private=True)
        with pytest.raises(HfHubHTTPError, match="409"):
            alice.create_repo("alice/x")
        again = alice.create_repo("alice/x", exist_ok=True)
        alice.update_repo_settings("alice/x", gated="auto", private=False)
        info = alice.model_info("alice/x")
        alice.move_repo("alice/x", "alice/y")
        followed = alice.model_info("alice/x").id
        alice.delete_repo("alice/y")
        alice.delete_repo("alice/y", missing_ok=True)

        assert ("alice/x", str(url)) == (url.repo_id, str(again))
        assert (False, "auto") == (info.private, info.gated)
        assert "alice/y" == followed
        assert not alice.repo_exists("alice/y")

    def test_other_peoples_names_are_taken(self, alice: HfApi) -> None:
        """Nobody creates repositories for others."""
        with pytest.raises(HfHubHTTPError, match="You don't have the rights to create a model"):
            alice.create_repo("bob/x")

    @pytest.mark.parametrize("repo_type", ["dataset", "space"])
    def test_creates_the_other_types(self, hub: LocalHub, alice: HfApi, repo_type: str) -> None:
        """Data sets and Spaces are made, filled and removed the same way."""
        sdk = "static" if repo_type == "space" else None
        url = alice.create_repo("alice/x", repo_type=repo_type, space_sdk=sdk)
        alice.upload_file(path_or_fileobj=b"\0", path_in_repo="f.bin", repo_id="alice/x", repo_type=repo_type)

        assert (repo_type, "alice/x") == (url.repo_type, url.repo_id)
        assert [".gitattributes", "f.bin"] == alice.list_repo_files("alice/x", repo_type=repo_type)


class TestUploading:
    def test_uploads_a_folder_as_one_commit(
        self, hub: LocalHub, alice: HfApi, adapters: Path, tmp_path: Path
    ) -> None:
        """Large and small files arrive in one commit, and come back byte for byte."""
        folder = adapters / "lora-trainer-run-causal-lm"
        alice.create_repo("alice/adapter")
        alice.upload_folder(repo_id="alice/adapter", folder_path=folder, commit_message="mine")
        counts = hub.requests
        path = Path(alice.snapshot_download("alice/adapter", cache_dir=tmp_path))

        assert {each.name: each.read_bytes() for each in folder.iterdir()} == {
            each.name: each.read_bytes() for each in path.iterdir() if each.name != ".gitattributes"
        }
        assert [1, 1, 2, 2] == [counts[name] for name in ("commit", "lfs_batch", "lfs_put", "lfs_verify")]
        assert ["mine", "initial commit"] == [each.title for each in alice.list_repo_commits("alice/adapter")]

    def test_uploading_the_same_again_commits_nothing(
        self, hub: LocalHub, alice: HfApi, adapters: Path
    ) -> None:
        """The hub says what it has, so that clients can leave it out."""
        alice.create_repo("alice/adapter")
        for _ in range(2):
            alice.upload_folder(repo_id="alice/adapter", folder_path=adapters / "ia3-seq2seq-lm")

        assert 1 == hub.requests["commit"]
        assert 1 == hub.requests["lfs_put"]

    def test_every_kind_of_change_in_one_commit(self, hub: LocalHub, alice: HfApi) -> None:
        """Adding, copying and deleting files and folders."""
        hub.add_repo("alice/x", {"old": b"1", "dir/a": b"2", "dir/b": b"3", "w.bin": b"4"})
        alice.create_commit(
            "alice/x",
            [
                CommitOperationAdd("new.txt", b"5"),
                CommitOperationAdd("big.safetensors", b"\0" * 2000),
                CommitOperationCopy("w.bin", "copy.bin"),
                CommitOperationDelete("old"),
                CommitOperationDelete("dir/"),
            ],
            commit_message="all at once",
        )
        read = {name: alice.hf_hub_download("alice/x", name) for name in ("new.txt", "copy.bin")}

        assert ["big.safetensors", "copy.bin", "new.txt", "w.bin"] == alice.list_repo_files("alice/x")
        assert {"new.txt": b"5", "copy.bin": b"4"} == {
            name: Path(path).read_bytes() for name, path in read.items()
        }

    def test_a_stale_parent_is_refused(self, hub: LocalHub, alice: HfApi) -> None:
        """Whoever names the parent is protected from overwriting what came since."""
        parent = hub.add_repo("alice/x", {"f": b"1"})
        hub.commit("alice/x", {"f": b"2"})
        with pytest.raises(HfHubHTTPError, match="412"):
            alice.upload_file(path_or_fileobj=b"3", path_in_repo="f", repo_id="alice/x", parent_commit=parent)

    def test_cards_are_validated_first(self, hub: LocalHub, alice: HfApi) -> None:
        """A card that the hub refuses stops the upload before anything is sent."""
        hub.add_repo("alice/x", {})
        card = b"---\nlicense: not-a-licence\n---\n# Hi"
        with pytest.raises((ValueError, HfHubHTTPError), match="must be one of"):
            alice.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id="alice/x")

        assert 0 == hub.requests["commit"]

    def test_a_card_shows_in_the_description(self, hub: LocalHub, alice: HfApi) -> None:
        """What is uploaded is what can be searched for."""
        hub.add_repo("alice/x", {})
        card = b"---\nlicense: mit\nlibrary_name: peft\ntags: [lora]\n---\n# Hi"
        alice.upload_file(path_or_fileobj=card, path_in_repo="README.md", repo_id="alice/x")
        info = alice.model_info("alice/x")

        assert ("peft", "mit") == (info.library_name, info.card_data.license if info.card_data else None)
        assert ["alice/x"] == [each.id for each in alice.list_models(filter=["license:mit", "lora"])]


class TestRefs:
    def test_branches_and_tags(self, hub: LocalHub, alice: HfApi) -> None:
        """They are made, listed, written to and removed."""
        first = hub.add_repo("alice/x", {"f": b"1"})
        alice.create_branch("alice/x", branch="feature/x")
        alice.create_tag("alice/x", tag="v1.0", revision=first)
        with pytest.raises(HfHubHTTPError, match="409"):
            alice.create_tag("alice/x", tag="v1.0")
        alice.create_branch("alice/x", branch="feature/x", exist_ok=True)
        alice.upload_file(path_or_fileobj=b"2", path_in_repo="f", repo_id="alice/x", revision="feature/x")
        refs = alice.list_repo_refs("alice/x")
        branches = {each.name: each.target_commit for each in refs.branches}
        alice.delete_branch("alice/x", branch="feature/x")
        alice.delete_tag("alice/x", tag="v1.0")
        after = alice.list_repo_refs("alice/x")

        assert {"main", "feature/x"} == set(branches)
        assert first == branches["main"] != branches["feature/x"]
        assert [("v1.0", first)] == [(each.name, each.target_commit) for each in refs.tags]
        assert (["main"], []) == ([each.name for each in after.branches], after.tags)

    def test_main_and_bad_names_are_safe(self, hub: LocalHub, alice: HfApi) -> None:
        """The main branch stays, and names that git would refuse are refused."""
        hub.add_repo("alice/x", {})
        with pytest.raises(HfHubHTTPError, match="main"):
            alice.delete_branch("alice/x", branch="main")
        with pytest.raises(HfHubHTTPError, match="Invalid reference name"):
            alice.create_branch("alice/x", branch="a..b")
        with pytest.raises(RevisionNotFoundError):
            alice.create_branch("alice/x", branch="b", revision="nope")

    def test_pull_requests(self, hub: LocalHub, alice: HfApi, api_of: Callable[[str], HfApi]) -> None:
        """Somebody else proposes a change, which the owner merges."""
        first = hub.add_repo("alice/x", {"f": b"1"})
        bob = api_of("bob")
        proposed = bob.upload_file(path_or_fileobj=b"2", path_in_repo="g", repo_id="alice/x", create_pr=True)
        during = alice.list_repo_refs("alice/x", include_pull_requests=True)
        with pytest.raises(HfHubHTTPError, match="403"):
            bob.merge_pull_request("alice/x", 1)
        unmerged = alice.model_info("alice/x").sha
        alice.merge_pull_request("alice/x", 1)
        details = alice.get_discussion_details("alice/x", 1)

        assert (1, "refs/pr/1", first) == (proposed.pr_num, proposed.pr_revision, unmerged)
        assert ["refs/pr/1"] == [each.ref for each in during.pull_requests or []]
        assert ["f", "g"] == alice.list_repo_files("alice/x")
        assert ("merged", "bob", True) == (details.status, details.author, details.is_pull_request)

    def test_discussions(self, hub: LocalHub, alice: HfApi) -> None:
        """They are opened, commented, closed and listed."""
        hub.add_repo("alice/x", {})
        opened = alice.create_discussion("alice/x", "A question", description="Why?")
        alice.comment_discussion("alice/x", opened.num, "Because.")
        alice.change_discussion_status("alice/x", opened.num, "closed")
        alice.create_pull_request("alice/x", "A draft")
        listed = list(alice.get_repo_discussions("alice/x"))

        assert [(2, "draft", True), (1, "closed", False)] == [
            (each.num, each.status, each.is_pull_request) for each in listed
        ]

    def test_history_is_paged_and_can_be_squashed(self, hub: LocalHub, alice: HfApi) -> None:
        """Sixty commits are two pages, and then one commit with the same files."""
        hub.add_repo("alice/x", {"f": b"0"})
        for number in range(60):
            hub.commit("alice/x", {"f": b"%d" % number}, message=f"number {number}")
        titles = [each.title for each in alice.list_repo_commits("alice/x")]
        pages = hub.requests["commits"]
        alice.super_squash_history("alice/x", commit_message="all of it")

        assert (61, "number 59", "initial commit") == (len(titles), titles[0], titles[-1])
        assert 2 == pages
        assert ["all of it"] == [each.title for each in alice.list_repo_commits("alice/x")]
        assert ["f"] == alice.list_repo_files("alice/x")
