"""What read_adapter takes from the Trainer's log, and from a tracker of emissions."""

import json

import pytest

from hubkit.cards import read_adapter
from hubkit.cards._reading._facts import LoggedStep


@pytest.fixture
def read(write_adapter):
    """Read an adapter with files of the given texts beside it."""

    def read(**files):
        folder = write_adapter({"peft_type": "LORA"}, {"a.lora_A.weight": [2, 4]})
        for name, text in files.items():
            path = folder / name.replace("__", ".")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_adapter(folder)

    return read


def test_history_of_a_real_run(real_adapter):
    """Each logged number is there, under its step; an evaluation joins the loss of its step."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    log = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    expected = {}
    for entry in log:
        for name in ("epoch", "loss", "eval_loss", "learning_rate", "grad_norm"):
            if name in entry:
                expected[entry["step"], name] = entry[name]

    history = read_adapter(folder).history

    assert [2, 4, 6, 8, 9] == [step.step for step in history]
    told = {
        (step.step, name): getattr(step, name)
        for step in history
        for name in ("epoch", "loss", "eval_loss", "learning_rate", "grad_norm")
        if getattr(step, name) is not None
    }
    assert expected == told


def test_length_of_a_real_run(real_adapter):
    """Steps and epochs are the state's own; what the Trainer looked for and didn't find is open."""
    facts = read_adapter(real_adapter("lora-trainer-run-causal-lm"))

    assert (9, 3.0, None, None) == (facts.steps, facts.epochs, facts.best_step, facts.best_metric)
    assert "trainer_state.json: global_step" == facts.sources["steps"]


def test_the_best_evaluation(read):
    """When the Trainer looked for the best model, its step and number are facts."""
    state = {"best_metric": 0.25, "best_global_step": 40, "num_input_tokens_seen": 1234, "epoch": 0.5}

    facts = read(trainer_state__json=json.dumps(state))

    assert (0.25, 40, 1234, 0.5) == (facts.best_metric, facts.best_step, facts.tokens_seen, facts.epochs)


def test_ragged_logs(read):
    """Each step has what was logged at it; entries of other kinds are passed over."""
    log = [
        {"step": 4, "eval_accuracy": 0.5, "eval_runtime": 3.0, "epoch": 1},
        {"step": 2, "loss": 1.5, "learning_rate": 0.1},
        {"step": 4, "loss": 1.25},
        {"step": 6, "train_runtime": 5.0},
        {"step": "8", "loss": 1.0},
        {"step": -1, "loss": 1.0},
        {"step": True, "loss": 1.0},
        {"loss": 1.0},
        {"step": 10, "loss": float("nan"), "eval_loss": float("inf")},
        [],
        None,
    ]

    facts = read(trainer_state__json=json.dumps({"log_history": log}))

    assert (
        LoggedStep(step=2, loss=1.5, learning_rate=0.1),
        LoggedStep(step=4, epoch=1, loss=1.25, metrics={"eval_accuracy": 0.5}),
    ) == facts.history
    assert "trainer_state.json: loss is not a finite number in 1 entries" in facts.warnings


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("[]", True),
        ("{", True),
        ('{"epoch": "1"}', True),
        ('{"log_history": 5}', False),
        ('{"log_history": {"a": 1}}', False),
    ],
)
def test_states_of_other_shapes(read, text, warned):
    """They give no history, and what is broken is named."""
    facts = read(trainer_state__json=text)

    assert ((), None) == (facts.history, facts.epochs)
    assert warned == any(warning.startswith("trainer_state.json") for warning in facts.warnings)


def test_endless_logs(read):
    """The last hundred thousand steps are kept."""
    log = [{"step": step, "loss": 1.0} for step in range(100_005)]

    facts = read(trainer_state__json=json.dumps({"log_history": log}))

    assert (100_000, 5) == (len(facts.history), facts.history[0].step)
    assert any("the last 100,000 are kept" in text for text in facts.warnings)


def test_warnings_end_somewhere(read):
    """A file with a million faults gives a hundred warnings."""
    log = [{"step": step, f"eval_{step}": float("nan")} for step in range(1_000)]

    assert 100 == len(read(trainer_state__json=json.dumps({"log_history": log})).warnings)


HEADER = "timestamp,run_id,emissions,country_name,codecarbon_version,cpu_model,gpu_model\n"


def test_emissions(read):
    """The last row counts, in grams, with the tracker, the country and the hardware."""
    rows = (
        "2026-01-01,a,0.001,France,3.3.2,AMD EPYC,1 x NVIDIA A100\n"
        "2026-01-02,a,0.0025,France,3.3.2,AMD EPYC,1 x NVIDIA A100\n"
    )

    facts = read(emissions__csv=HEADER + rows)

    expected = 2.5, "codecarbon 3.3.2", "France", "1 x NVIDIA A100"
    assert expected == (
        facts.emissions,
        facts.emissions_source,
        facts.emissions_country,
        facts.hardware,
    )
    assert "emissions.csv: gpu_model" == facts.sources["hardware"]


def test_emissions_without_a_graphics_card(read):
    """The processor is what was used then; odd texts are left out."""
    facts = read(emissions__csv=HEADER + "2026-01-01,a,0.001,<b>,$(x),AMD EPYC,\n")

    assert (1.0, None, None, "AMD EPYC") == (
        facts.emissions,
        facts.emissions_source,
        facts.emissions_country,
        facts.hardware,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEADER,
        HEADER + "2026-01-01,a,0.001\n",
        HEADER + "2026-01-01,a,nan,,,,\n",
        HEADER + "2026-01-01,a,-1,,,,\n",
        HEADER + "2026-01-01,a,much,,,,\n",
        HEADER + "2026-01-01,a,,,,,\n",
        b"\xff\xfe",
        "a\0b\nc\0d\n",
        '"' + "x" * 200_000,
        "x" * 2_000_000,
    ],
)
def test_emissions_that_cant_be_read(read, text):
    """They are a warning that names the file."""
    facts = read(emissions__csv=text)

    assert facts.emissions is None
    assert any(warning.startswith("emissions.csv ") for warning in facts.warnings)


def test_versions_of_a_card(real_adapter):
    """The list that the Trainer wrote into its card is evidence; PEFT's own config comes first."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    (folder / "README.transformers.md").rename(folder / "README.md")

    facts = read_adapter(folder)

    assert {
        "PEFT": "0.21.2",
        "Transformers": "5.23.0",
        "PyTorch": "2.13.0+cpu",
        "Datasets": "5.2.0",
        "Tokenizers": "0.23.3",
    } == facts.framework_versions
    assert "adapter_config.json: peft_version" == facts.sources["framework_versions.PEFT"]
    assert "README.md: Framework versions" == facts.sources["framework_versions.PyTorch"]


def test_versions_of_stamps(read):
    """A config that transformers wrote into the folder is stamped with its version."""
    facts = read(
        generation_config__json='{"transformers_version": "5.23.0"}',
        README__md="## Framework versions\n- Transformers 4.0.0\n- TRL: 1.16.0\n- Foo 1.0\n- PEFT latest\n"
        "# Other\n- Datasets 5.2.0\n",
    )

    assert {"Transformers": "5.23.0", "TRL": "1.16.0"} == facts.framework_versions
    assert "generation_config.json: transformers_version" == facts.sources["framework_versions.Transformers"]


@pytest.mark.parametrize("version", ["", "latest", "1.0\n", 5, None, "1" * 100])
def test_stamps_that_are_no_versions(read, version):
    """They are no facts."""
    assert {} == read(config__json=json.dumps({"transformers_version": version})).framework_versions


def test_the_tokenizer_of_a_real_run(real_adapter):
    """It has one, without a template for chats."""
    facts = read_adapter(real_adapter("lora-trainer-run-causal-lm"))

    assert (True, False, "tokenizer.json") == (
        facts.has_tokenizer,
        facts.has_chat_template,
        facts.sources["has_tokenizer"],
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, (False, False)),
        ({"tokenizer_config__json": '{"chat_template": "{{ x }}"}'}, (False, False)),
        ({"tokenizer__model": "x", "tokenizer_config__json": '{"chat_template": "{{ x }}"}'}, (True, True)),
        ({"tokenizer__json": "{}", "chat_template__jinja": "{{ x }}"}, (True, True)),
        ({"tokenizer__json": "{}", "tokenizer_config__json": '{"chat_template": null}'}, (True, False)),
        ({"tokenizer__json": "{}", "tokenizer_config__json": "{"}, (True, False)),
    ],
)
def test_tokenizers(read, files, expected):
    """A tokenizer needs a vocabulary; a template may have a file of its own."""
    facts = read(**files)

    assert expected == (facts.has_tokenizer, facts.has_chat_template)
