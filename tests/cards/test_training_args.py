"""What read_adapter takes from training_args.bin, and what a hostile one can't do."""

import io
import json
import os
import pickle
import struct
import time
import tracemalloc
import zipfile
from enum import Enum

import pytest

from hubkit.cards import read_adapter


class TrainingArguments:
    """What the Trainer saves: attributes, and nothing else that matters."""

    def __init__(self, **values):
        self.__dict__.update(values)


class BitsAndBytesConfig(TrainingArguments):
    """What TRL keeps of a quantized model's loading."""


class Method(str, Enum):
    """As transformers names ways of quantization."""

    BITS_AND_BYTES = "bitsandbytes"


def torch_file(raw, name="training_args/data.pkl", compression=zipfile.ZIP_STORED):
    """The bytes around a pickle, as torch writes them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(name, raw)
        archive.writestr("training_args/version", "3\n")
    return file.getvalue()


@pytest.fixture
def read(write_adapter):
    """Read an adapter with the given training_args.bin beside it."""

    def read(raw):
        folder = write_adapter({"peft_type": "LORA"}, {"a.lora_A.weight": [2, 4]})
        (folder / "training_args.bin").write_bytes(raw)
        return read_adapter(folder)

    return read


def read_arguments(read, **values):
    """Facts of arguments that were pickled as torch does."""
    return read(torch_file(pickle.dumps(TrainingArguments(**values), protocol=2)))


def test_hyperparameters_of_a_real_run(real_adapter):
    """The file of a run gives what that run's own card says."""
    folder = real_adapter("lora-trainer-run-causal-lm")
    card = (folder / "README.transformers.md").read_text()

    facts = read_adapter(folder)

    given = facts.hyperparameters
    betas = f"betas=({given['adam_beta1']},{given['adam_beta2']}) and epsilon={given['adam_epsilon']:.0e}"
    expected = [
        f"- learning_rate: {given['learning_rate']}",
        f"- train_batch_size: {given['per_device_train_batch_size']}",
        f"- eval_batch_size: {given['per_device_eval_batch_size']}",
        f"- seed: {given['seed']}",
        f"- gradient_accumulation_steps: {given['gradient_accumulation_steps']}",
        f"- total_train_batch_size: {facts.total_batch_size}",
        f"- optimizer: Use OptimizerNames.{given['optim'].upper()} with {betas}",
        f"- lr_scheduler_type: {given['lr_scheduler_type']}",
        f"- lr_scheduler_warmup_steps: {given['warmup_steps']}",
        f"- num_epochs: {given['num_train_epochs']}",
    ]
    assert [] == [line for line in expected if line not in card]


def test_what_somebody_chose_in_a_real_run(real_adapter):
    """What differs from the Trainer's defaults is named, the rest is not."""
    facts = read_adapter(real_adapter("lora-trainer-run-causal-lm"))

    expected = (
        *("eval_steps", "eval_strategy", "gradient_accumulation_steps", "learning_rate", "lr_scheduler_type"),
        *("per_device_eval_batch_size", "per_device_train_batch_size", "warmup_steps", "weight_decay"),
    )
    assert expected == facts.changed_hyperparameters
    assert "TrainingArguments" == facts.training_class


def test_hyperparameters_are_json(real_adapter):
    """Plain data all through: JSON gives it back as it is."""
    facts = read_adapter(real_adapter("lora-trainer-run-causal-lm"))

    assert json.loads(json.dumps(facts.hyperparameters, allow_nan=False)) == facts.hyperparameters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hub_token", "anything"),
        ("my_api_key", "anything"),
        ("wandb_password", "anything"),
        ("notes", "hf_" + "a" * 30),
        ("notes", "http://me:pw@host/x"),
        ("notes", {"token": "anything"}),
        ("output_dir", "runs/x"),
        ("logging_dir", "runs/Nov25_ann-laptop"),
        ("resume_from_checkpoint", "x"),
        ("notes", "/home/ann/x"),
        ("notes", "C:\\Users\\ann"),
        ("notes", "~/x"),
        ("deepspeed", "configs/zero3.json"),
        ("notes", "configs/zero3.json"),
        ("notes", ["../x"]),
        ("run_name", "ann-laptop"),
        ("notes", None),
        ("notes", float("nan")),
        ("notes", 10**400),
        ("notes", "a\x1b[31m"),
        ("notes", "x" * 100_000),
        ("notes", b"bytes"),
        ("notes", [[[[["deep"]]]]]),
        ("notes\n---", 1),
    ],
)
def test_what_is_left_out(read, name, value):
    """Secrets, places, what is unset, and what has no plain form don't get through."""
    facts = read_arguments(read, learning_rate=0.5, **{name: value})

    assert {"learning_rate": 0.5} == facts.hyperparameters


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Method.BITS_AND_BYTES, "bitsandbytes"),
        ((1, "a"), [1, "a"]),
        ({"b": 1, "a": True}, {"a": True, "b": 1}),
    ],
)
def test_what_becomes_plain(read, value, expected):
    """Members of enumerations become their text, tuples lists."""
    facts = read_arguments(read, setting=value, eos_token="</s>")

    assert {"setting": expected, "eos_token": "</s>"} == facts.hyperparameters


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # As torch.bfloat16 is pickled.
        (b"ctorch\nbfloat16\n", "bfloat16"),
        (b"cos\nsystem\n", None),
        # As Python 3.11 writes members of enumerations.
        (b"cbuiltins\ngetattr\nctrl.config\nLossType\nX\x03\x00\x00\x00DPO\x86R", "dpo"),
        # Built with arguments by name, of a file's own numbers, and cleared away again.
        (b"ca\nB\n)}\x92", None),
        (b"P7\n", None),
        (b"K\x07Q", None),
        (b"K\x05(K\x06K\x071", 5),
    ],
)
def test_values_that_are_rare(read, raw, expected):
    """Types of numbers and members have their names, objects none, and nothing behind them is lost."""
    setting = b"X\x07\x00\x00\x00setting" + raw
    rate = b"X\x0d\x00\x00\x00learning_rateK\x02"
    facts = read(torch_file(b"\x80\x04ca\nArguments\n)\x81}(" + setting + rate + b"ub."))

    assert {"learning_rate": 2} | ({} if expected is None else {"setting": expected}) == facts.hyperparameters


def test_attributes_of_something_plain(read):
    """What can have none gets none; in two halves they are the first."""
    halves = b"}X\x0d\x00\x00\x00learning_rateK\x02s}\x86"
    facts = read(torch_file(b"\x80\x04ca\nArguments\n)\x81" + halves + b"b."))

    assert {"learning_rate": 2} == facts.hyperparameters
    assert {} == read(torch_file(b"\x80\x04]}b.")).hyperparameters


def test_name_of_the_best_metric(read, write_adapter):
    """The state of a run has the number alone; its arguments say of what."""
    raw = torch_file(pickle.dumps(TrainingArguments(metric_for_best_model="eval_f1"), protocol=2))
    folder = write_adapter({"peft_type": "LORA"}, {"a.lora_A.weight": [2, 4]})
    (folder / "training_args.bin").write_bytes(raw)
    nameless = read_adapter(folder)
    (folder / "trainer_state.json").write_text(json.dumps({"best_metric": 0.5, "best_global_step": 3}))
    facts = read_adapter(folder)

    assert (None, "eval_f1", 0.5) == (nameless.best_metric_name, facts.best_metric_name, facts.best_metric)
    assert "training_args.bin: metric_for_best_model" == facts.sources["best_metric_name"]


@pytest.mark.parametrize("count", [0, -1, 2**31, 2.0, True, None])
def test_batch_of_a_number_that_is_none(read, count):
    """A total that can't be right is not told."""
    facts = read_arguments(
        read,
        per_device_train_batch_size=count,
        gradient_accumulation_steps=2,
        auto_find_batch_size=False,
        distributed_state=TrainingArguments(num_processes=1),
    )

    assert facts.total_batch_size is None


def test_quantization_in_the_arguments(read):
    """A model that the trainer loaded in 4 bits makes LoRA QLoRA, and the source says so."""
    asked = BitsAndBytesConfig(
        _load_in_4bit=True, bnb_4bit_quant_type="nf4", quant_method=Method.BITS_AND_BYTES
    )

    facts = read_arguments(read, model_init_kwargs={"quantization_config": asked})

    assert ("4-bit (bitsandbytes nf4)", 4, "QLoRA") == (
        facts.quantization,
        facts.quantization_bits,
        facts.method,
    )
    assert "training_args.bin: model_init_kwargs.quantization_config" == facts.sources["quantization"]


class Hostile:
    """Writes a file wherever it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.system, (f"echo run > {self.path}",))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("zipped", [True, False])
def test_hostile_pickles_do_not_run(read, tmp_path, protocol, zipped):
    """A pickle that runs a command when loaded runs nothing here; loaded by Python it does."""
    proof = tmp_path / "proof"
    raw = pickle.dumps({"learning_rate": Hostile(proof)}, protocol=protocol)

    facts = read(torch_file(raw) if zipped else raw)

    assert not proof.exists()
    assert {} == facts.hyperparameters
    assert any(text.startswith("training_args.bin ") for text in facts.warnings)
    pickle.loads(raw)
    assert proof.exists()


def test_hostile_arguments_do_not_run(read, tmp_path):
    """Nor does one that hides among the arguments; the others are read all the same."""
    facts = read_arguments(read, learning_rate=0.5, callback=Hostile(tmp_path / "proof"))

    assert not (tmp_path / "proof").exists()
    assert 0.5 == facts.hyperparameters["learning_rate"]


def bomb(steps=10_000):
    """Instructions for tuples of twice the last one."""
    return b"\x80\x02)q\x00" + b"h\x00h\x00\x86q\x00" * steps + b"."


def shared_state(steps=20_000):
    """Many objects that share one big state."""
    keys = b"".join(b"X\x04\x00\x00\x00" + b"%04x" % index + b"K\x01" for index in range(8_000))
    return b"\x80\x02}q\x00(" + keys + b"ucos\nx\nq\x01" + b"h\x01)\x81h\x00b" * steps + b"."


HOSTILE = {
    "bomb": torch_file(bomb()),
    "deep": torch_file(b"\x80\x02" + b"]" * 50_000 + b"a" * 49_999 + b"."),
    "endless": torch_file(b"\x80\x02" + b"N0" * 120_000 + b"N."),
    "shared": torch_file(shared_state()),
    "long": torch_file(b"\x80\x02\x8b" + struct.pack("<i", 200_000) + b"\x7f" * 200_000 + b"."),
    "digits": torch_file(b"I" + b"9" * 200_000 + b"\n."),
    "claims": torch_file(b"\x80\x02X\xff\xff\xff\x7fx."),
    "memo": torch_file(b"\x80\x02Nr\xff\xff\xff\x7f."),
    "empty": b"",
    "cut": torch_file(pickle.dumps(TrainingArguments(a=1), protocol=2))[:100],
    "cut pickle": torch_file(pickle.dumps(TrainingArguments(a=1), protocol=2)[:-3]),
    "no stop": torch_file(b"\x80\x02N"),
    "nothing": torch_file(b"."),
    "underflow": torch_file(b"\x80\x02a."),
    "unknown": torch_file(b"\x80\x02\xff."),
    "extension": torch_file(b"\x80\x02\x82\x01."),
    "two": torch_file(b"\x80\x02NN."),
    "item of none": torch_file(b"\x80\x02K\x01K\x02a."),
    "key without value": torch_file(b"\x80\x02}(K\x01u."),
    "name of a number": torch_file(b"\x80\x04K\x01K\x02\x93."),
    "text": torch_file(b"\x80\x02X\x02\x00\x00\x00\xff\xff."),
    "number": torch_file(b"\x80\x02K\x01."),
    "compressed": torch_file(b"\x80\x02" + b"N0" * 100_000 + b"N.", compression=zipfile.ZIP_DEFLATED),
    "elsewhere": torch_file(b"\x80\x02N.", name="../data.pkl/x"),
    "big pickle": torch_file(b"\x80\x02" + b"N0" * 200_000 + b"N."),
    "big file": b"PK" + bytes(2_000_000),
    "legacy": pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickle.dumps(1001, protocol=2),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_and_hostile_files_are_warnings(read, name):
    """Whatever the bytes, there is one warning that names the file, soon and in little memory."""
    raw = HOSTILE[name]
    tracemalloc.start()
    begun = time.perf_counter()

    facts = read(raw)

    seconds, (_, most) = time.perf_counter() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1 == sum(text.startswith("training_args.bin ") for text in facts.warnings)
    assert ({}, (), None) == (facts.hyperparameters, facts.changed_hyperparameters, facts.training_class)
    assert seconds < 10
    assert most < 100_000_000


def test_arguments_that_grow_when_written_out(read):
    """Few bytes that stand for millions of values are no more than some thousand of them."""
    shared = [[["x"] * 32] * 32] * 32
    begun = time.perf_counter()

    facts = read_arguments(read, **{f"a{index}": shared for index in range(250)})

    assert {} == facts.hyperparameters
    assert time.perf_counter() - begun < 5


def test_arguments_that_hold_themselves(read):
    """A value within itself is left out."""
    knot = []
    knot.append(knot)

    facts = read_arguments(read, learning_rate=0.5, knot=knot, bomb=(("x",) * 30,) * 30)

    assert 0.5 == facts.hyperparameters["learning_rate"]
    assert "knot" not in facts.hyperparameters
