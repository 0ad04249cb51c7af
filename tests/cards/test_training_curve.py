"""The picture of a run: the same bytes for the same losses, and never a reason to fail."""

import struct
import subprocess
import sys

import matplotlib as mpl
import pytest

from hubkit.cards import LoggedStep, draw_curve, is_our_curve

RUN = tuple(
    LoggedStep(step=step, loss=4 / step, eval_loss=5 / step if step % 3 == 0 else None)
    for step in range(1, 9)
)


def test_picture_is_readable():
    """A PNG as wide as a page of the Hub on a dense display, known for ours."""
    png = draw_curve(RUN)
    width, height = struct.unpack(">II", png[16:24])

    assert (b"\x89PNG\r\n\x1a\n", 1080, 510) == (png[:8], width, height)
    assert is_our_curve(png)


def test_same_losses_same_bytes():
    """Neither time nor what somebody has set for figures of their own is in it."""
    before = draw_curve(RUN)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 40}):
        after = draw_curve(RUN)

    assert before == after
    assert b"tIME" not in before
    assert b"Software" not in before


def test_settings_of_the_process_are_left_alone():
    """Drawing changes no figure of anybody else's."""
    before = dict(mpl.rcParams)
    draw_curve(RUN)

    assert before == dict(mpl.rcParams)


@pytest.mark.parametrize(
    "history",
    [
        (),
        RUN[:2],
        (LoggedStep(step=1, loss=float("nan")),) * 5,
        tuple(LoggedStep(step=step, epoch=1.0) for step in range(9)),
    ],
)
def test_nothing_to_draw(history):
    """Two points say nothing, and neither does what is no number."""
    assert draw_curve(history) is None


@pytest.mark.parametrize("value", [1e308, -1e308, 0.0, 5e-324])
def test_losses_beyond_all_bounds(value):
    """A run that went astray is drawn as well as can be, without a warning."""
    history = [LoggedStep(step=step, loss=value if step % 2 else -value) for step in range(6)]

    assert draw_curve(history) is None or is_our_curve(draw_curve(history))


def test_without_matplotlib():
    """There is no picture, and nothing else happens."""
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from hubkit.cards import LoggedStep, draw_curve\n"
        "print(draw_curve([LoggedStep(step=n, loss=1.0) for n in range(9)]))"
    )

    assert (
        "None\n"
        == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    )


def test_other_pictures_are_not_ours():
    """Somebody's own picture of that name is never drawn over."""
    assert not is_our_curve(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    assert not is_our_curve(b"tEXtSource\x00hubkit")
