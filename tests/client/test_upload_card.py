"""The card of an upload: made anew beside what people wrote, on the Hub or in the folder."""

from __future__ import annotations

import shutil

import pytest
from huggingface_hub import ModelCard
from rendered_cards import parsed, section

from hubkit import CardError, InvalidArgumentError
from hubkit.cards import Markdown, is_our_curve


@pytest.fixture
def writer(make_client, alice):
    """A client with alice's token."""
    return make_client(token=alice)


@pytest.fixture
def folder(adapters, tmp_path):
    """A copy of an adapter, to which a test may add."""
    return shutil.copytree(adapters / "lora-trainer-run-causal-lm", tmp_path / "adapter")


@pytest.fixture
def card_of(writer, tmp_path):
    """The card that a repository has now."""

    def read(repo_id):
        return (writer.download_model(repo_id, tmp_path / "hf") / "README.md").read_bytes().decode()

    return read


@pytest.fixture
def edit_on_the_hub(hub):
    """Change a card as people do on its page."""

    def edit(repo_id, card):
        hub.commit(repo_id, {"README.md": card.encode()})

    return edit


WORDS = {"repo_id": "alice/foxes", "base_model": "alice/base", "description": "Speaks fox.", "license": "mit"}


def test_words_on_the_hub_survive_the_next_upload(writer, folder, card_of, edit_on_the_hub):
    """Text, tags and sections that people changed on the page stay, and the rest is brought up to date."""
    writer.upload_artifact(folder, WORDS)
    card = card_of("alice/foxes")
    mine = card.replace("- peft\n", "- peft\n- mine\n").replace("Speaks fox.", "Speaks fox, and well.")
    edit_on_the_hub("alice/foxes", mine + "\n## Thanks\n\nTo the hounds.\n")
    writer.upload_artifact(folder, {**WORDS, "metrics": {"f1": 0.5}})

    text = card_of("alice/foxes")
    assert ("Speaks fox, and well." in text, text.endswith("To the hounds.\n")) == (True, True)
    assert ["peft", "mine", "lora"] == parsed(text).data["tags"]
    assert "| f1 | 0.5 |" in section(text, "Evaluation Metrics")


@pytest.mark.parametrize("said", ["Apache-2.0", "apache-2.0", "APACHE-2.0"])
def test_license_by_its_spdx_name(writer, folder, card_of, said):
    """The card has the Hub's id, however it was written."""
    writer.upload_artifact(folder, {**WORDS, "license": said})

    assert "apache-2.0" == parsed(card_of("alice/foxes")).data["license"]


def test_silence_unsays_nothing(writer, folder, card_of):
    """An upload without a word keeps the base model, licence and description of the one before."""
    writer.upload_artifact(folder, {**WORDS, "license": "gpl-3.0"})
    before = card_of("alice/foxes")
    (folder / "note.txt").write_text("new")
    writer.upload_artifact(folder, {"repo_id": "alice/foxes"})

    assert before == card_of("alice/foxes")


def test_another_license_has_a_name_of_its_own(writer, folder, card_of):
    """The name and the link that were given for one licence aren't those of the next."""
    other = {"license": "other", "license_name": "fox-1.0", "license_link": "https://fox.org/1.0"}
    writer.upload_artifact(folder, {**WORDS, **other})
    writer.upload_artifact(folder, {"repo_id": "alice/foxes", "license": "apache-2.0"})

    text = card_of("alice/foxes")
    assert ("apache-2.0", None, None) == tuple(map(parsed(text).data.get, other))
    assert "fox" not in section(text, "License")


def test_card_made_beforehand_is_the_one_that_is_uploaded(writer, folder, card_of):
    """A card in the folder that has our marks is brought up to date, and the folder is only read."""
    writer.upload_artifact(folder, WORDS)
    card = card_of("alice/foxes").replace("Speaks fox.", "My words.")
    (folder / "README.md").write_bytes(card.encode())
    writer.upload_artifact(folder, {"repo_id": "alice/other"})

    text = card_of("alice/other")
    assert ("My words." in text, "alice/foxes" in text, "license: mit\n" in text) == (True, False, True)
    assert card.encode() == (folder / "README.md").read_bytes()


@pytest.mark.parametrize("empty", [b"", b"\n \r\n"], ids=["nothing", "blank"])
def test_empty_card_in_the_folder_is_none(writer, folder, card_of, edit_on_the_hub, empty):
    """A README without a word doesn't take the place of the card that people have edited on the Hub."""
    writer.upload_artifact(folder, WORDS)
    edit_on_the_hub("alice/foxes", card_of("alice/foxes") + "\n## Thanks\n\nTo the hounds.\n")
    (folder / "README.md").write_bytes(empty)
    writer.upload_artifact(folder, {**WORDS, "tags": ["red"]})

    text = card_of("alice/foxes")
    assert (True, True) == (text.endswith("To the hounds.\n"), "red" in parsed(text).data["tags"])


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("place", ["folder", "hub"])
def test_card_that_is_not_utf_8_is_not_damaged(hub, writer, folder, encoding, place):
    """What can't be read can't be brought up to date: nothing is uploaded, and the error says what to do."""
    words = "# F\xfcchse\n\nVon Hand.\n".encode(encoding)
    if place == "hub":
        writer.repos.create("alice/foxes")
        hub.commit("alice/foxes", {"README.md": words})
    else:
        (folder / "README.md").write_bytes(words)
    with pytest.raises(CardError, match=r"README\.md.* is not UTF-8 text.*: save it as UTF-8"):
        writer.upload_artifact(folder, WORDS)

    assert 0 == hub.requests["commit"]
    assert (place == "hub") == writer.repos.exists("alice/foxes")


def test_persons_card_on_the_hub_is_kept(writer, folder, card_of, edit_on_the_hub):
    """A repository's card without marks gets the front matter that it lacks, as one in the folder does."""
    writer.repos.create("alice/foxes")
    edit_on_the_hub("alice/foxes", "---\nlicense: gpl-3.0\n---\n# Foxes, by hand\n")
    writer.upload_artifact(folder, WORDS)

    text = card_of("alice/foxes")
    assert text.endswith("---\n# Foxes, by hand\n")
    assert ("gpl-3.0", "alice/base") == (parsed(text).data["license"], parsed(text).data["base_model"])


@pytest.mark.parametrize("tool", ["peft", "transformers"])
def test_readme_of_a_tool_with_a_word_of_the_users(writer, folder, card_of, adapters, tool):
    """A tag that was added to a tool's README doesn't bring its path and its placeholders along."""
    readme = (adapters / "lora-trainer-run-causal-lm" / f"README.{tool}.md").read_text()
    (folder / "README.md").write_text(readme.replace("tags:\n", "license: gpl-3.0\ntags:\n- foxes\n", 1))
    writer.upload_artifact(folder, {"repo_id": "alice/foxes", "base_model": "alice/base"})

    text = card_of("alice/foxes")
    data = parsed(text).data
    assert ("alice/base", "gpl-3.0", True) == (data["base_model"], data["license"], "foxes" in data["tags"])
    assert "`gpl-3.0`, as the author of this repository states" in section(text, "License")
    assert (0, 0) == (text.count("More Information"), text.count("/home/"))


def test_persons_readme_with_a_path(writer, folder, card_of):
    """The path of the base model that a training tool wrote gives way to the id that the caller names."""
    mine = "---\nbase_model: /data/llama\n---\n# Foxes, by hand\n"
    (folder / "README.md").write_text(mine)
    writer.upload_artifact(folder, WORDS)

    text = card_of("alice/foxes")
    assert "alice/base" == parsed(text).data["base_model"]
    assert text.endswith("---\n# Foxes, by hand\n")


@pytest.fixture
def relative(adapters, tmp_path):
    """An adapter whose config names its base model by a relative path of an id's shape, far from that folder."""
    return shutil.copytree(adapters / "dora-rslora-causal-lm", tmp_path / "far" / "away" / "run" / "adapter")


def warnings_in(caplog, word):
    """The warnings that have a word in them."""
    return [
        record.message
        for record in caplog.records
        if record.levelname == "WARNING" and word in record.message
    ]


@pytest.mark.parametrize("readme", [None, "README.peft.md"])
def test_base_model_that_the_hub_does_not_know(writer, relative, card_of, caplog, readme):
    """What a config names, and only looks like an id, gets into no line of the card, and the warning says what to do."""
    if readme is not None:
        (relative / "README.md").write_bytes((relative / readme).read_bytes())
    writer.upload_artifact(relative, {"repo_id": "alice/foxes", "license": "mit"})

    text = card_of("alice/foxes")
    assert (False, False) == ("tiny-llama" in text, "from_pretrained" in text)
    assert (
        "alice/foxes: adapter_config.json: base_model_name_or_path is bases/tiny-llama, and the Hub knows no such "
        "model (a folder, a private model, or a slip of the pen): the card names no base model; name it yourself "
        "as 'base_model'"
    ) == warnings_in(caplog, "tiny-llama")[0]


def test_base_model_that_the_hub_knows(hub, writer, relative, card_of, caplog):
    """The look-up is the proof that no file can give."""
    hub.add_repo("bases/tiny-llama", {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\n"})
    writer.upload_artifact(relative, {"repo_id": "alice/foxes"})

    data = parsed(card_of("alice/foxes")).data
    assert ("bases/tiny-llama", "mit") == (data["base_model"], data["license"])
    assert [] == warnings_in(caplog, "tiny-llama")


def test_base_model_that_the_caller_names_and_the_hub_does_not_know(writer, relative, card_of, caplog):
    """The caller's word stands, in the next upload too, and the warning says that nobody can follow it."""
    writer.upload_artifact(
        relative, {"repo_id": "alice/foxes", "base_model": "alice/later", "license": "mit"}
    )
    writer.upload_artifact(relative, {"repo_id": "alice/foxes", "tags": ["red"]})

    text = card_of("alice/foxes")
    assert ("alice/later", True) == (parsed(text).data["base_model"], 'from_pretrained("alice/later"' in text)
    warnings = warnings_in(caplog, "base_model is alice/later, and the Hub knows no such model")
    assert [True, True] == [warning.endswith("the card names it all the same") for warning in warnings]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 403}, {"status": 429}, {"status": 0}], ids=str)
def test_base_model_that_the_hub_tells_nothing_of(hub, make_client, alice, relative, card_of, caplog, fault):
    """A Hub that fails, refuses or hangs up has not said that there is no such model."""
    hub.add_repo("bases/tiny-llama", {"config.json": b"{}"})
    hub.fail("model_info", times=None, **fault)
    make_client(token=alice, retries=0).upload_artifact(relative, {"repo_id": "alice/foxes"})
    hub.clear_faults()

    assert "bases/tiny-llama" == parsed(card_of("alice/foxes")).data["base_model"]
    assert 1 == len(warnings_in(caplog, "nothing is known of bases/tiny-llama"))


@pytest.mark.parametrize(("owner", "seen"), [("alice", True), ("bob", False)])
def test_base_model_that_is_private(hub, writer, relative, card_of, owner, seen):
    """Who may see it has it in the card; to others the Hub says that there is none, and nothing proves it."""
    hub.add_user("bob")
    hub.add_repo(f"{owner}/hidden", {"config.json": b"{}"}, private=True)
    config = relative / "adapter_config.json"
    config.write_text(config.read_text().replace("bases/tiny-llama", f"{owner}/hidden"))
    writer.upload_artifact(relative, {"repo_id": "alice/foxes"})

    assert seen == ("base_model" in parsed(card_of("alice/foxes")).data)


def test_structured_results_and_round_trip(writer, folder, card_of):
    """Results, task and licence reach the Hub as huggingface_hub reads them."""
    writer.upload_artifact(
        folder,
        {
            **WORDS,
            "license": "other",
            "license_name": "fox-licence",
            "license_link": "LICENSE",
            "pipeline_tag": "summarization",
            "metrics": [
                {
                    "dataset": {"type": "alice/d", "name": "D", "split": "no"},
                    "metrics": {"rouge": 0.25, "bleu": 1},
                }
            ],
            "front_matter": {"new_version": "alice/foxes-2"},
            "sections": {"Usage": None, "Limits": Markdown("No *hounds*.")},
        },
    )
    data = ModelCard(card_of("alice/foxes")).data

    expected = [
        ("summarization", "alice/d", "no", "rouge", 0.25),
        ("summarization", "alice/d", "no", "bleu", 1),
    ]
    assert expected == [
        (one.task_type, one.dataset_type, one.dataset_split, one.metric_type, one.metric_value)
        for one in data.eval_results
    ]
    assert ("other", "fox-licence", "LICENSE", "alice/foxes-2") == (
        data.license,
        data.license_name,
        data.license_link,
        data.new_version,
    )
    assert "## Usage" not in card_of("alice/foxes")


def test_curve_goes_beside_the_card(writer, folder, card_of, tmp_path):
    """The Trainer's losses become a picture in the same commit; the folder gets none."""
    writer.upload_artifact(folder, WORDS)
    snapshot = writer.download_model("alice/foxes", tmp_path / "hf")

    assert "](training_curve.png)" in card_of("alice/foxes")
    assert is_our_curve((snapshot / "training_curve.png").read_bytes())
    assert not (folder / "training_curve.png").exists()


def test_picture_of_somebody_s_own_stays(writer, folder, card_of, tmp_path):
    """One of that name that hubkit didn't draw is uploaded as it is, and the card has a line of text."""
    (folder / "training_curve.png").write_bytes(b"mine")
    writer.upload_artifact(folder, WORDS)
    snapshot = writer.download_model("alice/foxes", tmp_path / "hf")

    assert b"mine" == (snapshot / "training_curve.png").read_bytes()
    assert "steps 2 to 8" in section(card_of("alice/foxes"), "Training Curve")


def test_template(writer, folder, card_of, tmp_path):
    """A template of the caller's makes the body."""
    path = tmp_path / "card.md.j2"
    path.write_text("# Only {{ title }}\n")
    writer.upload_artifact(folder, {**WORDS, "template": path})

    assert ["# Only foxes"] == parsed(card_of("alice/foxes")).headings


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"metrics": [{"metrics": {"a": 1}, "datset": "x"}]}, r"metrics\[0\] has an unknown key 'datset'"),
        ({"sections": {"Usgae": None}}, "no section 'Usgae'"),
        ({"front_matter": {"tags": ["x"]}}, "'tags' can't be set there"),
        ({"template": "---\na: b\n---\n"}, "template: line 1"),
        ({"pipeline_tag": 1}, "pipeline_tag"),
    ],
)
def test_words_of_another_form(hub, writer, folder, words, named):
    """One error that names the part, before any request."""
    hub.reset_counts()
    with pytest.raises(InvalidArgumentError, match=named):
        writer.upload_artifact(folder, {**WORDS, **words})

    assert 0 == hub.total_requests


def test_settings_that_the_files_contradict(writer, folder, card_of, caplog):
    """As of results, both values are logged, and the card says whose is whose."""
    writer.upload_artifact(folder, {**WORDS, "training_config": {"learning_rate": 0.5}})
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]

    assert 1 == sum("learning_rate is stated to be 0.5, and is" in message for message in said)
    assert "say otherwise of `learning_rate`." in section(card_of("alice/foxes"), "Training Configuration")


def test_results_that_the_files_contradict(writer, folder, card_of, caplog):
    """Both values are logged, and both are in the card: the author's word as such, and what the files prove."""
    writer.upload_artifact(folder, {**WORDS, "metrics": {"eval_loss": 1.5, "f1": 0.5}})
    text = card_of("alice/foxes")

    said = "eval_loss is stated to be 1.5, and is 5.586667537689209 in eval_results.json"
    assert [said in record.message for record in caplog.records if record.levelname == "WARNING"].count(
        True
    ) == 1
    assert "As the author of this repository states." in section(text, "Evaluation Metrics")
    assert "| eval_loss | 5.586667537689209 |" in section(text, "Logged Metrics")
