"""Making a card anew keeps what people did to it."""

import time

import attrs
import pytest
import yaml
from rendered_cards import parsed, section

from hubkit.cards import AdapterFacts, UpdatedCard, render_card, update_card, words_of

FACTS = AdapterFacts(
    library_name="peft",
    peft_type="LORA",
    method="LoRA",
    method_tags=("lora",),
    task_type="CAUSAL_LM",
    base_model="org/base",
    r=8,
)
LATER = attrs.evolve(FACTS, r=16, method="DoRA", method_tags=("lora", "dora"), peft_version="2.0")


def card(facts=FACTS, **words):
    """A card as it is made today."""
    return render_card(facts, repo_id="ann/foxes", **words)


def test_untouched_card_becomes_todays():
    """Nothing of the old card is left when nobody wrote into it, and nothing of the new one is missing."""
    old = card(attrs.evolve(FACTS, papers=("2106.09685",)))

    assert UpdatedCard(text=card(LATER)) == update_card(old, card(LATER))


def test_twice_changes_nothing():
    """The second time finds its own work."""
    mine = card().replace("- peft\n", "- peft\n- mine # why\n").replace("## Usage", "## Using it")
    once = update_card(mine, card(LATER))

    assert once.text == update_card(once.text, card(LATER)).text
    assert ("tags", "usage") == once.kept


def test_text_outside_stays():
    """Words between, before and behind the sections are nobody's but their author's."""
    mine = card().replace("<!-- hubkit:begin usage", "Between.\n\n<!-- hubkit:begin usage")
    mine = (
        mine.replace("\n# foxes", "\n# foxes").replace("---\n\n<!--", "---\n\nFirst.\n\n<!--", 1)
        + "\nLast.\n"
    )

    text = update_card(mine, card(LATER)).text
    assert [True] * 4 == [word in text for word in ("First.", "Between.", "\nLast.\n", "**Rank (r):** 16")]


def test_changed_section_stays_and_is_reported():
    """A section that somebody changed is theirs; the others are brought up to date."""
    mine = card().replace("- **Method:** LoRA", "- **Method:** LoRA, with love")

    updated = update_card(mine, card(LATER))
    assert ("model-details",) == updated.kept
    assert "with love" in section(updated.text, "Model Details")
    assert "- PEFT: 2.0" in updated.text


def test_section_that_somebody_took_away_stays_away():
    """So it does the next time, and is reported where it would have come back."""
    mine = card()
    start, end = mine.index("<!-- hubkit:begin usage"), mine.index("<!-- hubkit:card")
    once = update_card(mine[:start] + mine[end:], card(LATER))
    twice = update_card(once.text, card(LATER))

    assert "## Usage" not in twice.text
    assert (("usage",), once.text) == (twice.kept, twice.text)


def test_new_section_comes_to_its_place():
    """Behind the one that it follows in a new card, hand-written text or not."""
    mine = card().replace("<!-- hubkit:begin usage", "Mine.\n\n<!-- hubkit:begin usage")
    text = update_card(mine, card(metrics={"f1": 0.5}, dataset="ann/d")).text

    headings = ["# foxes", "## Model Details", "## Training Data", "## Evaluation Metrics", "## Usage"]
    assert headings == parsed(text).headings


def test_new_section_of_a_card_without_a_beginning():
    """Where nothing is left that it would follow, it stands before the others."""
    text = card()
    begin, end = text.index("<!-- hubkit:begin title"), text.index("<!-- hubkit:begin model-details")
    mine = text[:begin] + "Mine.\n\n" + text[end:]
    updated = update_card(mine, card(description="Foxes."))

    assert ("title",) == updated.kept
    assert (
        updated.text.index("Mine.")
        < updated.text.index("\nFoxes.\n")
        < updated.text.index("## Model Details")
    )


def test_what_was_said_is_not_unsaid_by_silence():
    """A description, settings and results stay; what was found in files goes with the files."""
    old = card(
        attrs.evolve(FACTS, peft_version="1.0"),
        description="Said.",
        metrics={"f1": 0.5},
        training_config={"a": 1},
        tags=["fox"],
    )

    updated = update_card(old, card())
    headings = parsed(updated.text).headings
    assert () == updated.kept
    assert [
        "# foxes",
        "## Model Details",
        "## Training Configuration",
        "## Evaluation Metrics",
        "## Usage",
    ] == headings


def test_what_is_said_anew_replaces_what_was_said():
    """The last word counts."""
    old = card(description="First.", license="mit", language=["en"], metrics={"f1": 0.5})
    new = card(description="Second.", license="apache-2.0", language=["fr"], metrics={"f1": 0.6})

    updated = update_card(old, new)
    found = parsed(updated.text)
    assert ("apache-2.0", ["fr"]) == (found.data["license"], found.data["language"])
    assert ("Second." in updated.text, "First." in updated.text, "0.6" in updated.text) == (True, False, True)


@pytest.mark.parametrize(
    ("change", "into", "expected"),
    [
        # Their values stay, with their comments.
        ("base_model: org/base", "base_model: ann/base # better", {"base_model": "ann/base"}),
        # So do their keys, and their items of a list.
        (
            "tags:\n",
            "widget: [] # none\ntags:\n- mine\n",
            {"widget": [], "tags": ["mine", "peft", "lora", "dora"]},
        ),
        # An item that they took away stays away.
        ("- peft\n", "", {"tags": ["lora", "dora"]}),
        # Another form of the same is the same.
        ("tags:\n- peft\n- lora\n", 'tags: ["peft", lora]\n', {"tags": ["peft", "lora", "dora"]}),
        ("library_name: peft\n", "library_name:  'peft'\n", {"library_name": "peft"}),
        # A key that they took away stays away.
        ("library_name: peft\n", "", {"library_name": None}),
        # Comments are nobody's data.
        ("- peft\n", "- peft\n# the method\n", {"tags": ["peft", "lora", "dora"]}),
    ],
)
def test_front_matter_of_theirs_and_ours(change, into, expected):
    """Each key, and each item of a list, is whose it is."""
    updated = update_card(card().replace(change, into, 1), card(LATER))

    data = yaml.safe_load(updated.text.split("---")[1])
    assert expected == {key: data.get(key) for key in expected}
    assert into.partition("#")[2].split("\n")[0] in updated.text
    assert updated.text == update_card(updated.text, card(LATER)).text


def test_items_and_keys_added_at_one_place():
    """A new item of the last list stands before a new key."""
    block = update_card(card(), card(attrs.evolve(LATER, emissions=1.0))).text.split("---")[1]

    assert block.endswith(
        "tags:\n- peft\n- lora\n- dora\nco2_eq_emissions:\n  emissions: 1.0\n  training_type: fine-tuning\n"
    )


def test_line_ends_of_the_card_stay():
    """A card from Windows is one afterwards, and its line ends are no changes."""
    mine = card().replace("\n", "\r\n")
    updated = update_card(mine, card(LATER))

    assert () == updated.kept
    assert card(LATER).replace("\n", "\r\n") == updated.text


def test_front_matter_that_can_not_be_read():
    """It is left as it is, with the reason; the body is brought up to date."""
    mine = card().replace("license", "x").replace("tags:\n", "tags: [\n", 1)
    updated = update_card(mine, card(LATER))

    assert (
        "front matter of the README is not valid YAML: nothing in it was brought up to date",
    ) == updated.warnings
    assert mine.split("---")[1] == updated.text.split("---")[1]
    assert "**Rank (r):** 16" in updated.text


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("tags:\n" + "- abcdefgh\n" * 40_000, "has over 300,000 characters"),
        (
            "l0: &l0 x\n" + "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 99)),
            "grows without bounds",
        ),
        ("released: 2020-99-99", "is not valid YAML"),
        ("extra: !thing x", "is not valid YAML"),
    ],
    ids=["long", "aliases", "date", "tag"],
)
def test_front_matter_of_a_form_that_nobody_needs(front, reason):
    """What can't be understood for certain, or not in time, is left as it is."""
    mine = card().replace("---\n", f"---\n{front}\n", 1)
    began = time.process_time()
    updated = update_card(mine, card(LATER))

    assert (f"front matter of the README {reason}: nothing in it was brought up to date",) == updated.warnings
    assert mine.split("---\n")[1] == updated.text.split("---\n")[1]
    assert "**Rank (r):** 16" in updated.text
    assert time.process_time() - began < 5


def test_front_matter_that_was_rewritten_by_a_program():
    """Other quotes, order and no comments: the values are still known for ours."""
    head, block, body = card(language="no").split("---\n", 2)
    other = yaml.safe_dump(yaml.safe_load(block), sort_keys=True)
    updated = update_card(f"{head}---\n{other}---\n{body}", card(LATER))

    assert {"tags": ["peft", "lora", "dora"], "language": ["no"]}.items() <= parsed(updated.text).data.items()
    assert () == updated.kept or ("language",) == updated.kept


def test_front_matter_that_somebody_removed():
    """It doesn't come back; only a new key would make a new one."""
    mine = card().split("---\n", 2)[2].lstrip("\n")
    updated = update_card(mine, card(LATER, license="mit"))

    assert {"license": "mit"} == parsed(updated.text).data


def test_card_without_marks_is_a_persons():
    """It only gets the front matter that it lacks."""
    mine = "---\nlicense: gpl-3.0\n---\n# Mine\n"
    updated = update_card(mine, card(license="mit"))

    assert updated.text.endswith("---\n# Mine\n")
    assert "gpl-3.0" == parsed(updated.text).data["license"]


def test_card_of_front_matter_alone_gets_a_body():
    """As the Hub makes them for a repository with a licence: the person said the licence, nothing else."""
    updated = update_card("---\nlicense: gpl-3.0 # mine\n---\n", card(license="mit"))
    again = update_card(updated.text, card(LATER, license="mit"))

    assert "license: gpl-3.0 # mine\n" in again.text
    assert ["# foxes", "## Model Details", "## Usage", "## Framework Versions", "## License"] == parsed(
        again.text
    ).headings


@pytest.mark.parametrize("existing", ["", "\n \n"])
def test_no_card_gets_a_new_one(existing):
    """Nothing is nobody's."""
    assert UpdatedCard(text=card()) == update_card(existing, card())


def test_marks_that_make_no_sense_are_text():
    """Lost, doubled and crossed marks never lose a word."""
    usage = "<!-- hubkit:end usage -->"
    for broken in (
        card().replace(usage, ""),
        card().replace(usage, usage * 2),
        card() + card().split("---\n", 2)[2],
    ):
        updated = update_card(broken, card(LATER))

        assert updated.text == update_card(updated.text, card(LATER)).text
        assert set(parsed(broken).blocks) <= set(parsed(updated.text).blocks)


def test_words_of_a_card():
    """What was said or written comes back as arguments; what was found in files doesn't."""
    said = card(license="mit", dataset="ann/d", language="en")
    written = said.replace("base_model: org/base", "base_model: ann/mine").replace(
        "- ann/d", "- ann/d\n- ann/e"
    )

    assert {"repo_id": "ann/foxes"} == words_of(card(license="mit", license_source="org/base"))
    assert {
        "repo_id": "ann/foxes",
        "base_model": "ann/mine",
        "dataset": ["ann/d", "ann/e"],
        "language": ["en"],
        "license": "mit",
    } == words_of(written)
    assert {} == words_of("---\nlicense: mit\n---\n# A person's")


OTHER = {"license": "other", "license_name": "fox-1.0", "license_link": "https://fox.org/1.0"}


@pytest.mark.parametrize(
    ("today", "left"),
    [
        ({"license": "apache-2.0"}, {"license": "apache-2.0"}),
        ({"license": "other", "license_name": "hound"}, {"license": "other", "license_name": "hound"}),
        ({"license": "other"}, OTHER),
        ({"license_name": "fox-1.0"}, OTHER),
        ({}, OTHER),
    ],
    ids=str,
)
def test_name_and_link_go_with_their_license(today, left):
    """What was said of one licence isn't said of another, and silence about the licence unsays nothing."""
    before = card(**OTHER)
    said = {**words_of(before, said=today), **today}
    said.pop("repo_id")

    text = update_card(before, card(**said)).text
    assert left == said
    assert left == {key: value for key, value in parsed(text).data.items() if key.startswith("license")}
    assert ("fox-1.0" in text) == ("fox-1.0" in left.values())
    assert text == update_card(text, card(**said)).text


def test_name_of_a_license_that_somebody_wrote_stays():
    """Whoever has put in a name of their own is asked to look, not overruled."""
    mine = card(**OTHER).replace("license_name: fox-1.0", "license_name: mine")

    updated = update_card(mine, card(license="apache-2.0"))
    assert "mine" == parsed(updated.text).data["license_name"]
    assert "license_name" in updated.kept
