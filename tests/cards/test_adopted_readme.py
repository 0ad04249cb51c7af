"""A tool's README makes room for a card, and what somebody said in its front matter stays."""

import pytest
from rendered_cards import parsed, section

from hubkit.cards import (
    AdapterFacts,
    UpdatedCard,
    read_adapter,
    render_card,
    update_card,
    validate_card,
    words_of,
)

PEFT, TRAINER = ("lora-causal-lm", "README.peft.md"), ("lora-trainer-run-causal-lm", "README.transformers.md")
FACTS = AdapterFacts(library_name="peft", method="LoRA", method_tags=("lora",), task_type="CAUSAL_LM")
RESULTS = """  results:
  - task:
      type: text-generation
      name: Text Generation
    dataset:
      name: Foxes
      type: hubkit-test/tiny-foxes
      config: null
      split: None
    metrics:
    - type: accuracy
      value: 0.81
      name: Accuracy
"""


def card(**words):
    """A card as it is made today."""
    return render_card(FACTS, **{"repo_id": "ann/foxes", **words})


def updated(readme, **said):
    """What becomes of a README, made anew as an upload does it."""
    return update_card(readme, card(**{**words_of(readme, said=said), **said}))


@pytest.fixture
def trainer_readme(tool_readme):
    """The Trainer's README, with keys put in front of the others, and results if need be."""

    def write(keys="", results="  results: []\n"):
        text = tool_readme(*TRAINER)
        return text.replace("---\n", f"---\n{keys}", 1).replace("  results: []\n", results)

    return write


@pytest.mark.parametrize(("name", "file"), [PEFT, ("lora-trainer-run-causal-lm", "README.peft.md")])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_nothing_said_is_nothing_kept(tool_readme, name, file, newline):
    """A README in which nobody said anything is replaced by today's card, as it is."""
    today = card(base_model="org/base")

    assert UpdatedCard(text=today) == update_card(tool_readme(name, file).replace("\n", newline), today)


@pytest.mark.parametrize(("name", "file"), [("lora-trainer-run-causal-lm", "README.peft.md"), TRAINER])
@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("tags:\n", "tags:\n- foxes\n", {"tags": ["foxes", "lora", "peft"]}),
        ("tags:\n", "license: mit\ntags:\n", {"license": "mit", "tags": ["peft", "lora"]}),
        ("tags:\n", "widget:\n- text: Hi\ntags:\n", {"widget": [{"text": "Hi"}]}),
        ("tags:\n", "inference: false # slow\ntags:\n", {"inference": False}),
    ],
    ids=["tag", "license", "widget", "comment"],
)
def test_word_of_somebodys_stays(tool_readme, name, file, old, new, kept):
    """One word in a tool's front matter doesn't keep placeholders and paths in the card."""
    mine = tool_readme(name, file).replace(old, new, 1)
    made = updated(mine, base_model="org/base")

    data = parsed(made.text).data
    assert {**kept, "base_model": "org/base"} == {key: data[key] for key in (*kept, "base_model")}
    assert [] == [
        word for word in ("/home/", "More Information", "proofread", "results: []") if word in made.text
    ]
    assert ("# slow" in new) == ("# slow" in made.text)
    assert ([], ()) == (validate_card(made.text), made.warnings)


def test_words_that_the_trainer_was_told(trainer_readme):
    """Licence, language and data sets are said anew, and stand in front matter and text."""
    made = updated(trainer_readme("license: gpl-3.0\n"))

    data = parsed(made.text).data
    assert ("gpl-3.0", ["en"], ["hubkit-test/tiny-foxes"]) == (
        data["license"],
        data["language"],
        data["datasets"],
    )
    assert "as the author of this repository states" in section(made.text, "License")
    assert "tiny-foxes" in section(made.text, "Training Data")
    assert words_of(made.text) == {**words_of(trainer_readme("license: gpl-3.0\n")), "repo_id": "ann/foxes"}


def test_results_that_the_trainer_was_told(trainer_readme):
    """They become the author's results, without what the Trainer didn't know."""
    made = updated(trainer_readme("metrics:\n- accuracy\n", RESULTS))

    data = parsed(made.text).data
    (result,) = data["model-index"][0]["results"]
    assert {"type": "hubkit-test/tiny-foxes", "name": "Foxes"} == result["dataset"]
    assert ([{"type": "accuracy", "value": 0.81, "name": "Accuracy"}], ["accuracy"]) == (
        result["metrics"],
        data["metrics"],
    )
    assert "| Text Generation | Foxes | Accuracy | 0.81 |" in section(made.text, "Evaluation Metrics")


def test_results_of_another_form_stay_as_they_are(trainer_readme):
    """What a result can't be said with is no reason to lose it."""
    mine = trainer_readme(
        "metrics:\n- accuracy\n- f1\n", RESULTS.replace("0.81\n", "0.81\n      verified: true\n")
    )
    data = parsed(updated(mine).text).data

    assert data["model-index"][0]["results"][0]["metrics"][0]["verified"]
    assert ["accuracy", "f1"] == data["metrics"]


def test_metrics_beyond_the_results_stay(trainer_readme):
    """A metric that no result is of is a word of somebody's."""
    data = parsed(updated(trainer_readme("metrics:\n- accuracy\n- f1\n", RESULTS)).text).data

    assert ["accuracy", "f1"] == data["metrics"]


def test_words_of_today_come_first(trainer_readme):
    """Who says something today isn't overruled by what the Trainer was told."""
    said = {"license": "mit", "language": ["fr"], "dataset": ["ann/d"], "pipeline_tag": "translation"}
    data = parsed(updated(trainer_readme("license: gpl-3.0\n"), **said).text).data

    assert ["mit", ["fr"], ["ann/d"], "translation"] == [
        data[key] for key in ("license", "language", "datasets", "pipeline_tag")
    ]


def test_what_cannot_be_kept_is_told(tool_readme):
    """What the Hub would refuse and what names a disk is left out, with the reason."""
    mine = (
        tool_readme(*TRAINER)
        .replace("---\n", "---\nlicense: Apache 2.0\nthumbnail: /home/ann/fox.png\n", 1)
        .replace("- en\n", "- en\n- zh-CN\n")
        .replace("- hubkit-test/tiny-foxes\n", "- hubkit-test/tiny-foxes\n- /var/foxes\n- data/train.jsonl\n")
    )
    made = updated(mine)

    data = parsed(made.text).data
    assert ([], ["en"], ["hubkit-test/tiny-foxes"]) == (
        validate_card(made.text),
        data["language"],
        data["datasets"],
    )
    assert [None, None] == [data.get("license"), data.get("thumbnail")]
    starts = [
        "datasets of the README: '/var/foxes' means nothing on other machines: left out",
        "datasets of the README: 'data/train.jsonl' means nothing on other machines: left out",
        'language of the README: "language[1]" must only contain lowercase characters (write zh',
        'license of the README: "license" must be one of the Hub\'s licence ids; "Apache 2.0" is none (write apache',
        "thumbnail of the README: '(local path)' means nothing on other machines: left out",
    ]
    assert [True] * 5 == [text.startswith(start) for text, start in zip(made.warnings, starts, strict=True)]


def test_results_on_a_file_are_no_results_of_the_hub(trainer_readme):
    """A path never gets into the metadata, wherever it stood."""
    made = updated(
        trainer_readme("", RESULTS.replace("type: hubkit-test/tiny-foxes", "type: data/foxes.json"))
    )

    assert "model-index" not in parsed(made.text).data
    assert (
        "model-index of the README: 'data/foxes.json' means nothing on other machines: left out",
    ) == made.warnings


def test_base_model_that_somebody_mended(tool_readme):
    """An id in the place of the path that the tool wrote, and still names in its tag, is somebody's word."""
    mine = tool_readme("lora-trainer-run-causal-lm").replace(
        "base_model: /home/train/outputs/bases/tiny-llama", "base_model: org/mended"
    )

    assert {"base_model": "org/mended"} == words_of(mine)
    assert "org/mended" == parsed(updated(mine).text).data["base_model"]
    assert "org/base" == parsed(updated(mine, base_model="org/base").text).data["base_model"]


def test_two_licenses_stay_two(trainer_readme):
    """What a card can't say anew in full stays as it is."""
    data = parsed(updated(trainer_readme("license:\n- mit\n- apache-2.0\n")).text).data

    assert ["mit", "apache-2.0"] == data["license"]


def test_base_model_that_only_a_tool_names(tool_readme):
    """The tool's word proves nothing; who reads the warning can name the base model."""
    made = updated(tool_readme(*PEFT))

    assert "base_model" not in parsed(made.text).data
    assert (
        "base_model of the README, 'hubkit-test/tiny-llama', is left out, since nothing proves it: name the base model yourself",
    ) == made.warnings


@pytest.mark.parametrize(
    "keys",
    [
        "tags: 5\n",
        "model-index: 5\n",
        "model-index:\n- results: 5\n",
        "model-index:\n- name: x\n  results:\n  - 5\n",
        "base_model:\n- a\n- b\n",
        "base_model: 5\n",
        "license:\n- mit\n- apache-2.0\n",
        "pipeline_tag:\n- a\n",
        "datasets:\n- {a: b}\n",
        "5: 6\n",
        "a: &a [x]\nb: *a\n",
        "released: 2020-01-01\n",
        "a: [&x y, *x]\n",
    ],
)
def test_values_of_any_form(keys):
    """Whatever stands in a tool's front matter, doing it twice changes nothing."""
    readme = f"---\nlibrary_name: peft\n{keys}---\n### Framework versions\n\n- PEFT 0.10.0\n"
    once = updated(readme)

    assert once.text == updated(once.text).text
    assert "## Framework" not in once.text


def test_aliases_that_grow_are_left_alone():
    """Front matter that nobody can take apart makes the card a person's: it gets nothing but what it lacks."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40))
    readme = f"---\nl0: &l0 x\n{levels}\n---\n- PEFT 0.10.0\n"

    assert update_card(readme, card()).text.endswith("---\n- PEFT 0.10.0\n")


def test_real_adapter_with_a_tag(real_adapter, tool_readme):
    """As PEFT writes it where the base model was tagged: the card is ours, and the tag stays."""
    facts = read_adapter(real_adapter("lora-trainer-run-causal-lm"), base_model="org/base")
    mine = tool_readme("lora-trainer-run-causal-lm").replace("- lora\n", "- foxes\n- lora\n")
    made = update_card(mine, render_card(facts, repo_id="ann/foxes"))

    assert (["foxes", "lora", "peft"], "org/base") == tuple(
        map(parsed(made.text).data.get, ("tags", "base_model"))
    )
    assert ["tags"] == list(made.kept)
