"""Each section says what the facts say, and is absent without them."""

import datetime
import enum
import json
import math

import attrs
import pytest
from rendered_cards import parsed, section

from hubkit.cards import AdapterFacts, LoggedStep, Markdown, read_adapter, render_card
from hubkit.errors import CardError

BARE = AdapterFacts(library_name="peft", base_model="org/base")


def of(title, facts=BARE, **words):
    """One section of a card."""
    return section(render_card(facts, repo_id="ann/foxes", **words), title)


def test_model_details():
    """Numbers, their sources and their shares."""
    facts = AdapterFacts(
        peft_type="LORA",
        method="DoRA + rsLoRA",
        base_model="org/base",
        base_model_revision="v2",
        base_model_class="LlamaForCausalLM",
        base_parameters=1_000_000,
        parameters=4_000,
        quantization="4-bit (bitsandbytes nf4)",
        r=16,
        ranks=(8, 16),
        alpha=8,
        scaling=2.0,
        dropout=0.05,
        target_modules=("k_proj", "q_proj"),
        target_path_count=14,
        modules_to_save=("score",),
        dtype="bfloat16",
        label_count=3,
        steps=1200,
        epochs=1.0,
        sources={"quantization": "config.json: quantization_config"},
    )

    expected = """- **Base model:** `org/base` (at revision v2)
- **Base model class:** `LlamaForCausalLM`
- **Quantization of the base model:** 4-bit (bitsandbytes nf4) (from config.json: quantization_config)
- **Method:** DoRA + rsLoRA
- **Rank (r):** 16 (in the weights: 8, 16)
- **Alpha:** 8
- **Scaling:** 2
- **Dropout:** 0.05
- **Target modules:** `k_proj`, `q_proj` (14 modules listed by path)
- **Modules trained in full:** `score`
- **Trainable parameters:** 4,000 (as saved; 0.4 % of the base model's 1,000,000)
- **Weight type:** `bfloat16`
- **Labels:** 3
- **Trained for:** 1,200 steps, 1 epoch"""
    assert expected == of("Model Details", facts)


def test_prompt_methods_have_their_own_number():
    """Virtual tokens instead of ranks; AdaLoRA's rank is a target."""
    assert "- **Virtual tokens:** 8" in of("Model Details", AdapterFacts(virtual_tokens=8))
    assert "- **Average target rank:** 4 (in the weights: 1, 6)" == of(
        "Model Details", AdapterFacts(peft_type="ADALORA", r=4, ranks=(1, 6))
    )


def test_hyperparameters_that_were_chosen_come_first():
    """Then the usual ones; the others, and what nobody looks for, are left out."""
    facts = attrs.evolve(
        BARE,
        hyperparameters={"seed": 42, "adam_beta1": 0.9, "learning_rate": 2e-05, "neat": "a|b", "fsdp": []},
        changed_hyperparameters=("neat", "learning_rate"),
    )

    expected = [["Argument", "Value"], ["learning_rate", "2e-05"], ["neat", "a|b"], ["seed", "42"]]
    card = render_card(facts, repo_id="a/b")
    assert [expected] == parsed(card).tables
    assert "The first 2 differ from the Trainer's defaults." in card


def test_run_and_patterns():
    """What some modules have of their own, and how the run went."""
    facts = AdapterFacts(
        rank_pattern={"q_proj": 4},
        alpha_pattern={"k|v": 2.5},
        trained_tokens=3,
        steps=9,
        tokens_seen=12345,
        total_batch_size=32,
        best_step=8,
        best_metric=5.5,
        best_metric_name="eval_loss",
    )

    expected = """- **Other ranks:** `q_proj: 4`
- **Other alphas:** `k|v: 2.5`
- **Trained rows of the vocabulary:** 3
- **Trained for:** 9 steps, 12,345 tokens
- **Examples in each step:** 32
- **Best evaluation:** eval_loss 5.5 at step 8"""
    assert expected == of("Model Details", facts)


def test_metrics_of_single_steps():
    """What else an evaluation measured is a column, empty where nobody measured."""
    history = (
        LoggedStep(step=1, loss=2.0),
        LoggedStep(step=1, eval_loss=3.0, metrics={"eval_f1|x": 0.25}),
        LoggedStep(step=2, loss=1.0),
    )
    (table,) = parsed(render_card(attrs.evolve(BARE, history=history), repo_id="a/b")).tables

    assert [
        ["Step", "Training loss", "Evaluation loss", "eval_f1|x"],
        ["1", "2", "3", "0.25"],
        ["2", "1", "", ""],
    ] == table


HISTORY = (
    LoggedStep(step=2, epoch=0.5, loss=5.0),
    LoggedStep(step=4, epoch=1.0, loss=3.0),
    LoggedStep(step=4, epoch=1.0, eval_loss=3.5),
    LoggedStep(step=6, loss=math.nan),
    LoggedStep(step=8, epoch=2.0, loss=1.0),
)


def test_curve_as_text():
    """Without a picture there is a line of text, and a few steps in a ragged table."""
    facts = attrs.evolve(BARE, history=HISTORY)
    found = parsed(render_card(facts, repo_id="a/b"))

    assert (
        "training loss      5 █▅▁ 1    steps 2 to 8\nevaluation loss  3.5 ▆   3.5  steps 4 to 4"
        == found.blocks[0]
    )
    assert [
        ["Step", "Epoch", "Training loss", "Evaluation loss"],
        ["2", "0.5", "5", ""],
        ["4", "1", "3", "3.5"],
        ["6", "", "NaN", ""],
        ["8", "2", "1", ""],
    ] == found.tables[0]


def test_curve_as_a_picture():
    """With one it is shown instead of the text; its name can't lead elsewhere."""
    facts = attrs.evolve(BARE, history=HISTORY)
    found = parsed(render_card(facts, repo_id="a/b", curve_image="training_curve.png"))

    assert (["training_curve.png"], []) == (found.links, found.blocks)
    with pytest.raises(CardError, match="curve_image"):
        render_card(facts, repo_id="a/b", curve_image="../x.png")


def test_long_runs_are_thinned():
    """A table of ten steps, the first and the last among them; a line of fixed width."""
    history = tuple(LoggedStep(step=step, loss=1 / step) for step in range(1, 5000))
    found = parsed(render_card(attrs.evolve(BARE, history=history), repo_id="a/b"))

    steps = [row[0] for row in found.tables[0][1:]]
    assert (10, "1", "4999") == (len(steps), steps[0], steps[-1])
    assert len(found.blocks[0]) < 100


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        (
            {"peft_type": "LORA", "bias": "all", "layers_to_transform": [0, 1], "lora_bias": True},
            ["Adapted layers:** `0`, `1`", "Trained biases:** `all`", "Other settings:** `lora_bias: true`"],
        ),
        ({"peft_type": "LORA", "layers_to_transform": 0}, ["Adapted layers:** `0`"]),
        (
            {"peft_type": "LORA", "target_parameters": ["mlp.experts.down_proj"]},
            ["Target parameters:** `mlp.experts.down_proj`"],
        ),
        (
            {"peft_type": "LORA", "layer_replication": [[0, 4], [2, 5]]},
            ["Layers of the base model:** 0 to 3, 2 to 4 (stacked to a deeper model)"],
        ),
        ({"peft_type": "LORA", "exclude_modules": ["lm_head"]}, ["Modules left out:** `lm_head`"]),
        (
            {"peft_type": "BOFT", "boft_block_size": 4, "boft_n_butterfly_factor": 1},
            ["Block size:** `4`", "Other settings:** `boft_n_butterfly_factor: 1`"],
        ),
        ({"peft_type": "OFT", "oft_block_size": 32, "r": 0}, ["Block size:** `32`"]),
        ({"peft_type": "IA3", "feedforward_modules": ["wo"]}, ["Feed-forward modules:** `wo`"]),
        ({"peft_type": "VERA", "d_initial": 0.1}, ["Other settings:** `d_initial: 0.1`"]),
        (
            {"peft_type": "PROMPT_TUNING", "prompt_tuning_init_text": "Say *good* or bad:"},
            [r"Initial text:** Say \*good\* or bad:"],
        ),
        (
            {"peft_type": "PROMPT_TUNING", "prompt_tuning_init_text": "from /mnt/ann/x by hf_" + "a" * 30},
            ["Initial text:** from (local path) by (secret removed)"],
        ),
    ],
)
def test_what_a_method_was_set_to(write_adapter, config, rows):
    """Its own numbers and choices are shown, scrubbed and escaped."""
    lines = of("Model Details", read_adapter(write_adapter(config))).splitlines()

    assert [f"- **{row}" for row in rows] == [line for line in lines if any(row in line for row in rows)]


def test_settings_without_end(write_adapter):
    """However much a config lists, the card stays one that people read."""
    config = {
        "peft_type": "LORA",
        "target_parameters": [f"p{number}" for number in range(5000)],
        "layer_replication": [[number, number + 1] for number in range(5000)],
        **{f"key{number}": ["x" * 200] * 32 for number in range(100)},
    }
    text = of("Model Details", read_adapter(write_adapter(config)))

    assert 2 == text.count("(the first 50 of 5,000)")
    assert len(text) < 15_000


def test_trainers_metrics_name_their_files(real_adapter):
    """The Trainer's numbers are shown with the files that they come from."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    loss = json.loads((folder / "eval_results.json").read_text())["eval_loss"]

    text = of("Evaluation Metrics", read_adapter(folder))

    assert f"From `eval_results.json`.\n\n| Metric | Value |\n| --- | --- |\n| eval_loss | {loss!r} |" == text


def test_the_training_loss_is_no_evaluation(real_adapter):
    """What the training measured of itself has a section of its own, with its file."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    loss = json.loads((folder / "train_results.json").read_text())["train_loss"]

    text = of("Logged Metrics", read_adapter(folder))

    assert (
        f"From `train_results.json`.\n\n| Metric | Value |\n| --- | --- |\n| train_loss | {loss!r} |" == text
    )


def test_a_metrics_name_keeps_the_table():
    """Whatever a metric is called, it is one cell."""
    name = "eval_f1|x `a` *b*"
    found = parsed(render_card(attrs.evolve(BARE, metrics={name: 0.5}), repo_id="a/b"))

    assert [["Metric", "Value"], ["eval_f1|x `a` *b*", "0.5"]] == found.tables[0]


def test_stated_metrics_are_told_from_logged_ones():
    """The author's word is called that, and what the files say stands below it, where they differ too."""
    sources = {"metrics.eval_loss": "eval_results.json: eval_loss"}
    facts = attrs.evolve(BARE, metrics={"eval_loss": 9.25}, sources=sources)
    stated = {"eval_loss": 1.5, "accuracy": 0.5}

    card = render_card(facts, repo_id="a/b", metrics=stated)
    agreed = render_card(facts, repo_id="a/b", metrics={"eval_loss": 9.3})
    found, other = parsed(card), parsed(agreed)
    assert (
        "As the author of this repository states.\n\n| Metric | Value |\n| --- | --- |\n| eval_loss | 1.5 |"
        in card
    )
    assert "From `eval_results.json`.\n\nThe author states otherwise of `eval_loss`.\n" in card
    assert ["9.25", "9.25"] == [each.tables[1][1][1] for each in (found, other)]
    assert "otherwise" not in agreed


def test_metrics_of_every_kind():
    """Pipes, newlines, NaN, nesting, None and foreign objects fit into the table."""
    metrics = {
        "a|b\nc": math.nan,
        "f1": {"macro": 1, "per": [0.5, 1]},
        "none": None,
        "x": object(),
        "t": "a|b",
        "i": math.inf,
    }

    rows = of("Evaluation Metrics", metrics=metrics).split("\n")[4:]

    expected = [
        "| a\\|b c | NaN |",
        "| f1.macro | 1 |",
        "| f1.per | 0.5, 1 |",
        "| x | (object) |",
        "| t | a\\|b |",
    ]
    assert [*expected, "| i | Infinity |"] == rows


class Method(enum.Enum):
    """A setting as programs keep it."""

    LORA = "low rank"
    FULL = "full"


def test_training_config_of_every_kind():
    """The settings are strict JSON: no NaN, no addresses, no secrets, no home paths."""
    config = {
        "fence": "````\n```",
        "nan": math.nan,
        "huge": 10**5000,
        "set": {"b", "a"},
        "object": object(),
        "output_dir": "/home/ann/run",
        "hub_token": "abc",
        "pad_token": "<pad>",
        "wandb": {"api_key": "k", "note": "hf_" + "a" * 30},
        1: None,
        "method": Method.LORA,
        "day": datetime.date(2026, 1, 2),
        Method.LORA: {Method.FULL: 1, Method.LORA: 2},
    }
    expected = {
        "fence": "````\n```",
        "nan": "NaN",
        "huge": "(a huge number)",
        "set": ["a", "b"],
        "object": "(object)",
        "output_dir": "(local path)",
        "hub_token": "(secret removed)",
        "pad_token": "<pad>",
        "wandb": {"api_key": "(secret removed)", "note": "(secret removed)"},
        "1": None,
        "method": "low rank",
        "day": "2026-01-02",
        "low rank": {"full": 1, "low rank": 2},
    }

    found = parsed(render_card(BARE, repo_id="a/b", training_config=config))

    assert expected == json.loads(found.blocks[0])
    assert "## Training Configuration" in found.headings


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *(
            (path, "(local path)")
            for path in ("/mnt/x/y", "/opt/runs/x", "~/out", "./out", "../x", r"D:\runs")
        ),
        *((path, "(local path)") for path in ("/fsx/a b/c", r"\\server\share\x", "file:/x", r"C:\x")),
        ("deepspeed --config /fsx/ds.json", "deepspeed --config (local path)"),
        *((text, text) for text in ("org/foxes", "https://x.org/a", "s3://foxes/x", "/v1/chat/completions")),
        *((text, text) for text in ("/no_think", r".*\.(q|v)_proj", "1/2", "~7B tokens", "and/or", "/")),
    ],
)
def test_paths_in_the_training_config(value, shown):
    """A value that is a path is left out, wherever it leads; what only has a slash in it stays."""
    text = of("Training Configuration", training_config={"a": value, "b": [{"c": value}]})

    assert {"a": shown, "b": [{"c": shown}]} == json.loads(parsed(text).blocks[0])


def test_paths_in_the_description():
    """The disks of a machine are nobody's business, in Markdown neither."""
    for text in ("Trained in /lustre/p1/x.", Markdown("Trained in `/lustre/p1/x`.")):
        assert "lustre" not in render_card(BARE, repo_id="a/b", description=text)


def test_training_config_that_holds_itself():
    """A loop ends in a word, not in a RecursionError."""
    config = {}
    config["self"] = config

    assert "(too deep)" in of("Training Configuration", training_config=config)


def test_versions_emissions_and_papers():
    """Each of the last sections says what there is; the Hub makes tags of the papers' links."""
    facts = AdapterFacts(
        peft_version="0.21.2",
        framework_versions={"Transformers": "5.23.0"},
        emissions=12.345678,
        emissions_source="codecarbon 3.3.2",
        emissions_country="France",
        hardware="1 x NVIDIA A100",
        papers=("2106.09685", "no paper"),
    )
    card = render_card(facts, repo_id="a/b")

    assert "- PEFT: 0.21.2\n- Transformers: 5.23.0" == section(card, "Framework Versions")
    assert (
        "The training emitted 12.35 g of CO2-equivalent, as measured by codecarbon 3.3.2 "
        "on 1 x NVIDIA A100 in France."
    ) == section(card, "Environmental Impact")
    assert {
        "emissions": 12.345678,
        "source": "codecarbon 3.3.2",
        "training_type": "fine-tuning",
        "geographical_location": "France",
        "hardware_used": "1 x NVIDIA A100",
    } == parsed(card).data["co2_eq_emissions"]
    assert ["https://arxiv.org/abs/2106.09685"] == parsed(card).links


def test_sections_of_the_callers():
    """Sections can be added, replaced and dropped; text is escaped unless it is Markdown."""
    facts = attrs.evolve(BARE, task_type="CAUSAL_LM", peft_version="1")
    card = render_card(
        facts,
        repo_id="a/b",
        sections={
            "Usage": Markdown("Run `fox`:\n\n- a\n- b"),
            "Framework Versions": None,
            "Limits": "*None*\n# of mine",
        },
    )

    assert ["# b", "## Model Details", "## Usage", "## Limits"] == parsed(card).headings
    assert "Run `fox`:\n\n- a\n- b" == section(card, "Usage")
    assert "\\*None\\*\n\\# of mine" == section(card, "Limits")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"Usgae": None}, "no section 'Usgae' to drop; did you mean 'Usage'"),
        ({"": "x"}, "'' can't be a title"),
        ({"Title": "x"}, "'Title' can't be a title"),
        ({"usage": "x"}, "'usage' can't be a title; did you mean 'Usage'"),
        ({"Usage": 1}, "must map titles to texts"),
    ],
)
def test_sections_that_can_not_be(sections, said):
    """A misspelt or ambiguous title is an error that names it."""
    with pytest.raises(CardError, match=said):
        render_card(BARE, repo_id="a/b", sections=sections)
