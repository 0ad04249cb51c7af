"""A tool's README is told from a person's."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards import is_template_readme

NAMES = [
    "dora-rslora-causal-lm", "ia3-seq2seq-lm", "lora-causal-lm", "lora-seq-cls", "lora-trainer-run-causal-lm",
    "prompt-tuning-causal-lm", "qlora-causal-lm",
]  # fmt: skip
BOTH = [("lora-causal-lm", "README.peft.md"), ("lora-trainer-run-causal-lm", "README.transformers.md")]

# As PEFT 0.5 wrote it for a quantized model, saved twice.
OLD_PEFT = """---
library_name: peft
---
## Training procedure


The following `bitsandbytes` quantization config was used during training:
- quant_method: bitsandbytes
- load_in_8bit: False
- load_in_4bit: True
- llm_int8_threshold: 6.0
- llm_int8_skip_modules: None
- bnb_4bit_quant_type: nf4
- bnb_4bit_compute_dtype: bfloat16
### Framework versions

- PEFT 0.5.0

- PEFT 0.5.0.dev0
"""

# As transformers 4.31 wrote it for a classifier.
OLD_TRAINER = """---
license: apache-2.0
base_model: bert-base-uncased
tags:
- generated_from_trainer
datasets:
- glue
metrics:
- accuracy
model-index:
- name: My Run 7
  results:
  - task:
      name: Text Classification
      type: text-classification
    dataset:
      name: glue
      type: glue
    metrics:
    - name: Accuracy
      type: accuracy
      value: 0.86
---

<!-- This model card has been generated automatically according to the information the Trainer had access to. You
should probably proofread and complete it, then remove this comment. -->

# My Run 7

This model is a fine-tuned version of [bert-base-uncased](https://huggingface.co/bert-base-uncased) on the glue dataset.
It achieves the following results on the evaluation set:
- Loss: 0.3861
- Accuracy: 0.86
- Macro avg: {'precision': 0.5, 'support': 10}

## Model description

More information needed

## Training procedure

### Training hyperparameters

The following hyperparameters were used during training:
- learning_rate: 5e-05
- train_batch_size: 8
- distributed_type: multi-GPU
- num_devices: 2
- optimizer: Adam with betas=(0.9,0.999) and epsilon=1e-08
- lr_scheduler_type: linear
- lr_scheduler_warmup_ratio: 0.1
- num_epochs: 3.0
- mixed_precision_training: Native AMP

### Training results

| Training Loss | Epoch | Step | Validation Loss | Accuracy |
|:-------------:|:-----:|:----:|:---------------:|:--------:|
| No log        | 1.0   | 10   | nan             | 0.8      |


### Framework versions

- Transformers 4.31.0.dev0
- Pytorch 2.0.1+cu118
- Datasets 2.13.1
- Tokenizers 0.13.3
"""


@pytest.mark.parametrize("name", NAMES)
def test_real_peft_readmes(tool_readme, name):
    """Every README that PEFT wrote is a tool's, whatever its line ends."""
    text = tool_readme(name)

    assert is_template_readme(text)
    assert is_template_readme("\ufeff" + text.replace("\n", "\r\n"))


def test_real_trainer_readme(tool_readme):
    """The Trainer's README is a tool's, with its numbers and its table."""
    assert is_template_readme(tool_readme(*BOTH[1]))


@pytest.mark.parametrize("text", [OLD_PEFT, OLD_TRAINER])
def test_readmes_of_older_versions(text):
    """What older versions wrote is known too."""
    assert is_template_readme(text)


def test_readmes_of_both_tools(tool_readme):
    """PEFT writes its version into the Trainer's card."""
    assert is_template_readme(OLD_TRAINER + "- PEFT 0.5.0\n")


@pytest.mark.parametrize(("name", "file"), BOTH)
def test_a_sentence_on_any_line(tool_readme, name, file):
    """One sentence of a person's makes the card theirs, wherever it stands."""
    lines = tool_readme(name, file).split("\n")
    start = lines.index("---", 1) + 1

    for place in range(start, len(lines) + 1):
        assert not is_template_readme("\n".join([*lines[:place], "Tuned on foxes.", *lines[place:]]))


@pytest.mark.parametrize(("name", "file"), BOTH)
def test_words_behind_any_line(tool_readme, name, file):
    """A line that a person continued is theirs."""
    lines = tool_readme(name, file).split("\n")

    for place in range(lines.index("---", 1) + 1, len(lines)):
        if lines[place].strip():
            changed = [*lines[:place], lines[place] + " (foxes!)", *lines[place + 1 :]]
            assert not is_template_readme("\n".join(changed))


def test_any_filled_placeholder(tool_readme):
    """One placeholder filled in makes the card a person's."""
    mark = "[More Information Needed]"
    pieces = tool_readme("lora-causal-lm").split(mark)

    for count, _ in enumerate(accumulate(pieces[:-1]), start=1):
        assert not is_template_readme(mark.join(pieces[:count]) + "Ann" + mark.join(pieces[count:]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Model Card for Model ID", "# Fox adapter"),
        ("tags:", "tags: ["),
        ("PEFT 0.21.2", "PEFT is great"),
        ("## Uses", "## Uses\n\n| 1 | 2 |"),
        ("## Uses", "## Uses\n\n- learning_rate: 0.1"),
    ],
)
def test_changes_to_a_peft_readme(tool_readme, old, new):
    """Titles, broken front matter and values that PEFT never writes are a person's."""
    text = tool_readme("lora-causal-lm")
    assert old in text

    assert not is_template_readme(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# lora-trainer-run-causal-lm", "# Fox adapter"),
        ("should probably proofread and complete it, then remove this comment. -->", "-->"),
        ("trained from scratch on", "lovingly trained on"),
        ("- seed: 42", "- seed: chosen by Ann"),
        ("- seed: 42", "- patience: 3"),
        ("| 5.7151 ", "| see text "),
    ],
)
def test_changes_to_a_trainer_readme(tool_readme, old, new):
    """Titles, settings and cells that the Trainer never writes are a person's."""
    text = tool_readme(*BOTH[1])
    assert old in text

    assert not is_template_readme(text.replace(old, new, 1))


@pytest.mark.parametrize(("name", "file"), BOTH)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("library_name: peft", "library_name: diffusers"),
        ("library_name: peft", "library_name: peft\nlicense: mit"),
        ("library_name: peft", "library_name: peft  # checked"),
        ("- lora\n", "- lora\n- foxes\n"),
        ("- lora\n", "- lora\n- 5\n"),
        ("\n---\n", "\nco2_eq_emissions: 4\n---\n"),
    ],
)
def test_front_matter_makes_no_difference(tool_readme, name, file, old, new):
    """A key, a tag or a comment of somebody's is kept without the tool's text."""
    text = tool_readme(name, file)
    assert old in text

    assert is_template_readme(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# My adapter\n",
        "---\nlicense: mit\n---\n",
        "---\nlibrary_name: peft\n---\n",
        "---\nlibrary_name: peft\ntags:\n- lora\n---\n\n# foxes\n\nA LoRA for foxes.\n",
        "## Model Details\n\n[More Information Needed]\n",
        "- PEFT 0.21.2\nis what I used",
        "---\n" + "[" * 100_000 + "\n---\n- PEFT 0.21.2",
        "---\na: &a [x]\n<<: *a\n---\n- PEFT 0.21.2",
        "x" * 3_000_000,
    ],
)
def test_other_texts(text):
    """Whatever no tool signed is a person's, an empty file too."""
    assert not is_template_readme(text)


@given(text=st.text(max_size=200))
def test_random_text_is_nobodys_template(text):
    """Text from nowhere is no template, and never raises."""
    assert not is_template_readme(text)
    assert not is_template_readme(f"---\n{text}\n---\n{text}")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line", ["- optimizer: Use x with betas=(1,1) and epsilon=1 and optimizer_args=", "| ", "- A", ""]
)
def test_long_lines_take_no_longer_than_they_should(line):
    """A card that is made to be slow is refused quickly."""
    text = OLD_TRAINER.replace("- seed", "").replace(
        "- learning_rate", line + "a=b" * 300_000 + "!\n- learning_rate"
    )

    assert not is_template_readme(text)
