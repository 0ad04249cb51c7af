"""What the Hub warns of beside its answers."""

from __future__ import annotations

import logging

import pytest

TOKEN = "hf_abcdefghijklmnop"


@pytest.fixture
def warned(hostile, make_transport, caplog):
    """Asks once for each value of the header; what is logged then."""

    def ask(*values):
        transport = make_transport(token=TOKEN)
        with caplog.at_level(logging.WARNING, "hubkit"):
            for value in values:
                hostile.behave = lambda request, sock, value=value: hostile.reply(
                    body=b"{}", X_HF_Warning=value
                )
                transport.get("/x")
        return [record.getMessage() for record in caplog.records]

    return ask


def test_each_topic_once(warned):
    """A topic is told when it is first heard of, and not with every answer."""
    said = ["old client; Update soon", "old client; Update soon", "quota; Nearly used up"]

    assert ["the Hub says: Update soon", "the Hub says: Nearly used up"] == warned(*said)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("no topic", "no topic"),
        (f"t; your token {TOKEN} is old", "your token *** is old"),
        ("t; a\x1b[31mb", "ab"),
        ("t; a; b", "a; b"),
    ],
)
def test_shown_safely(warned, value, shown):
    """It is text from outside: on one line, without secrets or controls."""
    assert [f"the Hub says: {shown}"] == warned(value)


def test_topics_without_end(warned):
    """Whoever answers can't fill the log."""
    assert 20 == len(warned(*(f"topic {number}; x" for number in range(50))))
