"""Adapter files of any content: facts and warnings, never an exception, nothing run."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards import AdapterFacts, read_adapter
from hubkit.cards._reading._files import UnreadableError
from hubkit.cards._reading._inert_pickle import Instance, read_pickle
from hubkit.cards._reading._safetensors import read_header

TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "",
        "LORA",
        "../x",
        "/home/ann/x",
        "org/name",
        "models--a--b",
        "hf_" + "a" * 30,
        "\x1b[31m",
        "\u202e",
        "\ud800",
    ]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 2**63, 10**400, True])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
CONFIG_KEYS = [
    *("peft_type", "task_type", "peft_version", "base_model_name_or_path", "revision", "auto_mapping", "r"),
    *("lora_alpha", "alpha", "lora_dropout", "target_modules", "modules_to_save", "target_parameters"),
    *("rank_pattern", "alpha_pattern", "layer_replication", "trainable_token_indices", "num_virtual_tokens"),
    *("use_dora", "use_rslora", "use_qalora", "loftq_config", "init_lora_weights", "alora_invocation_tokens"),
    *("scaling", "target_r", "oft_block_size"),
]
TYPES = st.sampled_from(["LORA", "ADALORA", "OFT", "LOHA", "FOURIERFT", "PROMPT_TUNING", "DEFT", "NEW"])
CONFIGS = st.dictionaries(st.sampled_from(CONFIG_KEYS) | TEXTS, JSON, max_size=12).flatmap(
    lambda config: st.just(config) | TYPES.map(lambda peft_type: {**config, "peft_type": peft_type})
)
STATE_KEYS = [
    "log_history",
    "global_step",
    "epoch",
    "best_metric",
    "best_global_step",
    "num_input_tokens_seen",
]
STEP_KEYS = [
    "step",
    "epoch",
    "loss",
    "eval_loss",
    "learning_rate",
    "grad_norm",
    "eval_accuracy",
    "eval_runtime",
]
LOGS = st.lists(st.dictionaries(st.sampled_from(STEP_KEYS), st.integers(0, 9) | JSON, max_size=6), max_size=6)
STATES = st.dictionaries(st.sampled_from(STATE_KEYS), LOGS | JSON, max_size=6)
# Every instruction of every protocol, and arguments that fit some of them.
PIECES = st.sampled_from(
    [
        *(
            b"\x80\x02",
            b"(",
            b")",
            b"]",
            b"}",
            b"N",
            b"\x88",
            b"0",
            b"1",
            b"2",
            b"a",
            b"e",
            b"s",
            b"u",
            b"t",
            b"l",
        ),
        *(
            b"d",
            b"b",
            b"R",
            b"\x81",
            b"\x85",
            b"\x86",
            b"\x87",
            b"q\x00",
            b"h\x00",
            b"\x93",
            b"\x94",
            b"Q",
            b".",
        ),
        *(
            b"K\x05",
            b"X\x01\x00\x00\x00a",
            b"cos\nsystem\n",
            b"ios\nsystem\n",
            b"(S'x'\no",
            b"\x92",
            b"\x8f",
            b"\x90",
        ),
        *(b"\x91", b"J\xff\xff\xff\xff", b"G\x7f\xf8\x00\x00\x00\x00\x00\x00", b"Px\n", b"\x82\x01", b"\x95"),
    ]
) | st.binary(max_size=3)
PICKLES = st.lists(PIECES, max_size=40).map(b"".join) | st.binary(max_size=60)


def as_zip(raw):
    """A pickle as torch writes one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("training_args/data.pkl", raw)
    return file.getvalue()


def read(**files):
    """Read a folder with the given files in it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            raw = (
                content
                if isinstance(content, bytes)
                else json.dumps(content).encode("utf-8", "surrogatepass")
            )
            Path(folder, name.replace("__", ".")).write_bytes(raw)
        return read_adapter(folder)


def is_sound(facts):
    """Whether the facts are such as any file may give."""
    printed = "".join(facts.warnings)
    return (
        isinstance(facts, AdapterFacts)
        and facts == pickle.loads(pickle.dumps(facts))
        and facts.base_model != ""
        and not (facts.base_model or "x").startswith((".", "/", "~"))
        and not any(
            ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 or letter == "\u202e" for letter in printed
        )
        and "hf_aaaa" not in printed
        and "/home/ann" not in printed
    )


@given(CONFIGS)
def test_configs(config) -> None:
    """Whatever the config holds, facts come of it, each with a source, and warnings that may be printed."""
    facts = read(adapter_config__json=config)

    assert is_sound(facts)
    assert all(
        source.startswith(("adapter_config.json: ", "base_model: ")) for source in facts.sources.values()
    )


@given(st.binary(max_size=200))
def test_configs_of_any_bytes(raw) -> None:
    """Nor do bytes that are no JSON raise anything."""
    assert is_sound(read(adapter_config__json=raw))


@given(STATES)
def test_states(state) -> None:
    """Whatever the Trainer's log holds, the history is in order, each step once."""
    facts = read(trainer_state__json=state)
    steps = [step.step for step in facts.history]

    assert is_sound(facts)
    assert sorted(set(steps)) == steps


@given(st.dictionaries(TEXTS | st.sampled_from(["eval_loss", "train_loss"]), JSON, max_size=5))
def test_results(results) -> None:
    """Metrics are numbers, whatever a results file holds."""
    facts = read(all_results__json=results)

    assert is_sound(facts)
    assert all(type(value) in (int, float) for value in facts.metrics.values())


@given(st.binary(max_size=200), st.binary(max_size=200), st.text(max_size=200))
def test_files_of_any_bytes(first, second, text) -> None:
    """Cards, tables of emissions and tokenizers may be anything."""
    prefix = b"emissions,country_name\n"
    facts = read(
        README__md=first, emissions__csv=prefix + second, tokenizer__json=b"", tokenizer_config__json=text
    )

    assert is_sound(facts)


@given(PICKLES)
def test_pickles(raw) -> None:
    """Whatever the instructions, the result is a description, or the file is unreadable."""
    try:
        value = read_pickle(raw)
    except UnreadableError:
        return

    assert not callable(value)


@given(PICKLES, st.integers(0, 200), st.binary(max_size=4))
def test_training_arguments(raw, position, change) -> None:
    """Nor does a file with such instructions, damaged anywhere, raise anything."""
    file = as_zip(b"\x80\x02" + raw)
    file = file[:position] + change + file[position + len(change) :]

    assert is_sound(read(training_args__bin=file))


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), JSON, max_size=5), st.integers(0, 5)
)
def test_plain_values_are_understood(values, protocol) -> None:
    """What pickle writes of plain data is described as it was, but for numbers and texts in other forms."""
    raw = pickle.dumps(values, protocol=protocol)

    described = read_pickle(raw)

    assert repr(values) == repr(described)


@given(st.integers(0, 5))
def test_objects_are_described(protocol) -> None:
    """A class is a name, whatever the protocol that names it, or the instruction is refused."""
    raw = pickle.dumps(Path("x"), protocol=protocol)

    described = read_pickle(raw)

    assert isinstance(described, Instance)
    assert described.made_by.startswith(("pathlib", "copy_reg", "copyreg"))


HEADERS = st.dictionaries(
    TEXTS | st.just("__metadata__"),
    JSON
    | st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F32", "BF16", "NEW"]) | JSON,
            "shape": st.lists(st.integers(-1, 4), max_size=3) | JSON,
            "data_offsets": st.lists(st.integers(-1, 64), min_size=2, max_size=2) | JSON,
        }
    ),
    max_size=4,
)


@given(HEADERS, st.integers(0, 70), st.integers(-3, 3))
def test_headers_of_weights(header, size, off_by) -> None:
    """Whatever the header, there are tensors that fit the file, or it is unreadable."""
    raw = json.dumps(header).encode("utf-8", "surrogatepass")
    file = struct.pack("<Q", max(0, len(raw) + off_by)) + raw + bytes(size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.safetensors")
        path.write_bytes(file)
        try:
            tensors = read_header(path)
        except UnreadableError:
            return

    assert sum(end - begin for begin, end in (tensor.span for tensor in tensors)) <= size


@given(st.binary(max_size=100))
def test_weights_of_any_bytes(raw) -> None:
    """Weight files may be anything."""
    assert is_sound(read(adapter_model__safetensors=raw))
