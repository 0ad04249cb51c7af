"""``hubkit card new``, ``diff`` and ``preview``: no network, and nobody's words lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from hubkit.testing import LocalHub

Run = Callable[..., Result]

ADAPTERS = Path(__file__).parent.parent / "data" / "adapters"


@pytest.fixture
def folder(adapter: Path, tmp_path: Path) -> Path:
    """A copy of a real adapter."""
    return Path(shutil.copytree(adapter, tmp_path / "foxes"))


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A copy of a real adapter with all that its training left there."""
    return Path(shutil.copytree(ADAPTERS / "lora-trainer-run-causal-lm", tmp_path / "trained"))


def test_new_prints_the_card(hub: LocalHub, run: Run, folder: Path) -> None:
    """Nothing is written and nobody is asked; the folder's name stands in for the repository's."""
    before = sorted(folder.iterdir())
    result = run("card", "new", str(folder), "--base-model", "acme/tiny-llama", "--license", "mit")

    assert (0, 0, before) == (result.exit_code, hub.total_requests, sorted(folder.iterdir()))
    assert result.stdout.startswith("---\nlibrary_name: peft\nbase_model: acme/tiny-llama\nlicense: mit\n")
    assert "\n# foxes\n" in result.stdout


def test_card_that_is_printed_is_the_one_that_is_written(run: Run, folder: Path, tmp_path: Path) -> None:
    """Joiners, without which some languages and signs fall apart, reach a file through the shell too."""
    words = ("--description", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f4bb")
    printed = run("card", "new", str(folder), *words).stdout
    run("card", "new", str(folder), *words, "-o", str(tmp_path / "card.md"))

    assert words[1] in printed
    assert printed.rstrip("\n") == (tmp_path / "card.md").read_text("utf-8").rstrip("\n")


def test_new_says_that_the_licence_is_unknown(run: Run, folder: Path) -> None:
    """There is no default, and no silence about it."""
    result = run("card", "new", str(folder))

    assert "license" not in result.stdout.lower()
    assert "--license names it" in result.stderr


def test_every_word_reaches_the_card(run: Run, folder: Path, tmp_path: Path) -> None:
    """Each option is in the card, with results that name their dataset and a template."""
    (tmp_path / "metrics.json").write_text(
        '[{"dataset": {"type": "acme/d", "name": "D"}, "metrics": {"rouge": 0.5}}]'
    )
    (tmp_path / "training.json").write_text('{"lr": 0.001}')
    (tmp_path / "card.j2").write_text("# By template\n\n{{ description }} {{ training_config }}\n")
    result = run(
        *("card", "new", str(folder), "--repo-id", "acme/foxes", "--license", "other"),
        *("--license-name", "fox", "--license-link", "LICENSE", "--dataset", "acme/d", "--tag", "red"),
        *("--language", "en", "--pipeline-tag", "summarization", "--description", "Said."),
        *("--metrics", "metrics.json", "--training-config", "training.json", "--template", "card.j2"),
    )

    words = [
        "license_name: fox",
        "license_link: LICENSE",
        "- acme/d",
        "- red",
        "- en",
        "# By template",
        "Said.",
        "0.001",
    ]
    assert [] == [
        word for word in [*words, "pipeline_tag: summarization", "type: rouge"] if word not in result.stdout
    ]


def test_new_says_what_the_files_contradict(run: Run, adapter: Path, tmp_path: Path) -> None:
    """A result that isn't the Trainer's is shown as the author's word, and warned about."""
    (tmp_path / "metrics.json").write_text('{"eval_loss": 1.5}')
    result = run(
        "card", "new", str(adapter.parent / "lora-trainer-run-causal-lm"), "--metrics", "metrics.json"
    )

    assert "hubkit: warning: metrics: eval_loss is stated to be 1.5, and is 5.58" in result.stderr
    assert "The author states otherwise of `eval_loss`." in result.stdout


def test_new_says_which_settings_the_files_contradict(run: Run, adapter: Path, tmp_path: Path) -> None:
    """A setting that isn't the Trainer's is warned about, as a result is."""
    (tmp_path / "config.json").write_text('{"learning_rate": 0.5}')
    result = run(
        "card",
        "new",
        str(adapter.parent / "lora-trainer-run-causal-lm"),
        "--training-config",
        "config.json",
    )

    assert "hubkit: warning: training_config: learning_rate is stated to be 0.5, and is" in result.stderr


def test_new_brings_a_card_up_to_date(run: Run, folder: Path) -> None:
    """What was said last time stays said; what was changed by hand stays and is reported."""
    card = folder / "README.md"
    run("card", "new", str(folder), "--repo-id", "acme/foxes", "--license", "mit", "-o", str(card))
    card.write_text(card.read_text().replace("# foxes", "# My foxes") + "\nBy hand.\n")
    result = run("card", "new", str(folder), "--tag", "red", "-o", str(card))
    text = card.read_text()

    assert (0, f"{card}\n") == (result.exit_code, result.stdout)
    assert [True] * 4 == [word in text for word in ("license: mit", "# My foxes", "\nBy hand.\n", "- red\n")]
    assert "kept as somebody changed it: title" in result.stderr


def test_new_brings_the_curve_along(run: Run, trained: Path) -> None:
    """The picture stands beside the card that shows it, and what the files leave open is a warning."""
    card = trained / "README.md"
    result = run("card", "new", str(trained), "--license", "mit", "-o", str(card))

    assert (0, f"{card}\n") == (result.exit_code, result.stdout)
    assert "(training_curve.png)" in card.read_text()
    assert (trained / "training_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "hubkit: warning: adapter_config.json: base_model_name_or_path is" in result.stderr


def test_new_spares_front_matter_that_it_cannot_read(run: Run, folder: Path) -> None:
    """It stays as it is, and that is said; the rest of the card is written."""
    card = folder / "README.md"
    card.write_text("---\n- a list\n---\n# Mine\n")
    result = run("card", "new", str(folder), "--license", "mit", "-o", str(card))

    assert card.read_text().startswith("---\n- a list\n---\n")
    assert (0, "hubkit: warning: front matter of the README is not a mapping: nothing was added to it\n") == (
        result.exit_code,
        result.stderr,
    )


@pytest.mark.parametrize("command", ["new", "diff"])
def test_card_that_is_not_utf_8_is_left_alone(run: Run, folder: Path, command: str) -> None:
    """A card as Windows' older shells write it isn't written over with what is left of it."""
    card = folder / "README.md"
    card.write_bytes("# Füchse\n\nVon Hand.\n".encode("utf-16"))
    before = card.read_bytes()
    result = run("card", command, str(folder), *(["-o", str(card)] if command == "new" else []))

    assert (7, before) == (result.exit_code, card.read_bytes())
    assert f"{card} is not UTF-8 text" in result.stderr


def test_diff(run: Run, folder: Path) -> None:
    """Nothing and 0 when the card is as it would be made; else what would change, and 1. Nothing is written."""
    card = folder / "README.md"
    run("card", "new", str(folder), "--repo-id", "acme/foxes", "--license", "mit", "-o", str(card))
    same = run("card", "diff", str(folder))
    other = run("card", "diff", str(folder), str(card), "--tag", "red")

    assert (0, "") == (same.exit_code, same.stdout)
    assert (1, True) == (other.exit_code, "\n+- red\n" in other.stdout)
    assert "red" not in card.read_text()


def test_diff_shows_no_escapes(run: Run, folder: Path) -> None:
    """What a card holds is not obeyed by the terminal."""
    card = folder / "README.md"
    card.write_text("---\ntags: [a]\n---\n\x1b[31m# x\x07\n")
    result = run("card", "diff", str(folder))

    assert 1 == result.exit_code
    assert not {"\x1b", "\x07"} & set(result.stdout)


def test_preview_of_a_card(run: Run, folder: Path, tmp_path: Path) -> None:
    """The page needs nothing but itself: pictures beside the card are in it, others and HTML are not."""
    picture = b"\x89PNG\r\n\x1a\nnot much"
    (folder / "own.png").write_bytes(picture)
    (folder / "README.md").write_text(
        "---\nlicense: <b>mit\n---\n<!-- hidden -->\n# A <script>alert(1)</script>\n\n<div onclick=x>\n\n"
        "![own](own.png) ![far](https://example.org/x.png) ![up](../../secret.png)\n\n[bad](javascript:alert(1))\n"
    )
    result = run("card", "preview", str(folder), "-o", "page.html")
    page = (tmp_path / "page.html").read_text()

    assert (0, "page.html\n") == (result.exit_code, result.stdout)
    assert "data:image/png;base64,iVBORw0KGgpub3QgbXVjaA==" in page
    assert "license: &lt;b&gt;mit" in page
    assert [] == [
        bad for bad in ("<script", "<div", "example.org", "secret", "href", "hidden") if bad in page
    ]


def test_preview_of_a_folder_without_a_card(run: Run, folder: Path, tmp_path: Path) -> None:
    """The card that it would get is shown, without a word written into the folder."""
    before = sorted(folder.iterdir())
    run("card", "preview", str(folder), "-o", "page.html")

    assert "<h1>foxes</h1>" in (tmp_path / "page.html").read_text()
    assert before == sorted(folder.iterdir())


def test_preview_goes_to_a_place_of_its_own(run: Run, folder: Path) -> None:
    """Without a file it is somewhere temporary; no browser opens when none is wanted."""
    result = run("card", "preview", str(folder), "--no-open")
    page = Path(result.stdout.strip())

    assert page.read_text().startswith("<!DOCTYPE html>")
    shutil.rmtree(page.parent)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems open pages in other ways")
def test_preview_opens_a_browser(
    spawn: Callable[..., subprocess.Popen[bytes]], folder: Path, tmp_path: Path
) -> None:
    """Without a file and without ``--no-open`` the page is shown, as the desktop shows pages."""
    browser, told = tmp_path / "bin" / "xdg-open", tmp_path / "told"
    browser.parent.mkdir()
    browser.write_text(f'#!/bin/sh\necho "$1" > {told}\n')
    browser.chmod(0o755)
    os.mkfifo(told)
    path = f"{browser.parent}{os.pathsep}{os.environ['PATH']}"
    process = spawn(["card", "preview", str(folder)], env={**os.environ, "PATH": path})
    assert 0 == process.wait(60)
    # Waits for the browser.
    shown = told.read_text()
    out, _ = process.communicate(timeout=60)
    page = Path(out.decode().strip())

    assert str(page) in shown
    shutil.rmtree(page.parent)


def test_facts_name_their_files(run: Run, trained: Path) -> None:
    """On a pipe each fact has a line with the file and key that say so; what they leave open is a warning."""
    result = run("card", "facts", str(trained))
    facts = {name: rest for name, *rest in (line.split("\t") for line in result.stdout.splitlines())}

    assert 0 == result.exit_code
    assert ["8", "adapter_config.json: r"] == facts["r"]
    assert ["k_proj, o_proj, q_proj, v_proj", "adapter_config.json: target_modules"] == facts[
        "target_modules"
    ]
    assert "eval_results.json: eval_loss, train_results.json: train_loss" == facts["metrics"][1]
    assert not {"base_model", "history", "sources", "warnings"} & set(facts)
    assert result.stderr.startswith("hubkit: warning: adapter_config.json: base_model_name_or_path")


def test_facts_are_no_python(run: Run) -> None:
    """Values below names look as all others do."""
    result = run("card", "facts", str(ADAPTERS / "ia3-seq2seq-lm"))

    assert "\nsettings\tfeedforward_modules=wo\tadapter_config.json: feedforward_modules\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "nowhere"), "doesn't exist"),
        (("diff", "foxes", "none.md"), "none.md: No such file"),
        (("preview", "none.md"), "none.md: No such file"),
        (("new", "foxes", "-o", "no/such/place.md"), "no/such/place.md: No such file"),
        (("new", "foxes", "--template", "none.j2"), "template 'none.j2' is missing"),
    ],
)
def test_errors(run: Run, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """One line that names what is wrong."""
    result = run("card", *arguments)

    assert (True, "") == (result.exit_code in (2, 7), result.stdout)
    assert said in result.stderr


def test_sections_and_further_keys_come_from_files(run: Run, adapter: Path, tmp_path: Path) -> None:
    """Markdown stays Markdown, a section of ours is left out, and a key of the Hub's is in the front matter."""
    (tmp_path / "sections.json").write_text('{"Limits": "It **guesses**.", "Training Data": null}')
    (tmp_path / "keys.json").write_text('{"new_version": "me/better"}')
    card = run(
        "card", "new", str(adapter), "--sections", "sections.json", "--front-matter", "keys.json"
    ).stdout

    assert "new_version: me/better" in card.partition("\n---\n")[0]
    assert "It **guesses**." in card.partition("Limits")[2]
    assert "Training Data" not in card


@pytest.mark.parametrize("option", ["--sections", "--front-matter"])
def test_a_file_of_another_kind_is_named(run: Run, adapter: Path, tmp_path: Path, option: str) -> None:
    """With what it should hold."""
    (tmp_path / "list.json").write_text("[]")
    result = run("card", "new", str(adapter), option, "list.json")

    assert 2 == result.exit_code
    assert f"{option} list.json: a JSON object is needed" in result.stderr
