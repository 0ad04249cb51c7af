"""No access token leaves the machine inside an upload."""

from __future__ import annotations

import shutil

import pytest

from hubkit import InvalidArgumentError
from hubkit._secrets import Secret
from hubkit._transfers._tokens import TokenSearch

OWN = "s3lf-hosted.token"
SHAPED = "hf_" + "Ab1" * 11
MIB = 1024 * 1024


@pytest.fixture
def writer(make_client, hub):
    """A client whose token has a shape that no pattern knows."""
    return make_client(token=hub.add_user("alice", token=OWN))


@pytest.fixture
def folder(adapters, tmp_path):
    """A copy of an adapter, to which a test may add."""
    target = tmp_path / "adapter"
    shutil.copytree(adapters / "lora-causal-lm", target)
    return target


def refused(hub, writer, folder, named, **metadata):
    """Whether an upload is refused by that name, without anything being made or the token being shown."""
    with pytest.raises(InvalidArgumentError, match=named) as info:
        writer.upload_artifact(folder, {"repo_id": "alice/new", **metadata})
    made = hub.requests["create_repo"] + hub.requests["preupload"] + hub.requests["commit"]
    return made == 0 and not any(token in str(info.value) for token in (OWN, SHAPED))


@pytest.mark.parametrize("token", [OWN, SHAPED])
@pytest.mark.parametrize("name", ["notes.txt", "sub/tokenizer.json", "adapter_model.bin", "sub/README.md"])
def test_file_with_a_token_stops_the_upload(hub, writer, folder, name, token):
    """A file that belongs to the adapter isn't left out silently: its author has to decide."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(f"before {token} after")

    assert refused(hub, writer, folder, name)


@pytest.mark.parametrize("token", [OWN, SHAPED])
@pytest.mark.parametrize(
    "name", ["training_args.bin", "run.log", "events.out.tfevents.1.host", "trainer_log.jsonl"]
)
def test_file_of_a_run_is_left_out(writer, folder, caplog, name, token):
    """What the adapter doesn't need stays here, with a warning, and the rest is uploaded."""
    (folder / name).write_text(f"before {token} after")
    writer.upload_artifact(folder, {"repo_id": "alice/new"})
    uploaded = [file.rfilename for file in writer.repos.files("alice/new")]

    assert name not in uploaded
    assert "adapter_config.json" in uploaded
    assert name in caplog.text
    assert token not in caplog.text


def test_file_of_a_run_without_a_token_is_uploaded(writer, folder):
    """It is left out for what it holds, not for its name."""
    (folder / "training_args.bin").write_bytes(b"\x80\x02.")
    writer.upload_artifact(folder, {"repo_id": "alice/new"})

    assert "training_args.bin" in [file.rfilename for file in writer.repos.files("alice/new")]


@pytest.mark.parametrize(
    "readme", ["# Mine\nMy own words, with {} in them.\n", "---\ntags: [{}]\n---\n# Mine\nText.\n"]
)
@pytest.mark.parametrize("token", [OWN, SHAPED])
def test_token_in_the_user_s_card(hub, writer, folder, readme, token):
    """The card is searched as it would be committed."""
    (folder / "README.md").write_text(readme.format(token))

    assert refused(hub, writer, folder, r"README\.md")


@pytest.mark.parametrize(
    "metadata",
    [
        {"description": f"made with {OWN}"},
        {"training_config": {"run": {"name": OWN}}},
        {"metrics": {"score": OWN}},
        {"tags": [OWN]},
        {"dataset": OWN},
    ],
)
def test_token_in_what_the_card_says(hub, writer, folder, metadata):
    """So is a card that is written from what the caller says."""
    assert refused(hub, writer, folder, r"README\.md", **metadata)


def test_token_in_the_commit_message(hub, writer, folder):
    """The message of a commit is as public as its files."""
    assert refused(hub, writer, folder, "commit_message", commit_message=f"with {OWN}")


@pytest.mark.parametrize("token", [OWN, SHAPED])
@pytest.mark.parametrize("place", [0, MIB - 10, MIB, MIB + 50, 3 * MIB - 1, 20 * MIB + 7])
def test_the_whole_file_is_searched(tmp_path, token, place):
    """At every place, also across two pieces and beyond the first megabytes."""
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(24 * MIB)
        file.seek(place)
        file.write(token.encode())

    assert TokenSearch(Secret(OWN)).is_in_file(path)


@pytest.mark.parametrize("place", range(MIB - 40, MIB + 110, 7))
def test_pieces_overlap(tmp_path, place):
    """Wherever the cut is."""
    path = tmp_path / "file"
    path.write_bytes(bytes(place) + SHAPED.encode())

    assert TokenSearch(None).is_in_file(path)


@pytest.mark.parametrize(
    "text", ["hf_hub_download", "hf_" + "a" * 20, "https://hf.co/hf_internal_testing", "s3lf-hosted"]
)
def test_what_is_no_token(text):
    """Names that begin like a token are left alone."""
    assert not TokenSearch(Secret(OWN)).is_in(text.encode())


@pytest.mark.parametrize("text", [SHAPED, "hf_oauth_eyJhbGciOiJFZERTQSJ9.x-y", "hf_jwt_" + "a1" * 15])
def test_shapes_of_tokens(text):
    """The Hub hands out several kinds."""
    assert TokenSearch(None).is_in(f"x={text};".encode())


def test_tiny_token_is_not_looked_for():
    """A token of a few characters would be found in any weights by chance."""
    assert not TokenSearch(Secret("ab")).is_in(b"abababab")
