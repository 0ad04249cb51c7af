"""Facts of training_args.bin, the Trainer's arguments: read without torch, and nothing in it is run.

`torch.save` writes a zip file with a pickle in it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hubkit.cards._reading._facts import Findings
from hubkit.cards._reading._files import UnreadableError, read_head
from hubkit.cards._reading._inert_pickle import Instance, read_pickle
from hubkit.cards._reading._trainer_arguments import changed_from_defaults, plain_hyperparameters

__all__ = ["find_in_training_args"]

_FILE = "training_args.bin"
# One of a real run has 5 to 10 KB, most of it names of arguments.
_FILE_LIMIT = 1024 * 1024
_PICKLE_LIMIT = 256 * 1024
_MAX_COUNT = 2**31


def find_in_training_args(folder: Path, found: Findings) -> Mapping[str, Any]:
    """Gather the hyperparameters of a run.

    Args:
        folder: The adapter's folder.
        found: Takes the facts and the warnings.

    Returns:
        The quantization that they ask for, as attributes; empty when they ask for none.
    """
    try:
        arguments = _read(folder / _FILE)
    except FileNotFoundError:
        return {}
    except UnreadableError as error:
        found.warn(f"{_FILE} {error}: the hyperparameters are unknown")
        return {}
    name = arguments.made_by.rpartition(".")[2]
    if re.fullmatch(r"\w{1,100}", name, re.ASCII):
        found.add("training_class", name, f"{_FILE}: class")
    hyperparameters = plain_hyperparameters(arguments.state)
    found.add("hyperparameters", hyperparameters, f"{_FILE}: {name}")
    found.add("changed_hyperparameters", changed_from_defaults(hyperparameters), f"{_FILE}: {name}")
    _find_batch(arguments.state, found)
    best = hyperparameters.get("metric_for_best_model")
    if isinstance(best, str) and "best_metric" in found.values:
        found.add("best_metric_name", best, f"{_FILE}: metric_for_best_model")
    return _quantization(arguments.state)


def _read(path: Path) -> Instance:
    raw, size = read_head(path, _FILE_LIMIT)
    if size > _FILE_LIMIT:
        raise UnreadableError(f"has {size:,} bytes; at most {_FILE_LIMIT:,} are read")
    value = read_pickle(_unpacked(raw))
    if not isinstance(value, Instance) or not value.state:
        raise UnreadableError("holds no arguments of the Trainer")
    return value


def _unpacked(raw: bytes) -> bytes:
    """The pickle in the zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
            names = [info for info in infos if re.fullmatch(r"[^/]+/data\.pkl", info.filename)]
            # Not compressed by torch; what unpacks to more than it is needn't be trusted with time.
            if len(names) != 1 or names[0].compress_type != zipfile.ZIP_STORED:
                raise UnreadableError("is no file of torch.save")
            if names[0].file_size > _PICKLE_LIMIT:
                raise UnreadableError(
                    f"has a pickle of {names[0].file_size:,} bytes; at most {_PICKLE_LIMIT:,} are read"
                )
            with archive.open(names[0]) as file:
                return file.read(_PICKLE_LIMIT)
    except zipfile.BadZipFile as error:
        # Before version 1.6, of 2020, torch wrote bare pickles.
        raise UnreadableError("is damaged, or no zip file as torch writes them") from error
    except (ValueError, RuntimeError, OSError, EOFError, IndexError) as error:
        # An entry that is encrypted, of a future version, or said to lie where nothing is.
        raise UnreadableError("is damaged") from error


def _find_batch(state: Mapping[str, Any], found: Findings) -> None:
    """The batch of all devices, when the arguments say how many there were."""
    place = state.get("distributed_state")
    processes = place.state.get("num_processes") if isinstance(place, Instance) else None
    # Other kinds of parallel work share one batch; and the Trainer may have halved it.
    if state.get("parallelism_config") is not None or state.get("auto_find_batch_size") is not False:
        return
    factors = (
        state.get("per_device_train_batch_size"),
        state.get("gradient_accumulation_steps"),
        processes,
        state.get("_n_gpu") or 1,
    )
    total = 1
    for factor in factors:
        if type(factor) is not int or not 0 < factor < _MAX_COUNT:
            return
        total *= factor
    keys = "per_device_train_batch_size, gradient_accumulation_steps, distributed_state.num_processes, _n_gpu"
    found.add("total_batch_size", total, f"{_FILE}: {keys}")


def _quantization(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """TRL loads the model itself and keeps what it asked for."""
    asked = state.get("model_init_kwargs")
    given = asked.get("quantization_config") if isinstance(asked, dict) else None
    if isinstance(given, Instance):
        return dict(_worded(given.state))
    return given if isinstance(given, dict) else {}


def _worded(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Attributes, with the text of enumerations in their place."""
    for key, value in state.items():
        match value:
            case Instance(arguments=(str(text),)):
                yield key, text
            case _:
                yield key, value
