"""A person's README gets the keys that it lacks, and keeps every byte."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards import MergedCard, merge_front_matter
from hubkit.cards._writing._front_matter import split_front_matter

OURS = '---\nlibrary_name: peft\nlicense: mit\ntags:\n- peft\n- "no"\n---\n\n# generated\n'


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        (
            "---\n# mine\nlicense: apache-2.0  # said\n---\nBody\n",
            '---\n# mine\nlicense: apache-2.0  # said\nlibrary_name: peft\ntags:\n- peft\n- "no"\n---\nBody\n',
        ),
        (
            "---\r\nlicense: mit\r\ntags: []\r\n---\r\nBody\r\n",
            "---\r\nlicense: mit\r\ntags: []\r\nlibrary_name: peft\r\n---\r\nBody\r\n",
        ),
        (
            "\ufeff---\nlicense:\ntags:\n---\nBody",
            "\ufeff---\nlicense:\ntags:\nlibrary_name: peft\n---\nBody",
        ),
        ("---\n  license: x\n  tags: a\n---\n", "---\n  license: x\n  tags: a\n  library_name: peft\n---\n"),
        (
            "---\ntags: |\n  text\nlicense: x\n\n---\n",
            "---\ntags: |\n  text\nlicense: x\n\nlibrary_name: peft\n---\n",
        ),
        ("---\n\n---\nx", '---\nlibrary_name: peft\nlicense: mit\ntags:\n- peft\n- "no"\n---\nx'),
        (
            "---\n# only this\n---\nx",
            '---\n# only this\nlibrary_name: peft\nlicense: mit\ntags:\n- peft\n- "no"\n---\nx',
        ),
    ],
    ids=["comments", "crlf", "null-and-mark", "indented", "blank-line", "empty", "comment-only"],
)
def test_missing_keys_are_added(readme, expected):
    """New keys come last, in the file's own style; what is there stays, nulls too."""
    merged = merge_front_matter(readme, OURS)

    assert expected == merged.text
    assert () == merged.warnings


def test_nothing_missing():
    """A README that has every key is returned as it is."""
    readme = "---\ntags: a\nlicense: b\nlibrary_name: c\n---\n"

    assert MergedCard(text=readme) == merge_front_matter(readme, OURS)


def test_merging_twice_changes_nothing():
    """The second merge finds every key."""
    once = merge_front_matter("---\nlanguage: en\n---\nx", OURS)

    assert MergedCard(text=once.text) == merge_front_matter(once.text, OURS)
    assert ("library_name", "license", "tags") == once.added


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        ("# Hi\n", "---\nlibrary_name: peft\n---\n\n# Hi\n"),
        ("# Hi\r\nx", "---\r\nlibrary_name: peft\r\n---\r\n\r\n# Hi\r\nx"),
        ("\ufeff# Hi", "\ufeff---\nlibrary_name: peft\n---\n\n# Hi"),
        ("---\nnever: closed\n", "---\nlibrary_name: peft\n---\n\n---\nnever: closed\n"),
        ("", "---\nlibrary_name: peft\n---\n\n"),
    ],
)
def test_readme_without_front_matter(readme, expected):
    """Ours goes in front, behind a byte order mark, in the file's line ends."""
    merged = merge_front_matter(readme, "---\nlibrary_name: peft\n---\n")

    assert MergedCard(text=expected, added=("library_name",)) == merged


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("license: [", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("\tlicense: mit", "not valid YAML"),
        ("- mit", "not a mapping"),
        ("just text", "not a mapping"),
        ("{license: mit}", "in braces"),
        ("tags: a\n...", "can't be extended"),
        ("a: 1\n...\n---x\nb: 1", "is not valid YAML"),
        ("[" * 100_000, "not valid YAML"),
        ("a: \x07", "not valid YAML"),
    ],
)
def test_unfit_front_matter_is_left_alone(block, reason):
    """What can't be extended safely comes back byte for byte, with the reason."""
    readme = f"---\n{block}\n---\nBody"

    merged = merge_front_matter(readme, OURS)

    assert (readme, ()) == (merged.text, merged.added)
    assert reason in merged.warnings[0]


def test_alias_bombs_are_cheap():
    """Aliases are never expanded."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40))

    merged = merge_front_matter(f"---\nl0: &l0 x\n{levels}\n---\n", "---\nlicense: mit\n---\n")

    assert ("license",) == merged.added


def test_generated_card_without_front_matter():
    """Nothing to add is nothing done."""
    assert MergedCard(text="# Hi") == merge_front_matter("# Hi", "# generated")


bodies = st.text(st.characters(codec="utf-8"), max_size=60)
blocks = st.dictionaries(
    st.sampled_from(["license", "tags", "language", "a b", "model-index"]),
    st.none()
    | st.text(max_size=10)
    | st.lists(st.integers(), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.text()),
    max_size=4,
)
newlines = st.sampled_from(["\n", "\r\n"])


@given(data=blocks, body=bodies, newline=newlines, flow=st.sampled_from([None, False]))
def test_the_body_and_the_old_keys_are_kept(data, body, newline, flow):
    """Whatever the README, its bytes stay in order, and its keys keep their values."""
    block = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True).replace("\n", newline)
    readme = f"---{newline}{block}---{newline}{body}"

    merged = merge_front_matter(readme, OURS)

    before, after = split_front_matter(readme), split_front_matter(merged.text)
    assert before.tail == after.tail
    assert after.block.startswith(before.block)
    expected = {**yaml.safe_load(OURS.split("---")[1]), **(yaml.safe_load(before.block) or {})}
    assert expected == yaml.safe_load(after.block) or merged.warnings


@given(text=bodies)
def test_any_text_keeps_its_bytes(text):
    """A README of any kind stands in the result from its first byte to its last."""
    merged = merge_front_matter(text, OURS)

    mark = "\ufeff" if text.startswith("\ufeff") else ""
    assert split_front_matter(text) or merged.text.endswith(text.removeprefix(mark))
    assert merged.text.startswith(mark)


@given(block=st.text(max_size=60), body=bodies)
def test_random_front_matter_never_raises(block, body):
    """Front matter from nowhere is extended or left alone, and never loses anything."""
    readme = f"---\n{block}\n---\n{body}"

    merged = merge_front_matter(readme, OURS)

    before = split_front_matter(readme)
    assert readme == merged.text or merged.text.startswith(before.head + before.block)
    assert merged.text.endswith(before.tail)
