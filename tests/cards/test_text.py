"""Text is cleaned and scrubbed, and then stays as it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubkit.cards._markdown import code, fence, md
from hubkit.cards._text import clean, one_line, scrub


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\x1b[1;31mb\x1b[0m", "ab"),
        ("a\x9b31mb", "ab"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b", "ab"),
        ("a\x1b(Bb\x1bc", "ab"),
        ("a\x00\x08\x7f\x90b", "ab"),
        ("a\u202eb\u2066c\u200fd\ufeff", "abcd"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("\ud800a\uffff", "a"),
        ("tab\tstays é 🦊", "tab\tstays é 🦊"),
    ],
)
def test_controls_are_removed(raw, expected):
    """Terminal sequences go whole, line ends become one kind, the rest stays."""
    assert expected == clean(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("/home/ann/x y", "(local path) y"),
        ("/home/ann", "(local path)"),
        ("/Users/ann/My", "(local path)"),
        ("/root/x", "(local path)"),
        ("/root", "(local path)"),
        ("file:///home/ann/x", "(local path)"),
        ("A=/usr:/home/ann/x", "A=/usr:(local path)"),
        ("../../home/ann/x", "..(local path)"),
        ("/mnt/c/Users/ann/x", "(local path)"),
        (r"C:\Users\Ann Lee\x\y z", "(local path) z"),
        ("c:/users/ann/x", "(local path)"),
        ("'/home/ann/x'", "'(local path)'"),
        ("hf_" + "a1" * 10, "(secret removed)"),
        ("x=hf_" + "a" * 34 + ";", "x=(secret removed);"),
        ("hf\x00_" + "a" * 34, "(secret removed)"),
        ("https://example.org/home/page", "https://example.org/home/page"),
        ("org/home/page", "org/home/page"),
        ("/homeless/x", "/homeless/x"),
        ("/data/foxes", "(local path)"),
        ("from /mnt/nvme0/ann/x, then", "from (local path) then"),
        ("--config=/fsx/a/ds.json", "--config=(local path)"),
        ("/scratch2/p/x and (/gpfs/work/x)", "(local path) and ((local path)"),
        ("login1:/lustre/p/x", "login1:(local path)"),
        ("/Volumes/Ann/x", "(local path)"),
        ("file:///opt/x", "(local path)"),
        (r"D:\runs\x", "(local path)"),
        (r"D:\\runs\\x", "(local path)"),
        ("E:/my runs/x", "(local path)"),
        ("/data", "/data"),
        ("/datasets/org/foxes", "/datasets/org/foxes"),
        ("/database/x", "/database/x"),
        ("https://x.org/data/y:/z", "https://x.org/data/y:/z"),
        ("[a](/data/x.png)", "[a](/data/x.png)"),
        ('<img src="/media/x.png">', '<img src="/media/x.png">'),
        ("GET /data/items", "GET /data/items"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("a/work/b, 1/2, and/or, ./data/x, <repo>/data/x", "a/work/b, 1/2, and/or, ./data/x, <repo>/data/x"),
        (r"Q:\nfoo\nA:\nbar\n", r"Q:\nfoo\nA:\nbar\n"),
        ("x = c:d", "x = c:d"),
        ("hf_short", "hf_short"),
    ],
)
def test_paths_and_tokens_are_scrubbed(raw, expected):
    """Paths of people and disks and tokens go, even cut by a control character; addresses stay."""
    assert expected == scrub(raw)


@given(text=st.text())
def test_scrubbing_is_final(text):
    """Scrubbed text has nothing left to scrub, and every line is one line."""
    assert scrub(text) == scrub(scrub(text))
    assert len(one_line(text).splitlines()) <= 1


@given(text=st.text("`a \n"))
def test_code_cannot_be_left(text):
    """A span's and a block's own backticks never close it."""
    runs = {len(run) for run in "".join(c if c == "`" else " " for c in text).split()}
    span, block = code(text), fence(text, "json")

    assert not text.strip() or len(span) - len(span.lstrip("`")) not in runs
    assert len(block) - len(block.lstrip("`")) > max(runs, default=2)


@pytest.mark.parametrize("text", ["eval_loss", "org/name-7b", "https://a.example/x?y=1&z=2", "50 %", "C#"])
def test_harmless_text_stays_readable(text):
    """What means nothing in Markdown is not escaped."""
    assert text == md(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit",
    [
        "/-",
        "/a",
        "\x1b[",
        "\x1b]",
        "&a",
        "file:",
        "C:/Users/",
        "`",
        "hf_",
        "_",
        "\n",
        "/data/",
        "D:\\",
        "file://",
        "d:",
    ],
)
def test_long_text_takes_no_longer_than_it_should(unit):
    """No expression needs more than linear time, whatever is repeated."""
    assert scrub(unit * 200_000) is not None
    assert md(unit * 200_000) is not None


@pytest.mark.parametrize(
    "start",
    [
        "sk-",
        "sk-a-",
        "hf_oauth_",
        "xoxb-",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "/home/",
        "C:\\Users\\",
        "/data/",
        "D:\\x",
    ],
)
def test_scrubbing_takes_no_longer_than_reading(start):
    """Beginnings of secrets without an end, a hundred thousand of them, are no burden."""
    begun = time.process_time()
    scrub(start * 100_000)

    assert time.process_time() - begun < 5
