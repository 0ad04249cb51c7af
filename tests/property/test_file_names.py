"""Names of files: whatever passes is a file of that very name, inside its folder."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from hubkit._transfers._names import NameRules, find_unholdable

NAMES = st.one_of(
    st.text(min_size=1, max_size=300),
    st.text("aAb./\\:~ \n\0%\u00e9e\u0301\ud800", min_size=1, max_size=8),
    st.lists(st.sampled_from(["a", "A", "..", ".", "b.c", "CON"]), min_size=1, max_size=3).map("/".join),
)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_names_that_pass_can_be_kept(names) -> None:
    """Written one after the other, none replaces or hides another, and none lies elsewhere."""
    with TemporaryDirectory() as text:
        folder = Path(text).resolve()
        if find_unholdable(names, folder, NameRules.of(folder)) is not None:
            return
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(name.encode())
        kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

        assert set(names) == kept
        assert all((folder / name).resolve().is_relative_to(folder) for name in names)
        assert all(name.encode() == (folder / name).read_bytes() for name in names)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_windows_takes_what_passes_for_the_same_name(names) -> None:
    """By its own rules such a name is relative, stays as it is, and is no device."""
    rules = NameRules(windows=True, folds_case=True, longest_path=None)
    if find_unholdable(names, Path("x"), rules) is None:
        parts = [part for name in names for part in name.split("/")]

        assert not any(part.endswith((" ", ".")) or ":" in part or "\\" in part for part in parts)
        assert not any(part.split(".")[0].strip().upper() in ("CON", "NUL", "COM1") for part in parts)
        assert len(names) == len({name.lower() for name in names})
