"""What a check finds under the keys that the Hub knows."""

import json
from importlib.resources import files

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards import validate_card
from hubkit.cards._validation._lists import libraries, licenses, pipeline_tags
from hubkit.cards._validation._schema import misfits
from hubkit.cards._validation._tree import read_tree
from hubkit.cards._writing._front_matter import dump_front_matter
from hubkit.testing._known import LICENSES

RESULT = "task: {type: text-generation}, dataset: {type: glue, name: GLUE}, metrics: [{type: a, value: 1}]"


def check(block):
    """The findings of a card that has this front matter."""
    return validate_card(f"---\n{block}\n---\n# Hi\n")


def index(result):
    """A model-index of one result."""
    return f"model-index: [{{name: a, results: [{{{result}}}]}}]"


BROKEN = [
    # Types, as the Hub words them.
    ("widget: hello", "widget", "error", '"widget" must be an array'),
    ("tags: lora", "tags", "error", '"tags" must be an array'),
    ("tags: [lora, null]", "tags[1]", "error", '"tags[1]" must be a string'),
    ("tags: [2024]", "tags[0]", "error", '"tags[0]" must be a string'),
    ("tags: [{a: b}]", "tags[0]", "error", '"tags[0]" must be a string'),
    ("datasets:", "datasets", "error", '"datasets" must be a string'),
    ("datasets: [null]", "datasets[0]", "error", '"datasets[0]" must be a string'),
    ("language:", "language", "error", '"language" must be a string'),
    ("language: [en, 1]", "language[1]", "error", '"language[1]" must be a string'),
    ("license: 2", "license", "error", '"license" must be a string'),
    ("pipeline_tag: [a]", "pipeline_tag", "error", '"pipeline_tag" must be a string'),
    ("thumbnail: [a]", "thumbnail", "error", '"thumbnail" must be a string'),
    ("co2_eq_emissions: some", "co2_eq_emissions", "error", '"co2_eq_emissions" must be a number'),
    ("co2_eq_emissions: {source: x}", "co2_eq_emissions.emissions", "error", "is required"),
    ("co2_eq_emissions: {emissions: some}", "co2_eq_emissions.emissions", "warning", "must be a number"),
    ("extra_gated_fields: [a]", "extra_gated_fields", "error", '"extra_gated_fields" must be of type object'),
    ("extra_gated_fields: {Name: words}", "extra_gated_fields.Name", "warning", "must be one of [text, "),
    ("inference: maybe", "inference", "error", '"inference" must be a boolean'),
    ("inference: {parameters: {top_p: high}}", "inference.parameters.top_p", "warning", "must be a number"),
    ("widget: [{text: 1}]", "widget[0].text", "warning", '"widget[0].text" must be a string'),
    ("metrics: {a: 1}", "metrics", "warning", '"metrics" must be a string'),
    # Licences.
    ("license: MIT", "license", "error", "must be one of"),
    ("license: Apache 2.0", "license", "error", '"Apache 2.0" is none'),
    ("license: proprietary", "license", "error", "must be one of"),
    ("license: [mit, gplv3]", "license[1]", "error", "must be one of"),
    ("license: unknown", "license", "warning", "lets nobody use"),
    ("license: other\nlicense_link: LICENSE", "license_name", "warning", "is required"),
    ("license: other\nlicense_name: my-1.0", "license_link", "warning", "no link"),
    ("license: other\nlicense_name: My own\nlicense_link: LICENSE", "license_name", "warning", "no id"),
    ("license: other\nlicense_name: a\nlicense_link: docs/x.txt", "license_link", "warning", "neither"),
    ("license: mit\nlicense_name: mine", "license_name", "warning", "no id for"),
    # Tasks, libraries, keys.
    ("pipeline_tag: text2text-generation", "pipeline_tag", "warning", "not in the official list"),
    ("pipeline_tag: Text Generation", "pipeline_tag", "warning", "not in the official list"),
    ("pipeline_tag: foxes", "pipeline_tag", "warning", "not in the official list"),
    ("library_name: PEFT", "library_name", "warning", "knows no library"),
    ("library_name: sentence_transformers", "library_name", "warning", "knows no library"),
    ("licence: mit", "licence", "warning", 'no key "licence"'),
    ("licence_name: mine", "licence_name", "warning", 'no key "licence_name"'),
    ("dataset: a/b", "dataset", "warning", 'no key "dataset"'),
    ("base-model: a/b", "base-model", "warning", 'no key "base-model"'),
    ("pipeline_tags: x", "pipeline_tags", "warning", 'no key "pipeline_tags"'),
    # Languages.
    ("language: EN", "language", "error", '"language" must only contain lowercase characters'),
    ("language: [en, pt_pt]", "language[1]", "error", '"language[1]" with value "pt_pt" is not valid.'),
    ("language: zh-CN", "language", "error", "must only contain lowercase characters"),
    ("language: noinfo", "language", "error", "It must be an ISO 639-1, 639-2 or 639-3 code"),
    ("language: ''", "language", "error", "is not valid"),
    ("language: jp", "language", "warning", "no code of ISO 639"),
    ("language: no", "language", "warning", "YAML 1.1 readers such as PyYAML"),
    ("language_bcp47: [pt_BR]", "language_bcp47[0]", "warning", "no BCP 47 tag"),
    ("language_bcp47: pt-BR", "language_bcp47", "error", '"language_bcp47" must be an array'),
    # Other repositories.
    ("base_model: /workspace/tiny", "base_model", "error", "Use a model id from https://hf.co/models."),
    ("base_model: ../tiny", "base_model", "error", "is not valid"),
    ("base_model: ''", "base_model", "error", "is not valid"),
    ("base_model: a/b/c", "base_model", "error", "is not valid"),
    ("base_model: [a/b, C:\\x]", "base_model[1]", "error", "is not valid"),
    ("base_model: https://huggingface.co/a/b", "base_model", "error", "is not valid"),
    ("base_model: outputs/checkpoint-500", "base_model", "warning", "looks like a path"),
    ("base_model: a/b\nbase_model_relation: lora", "base_model_relation", "warning", "must be one of [adapter"),
    ("base_model: [a/b, c/d]\nbase_model_relation: adapter", "base_model_relation", "warning", "is a merge"),
    ("base_model_relation: adapter", "base_model_relation", "warning", "no base_model"),
    ("datasets: [a/b, librispeech 960h]", "datasets[1]", "error", "If possible, use a dataset id from"),
    ("datasets: /var/hf/images/", "datasets", "error", "is not valid"),
    ("datasets: data/train.jsonl", "datasets", "warning", "looks like a path"),
    ("new_version: ./next", "new_version", "warning", "is not valid"),
    ("tags: ['base_model:adapter:/home/ann/tiny']", "tags[0]", "warning", "is no model id"),
    # Results.
    ("eval_results: foo", "eval_results", "warning", "can't load a card with this key"),
    ("eval_results: [foo, bar]", "eval_results", "warning", "can't load a card with this key"),
    ("eval_results: [{dataset: {id: a/b}}]", "eval_results", "warning", "can't load a card with this key"),
    ("eval_results: {a: 1}", "eval_results", "warning", "can't load a card with this key"),
    ("model-index: {name: a}", "model-index", "error", '"model-index" must be an array'),
    ("model-index: [{name: a}]", "model-index[0].results", "error", '"model-index[0].results" is required'),
    ("model-index: [{results: []}]", "model-index[0].name", "error", "is required"),
    ("model-index: [{name: a, results: []}]", "model-index[0].results", "warning", "no result"),
    (index("task: {type: x}"), "model-index[0].results[0].metrics", "error", "is required"),
    (index("task: {type: x}, metrics: a"), "model-index[0].results[0].metrics", "error", "must be an array"),
    (
        index("task: {type: x}, metrics: [{type: a, value: 1}]"),
        "model-index[0].results[0].dataset",
        "warning",
        "without a dataset",
    ),
    (
        index("task: {type: x}, metrics: [], dataset: {type: a, name: b}"),
        "model-index[0].results[0].metrics",
        "warning",
        "no metric",
    ),
    (
        index(RESULT.replace("GLUE}", "GLUE, config: null}")),
        "model-index[0].results[0].dataset.config",
        "error",
        '"model-index[0].results[0].dataset.config" must be a string',
    ),
    (
        index(RESULT.replace("GLUE}", "GLUE, revision: 1234567}")),
        "model-index[0].results[0].dataset.revision",
        "error",
        "must be a string",
    ),
    (index(RESULT.replace("type: glue, ", "")), "model-index[0].results[0].dataset.type", "error", "required"),
    (index(RESULT.replace(", value: 1", "")), "model-index[0].results[0].metrics[0].value", "error", "required"),
    (index(RESULT.replace("value: 1", "value: .nan")), "model-index[0].results[0].metrics[0].value", "warning",
     "not a finite number"),
    (index(RESULT.replace("value: 1", "value: null")), "model-index[0].results[0].metrics[0].value", "warning",
     "no value"),
    (index(RESULT + ", source: {name: x}"), "model-index[0].results[0].source.url", "error", "is required"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "key", "severity", "message"), BROKEN)
def test_broken(block, key, severity, message):
    """Each mistake is found once, under its key, with its severity and a remedy."""
    (one,) = [one for one in check(block) if one.key == key]

    assert severity == one.severity
    assert message in one.message
    assert one.remedy


@pytest.mark.parametrize(
    "block",
    [
        "license: [mit, apache-2.0]",
        "license: other\nlicense_name: my-license-1.0\nlicense_link: https://example.org/licence",
        "license: gemma\nlicense_link: LICENSE",
        "language: [en, eng, ger, deu, ber, cmn, code, multilingual]",
        "language: 'no'\nlanguage_bcp47: [pt-BR, zh-Hant-TW]",
        "pipeline_tag: text-generation\nlibrary_name: my-own-library",
        "base_model: gpt2",
        "eval_results: []",
        "eval_results: {}",
        "base_model: [org/a, org/b]\nbase_model_relation: merge",
        "datasets: [squad, org/my.data_set-1]\nmetrics: [accuracy, f1]\nnew_version: org/next",
        "tags: ['base_model:adapter:org/tiny', lora, '1e5']",
        "co2_eq_emissions: 12.5",
        "co2_eq_emissions: {emissions: 3, source: code carbon, hardware_used: 8 V100}",
        "widget: [{text: Hi, output: {url: a.png}}, {src: a.wav, example_title: x}]",
        "widget: [{messages: [{role: user, content: Hi}]}]",
        "inference: false",
        "inference: {parameters: {temperature: 0.7, no_repeat_ngram_size: 4}}",
        "extra_gated_fields: {Name: text, Country: country, Use: {type: select, options: [a, {label: b, value: c}]}}",
        "extra_gated_eu_disallowed: true\nextra_gated_prompt: Agree",
        "thumbnail: https://example.org/x.png",
        "model_name: foxes\nmodel_type: llama\nquantized_by: ann\npinned: true\nmy_key: {a: [1, 2.5, true]}",
        index(RESULT),
        index(RESULT.replace("GLUE}", "GLUE, args: {num_few_shot: 3}, config: mrpc, split: test}")),
        index(RESULT + ", source: {name: Leaderboard, url: 'https://example.org'}"),
        index(RESULT.replace("value: 1", "value: '20.0 ± 1.2', verified: false, args: {k: 1}")),
    ],
)
def test_sound(block):
    """What the Hub's documentation and its own tools write."""
    assert [] == check(block)


@pytest.mark.parametrize(
    ("block", "remedy"),
    [
        ("license: Apache 2.0", "write apache-2.0"),
        ("license: GPL3", "write gpl-3.0"),
        ("license: proprietary", "write other with license_name"),
        ("language: zh-CN", "write zh, and zh-CN under language_bcp47"),
        ("language: pt_br", "write pt, and pt-br under language_bcp47"),
        ("language: EN", "write en"),
        ("language: english", "write en"),
        ("language: jp", "write ja"),
        ("base_model: https://huggingface.co/org/tiny", "write org/tiny"),
        ("base_model: /home/ann/.cache/huggingface/hub/models--org--tiny/snapshots/0a1b", "write org/tiny"),
        ("datasets: https://huggingface.co/datasets/org/foxes", "write org/foxes"),
        ("pipeline_tag: text2text-generation", "summarization, translation or text-generation"),
        ("pipeline_tag: text_generation", "write text-generation"),
        ("library_name: Transformers", "write transformers"),
        ("licence: mit", "write license"),
        ("datasets: [null]", "leave the key out"),
        ("tags: [1e5]", 'put it in quotes: "1e5"'),
        ("widget: Hi", 'write a list: ["Hi"]'),
    ],
)
def test_remedies_say_what_to_write(block, remedy):
    """Where it can be told, the remedy is the text to put there."""
    assert remedy in check(block)[0].remedy


def test_all_licences_are_known():
    """Each of the Hub's ids passes, and `other` and `unknown` alone are warned about."""
    warned = [name for name in LICENSES if check(f"license: {name}")]

    assert LICENSES == licenses()
    assert ["other", "unknown"] == warned


def test_all_tasks_and_libraries_are_known():
    """Each official name passes."""
    blocks = [f"pipeline_tag: {name}" for name in pipeline_tags()]
    blocks += [f"library_name: {name}" for name in libraries()]

    assert [] == [block for block in blocks if check(block)]


@pytest.mark.parametrize("parser", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
def test_either_parser_builds_the_same_tree(parser):
    """Where PyYAML has no compiled parser, the one in Python does as well."""
    for block, *_ in BROKEN:
        assert read_tree(block) == read_tree(block, parser=parser)


def test_the_schema_s_interpreter_agrees_with_a_general_one():
    """Each card of this file is refused or passed alike by the schema's reference implementation."""
    schema = json.loads((files("hubkit.cards") / "data" / "card_metadata.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    blocks = [block for block, *_ in BROKEN if "no" not in block.split() and "\\" not in block]
    theirs = [validator.is_valid(yaml.safe_load(block)) for block in blocks]
    ours = [not list(misfits(read_tree(block).root, schema)) for block in blocks]

    assert theirs == ours
    assert {True, False} == set(ours)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["a", "text", "select", "user", "x y"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "results",
                    "task",
                    "type",
                    "metrics",
                    "value",
                    "dataset",
                    "url",
                    "text",
                    "output",
                    "emissions",
                    "source",
                    "label",
                    "score",
                    "options",
                    "role",
                    "content",
                    "messages",
                    "parameters",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
cards = st.dictionaries(
    st.sampled_from(
        ["model-index", "widget", "tags", "co2_eq_emissions", "inference", "extra_gated_fields", "thumbnail"]
    ),
    json_values,
    min_size=1,
    max_size=3,
)


@given(card=cards)
def test_the_interpreter_agrees_on_anything(card):
    """Whatever stands under the keys: both find a misfit, or neither does."""
    schema = json.loads((files("hubkit.cards") / "data" / "card_metadata.schema.json").read_text("utf-8"))
    block = yaml.safe_dump(card)

    assert jsonschema.Draft7Validator(schema).is_valid(card) == (
        not list(misfits(read_tree(block).root, schema))
    )


@given(card=st.dictionaries(st.sampled_from(["a", "b"]), json_values, max_size=2))
def test_what_we_write_has_no_doubtful_spelling(card):
    """Our own writer's front matter is read alike by every reader, and holds no null."""
    block = dump_front_matter(card)

    assert [] == [one for one in validate_card(f"---\n{block}---\n# Hi\n") if one.key != "front matter"]
