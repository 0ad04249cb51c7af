"""Files of an adapter that are small, and large or deep when they are understood."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile

import pytest

pytestmark = pytest.mark.threat("bombs")

ALIASES = "l0: &l0 x\n" + "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 60))


def zipped(*parts):
    """A file as torch writes one, of so many megabytes of nothing behind each beginning."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, start, megabytes in parts:
            with archive.open(name, "w") as part:
                part.write(start)
                for _ in range(megabytes):
                    part.write(bytes(1 << 20))
    return file.getvalue()


BOMBS = {
    "aliases": ("README.md", f"---\n{ALIASES}\n---\n\n- PEFT 0.10.0\n".encode()),
    "deep yaml": ("README.md", b"---\na: " + b"[" * 150_000 + b"\n---\n"),
    "tags of python": ("README.md", b"---\na: !!python/object/apply:os.system ['touch owned']\n---\n"),
    "deep config": ("adapter_config.json", b'{"peft_type":' + b"[" * 3_000_000),
    "long config": ("adapter_config.json", b'{"peft_type": "' + b"x" * 30_000_000 + b'"}'),
    "deep state": ("trainer_state.json", b'{"log_history":' + b'{"a":' * 2_000_000),
    "header that claims all": ("adapter_model.safetensors", struct.pack("<Q", 2**63) + b"{}"),
    "deep header": ("adapter_model.safetensors", struct.pack("<Q", 5_000_000) + b"[" * 5_000_000),
    "shape without end": (
        "adapter_model.safetensors",
        (lambda head: struct.pack("<Q", len(head)) + head)(
            json.dumps({"a": {"dtype": "F32", "shape": [10**18] * 5_000, "data_offsets": [0, 0]}}).encode()
        ),
    ),
    "zip": ("training_args.bin", zipped(("a/data.pkl", b"\x80\x02", 900))),
    "pickle that repeats": (
        "training_args.bin",
        zipped(("a/data.pkl", b"\x80\x02]q\x00" + b"(h\x00" * 200_000 + b".", 0)),
    ),
    "pickle that runs": (
        "training_args.bin",
        zipped(("a/data.pkl", b"\x80\x02cos\nsystem\n(S'touch owned'\ntR.", 0)),
    ),
    "emissions": ("emissions.csv", b"emissions,country_name\n" + b"1," * 10_000_000),
}

READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from hubkit import HubkitError
from hubkit.cards import merge_front_matter, read_adapter, render_card, validate_card
facts = read_adapter(sys.argv[1])
card = render_card(facts, repo_id="org/name")
try:
    readme = open(sys.argv[1] + "/README.md", newline="").read()
except FileNotFoundError:
    readme = card
print(len(repr(facts)), len(card), len(validate_card(readme)), len(merge_front_matter(readme, card).text))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(int(peak.split()[1]) // 1024, resource.getrusage(resource.RUSAGE_SELF).ru_utime)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs(tmp_path, bomb):
    """In a process with 1 GiB the folder is read, and its card made and checked, within 256 MiB; nothing runs."""
    name, content = BOMBS[bomb]
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 8}')
    (folder / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)], capture_output=True, text=True, timeout=100, cwd=tmp_path
    )

    assert 0 == done.returncode, done.stderr[-600:]
    megabytes, seconds = map(float, done.stdout.split()[-2:])
    assert megabytes < 256
    assert seconds < 10
    assert not (tmp_path / "owned").exists()
