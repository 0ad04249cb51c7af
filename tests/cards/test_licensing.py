"""Under which licence a card says that an adapter is."""

import json
from pathlib import Path

import pytest

from hubkit import ModelMetadata
from hubkit.cards import LicenseDecision, decide_license
from hubkit.cards._license_terms import terms_of

IDS = json.loads((Path(__file__).parents[1] / "data" / "hub_lists" / "licenses.json").read_text())["licenses"]


def base(license_id, siblings=(), endpoint=None, **card):
    """What the Hub says of a base model under a licence."""
    return ModelMetadata(
        "org/base",
        license=license_id,
        card_data=card,
        siblings=[{"rfilename": name} for name in siblings],
        endpoint=endpoint,
    )


def inherited(license_id, siblings=(), endpoint=None, **card):
    """The decision when the caller says nothing."""
    return decide_license(None, base(license_id, siblings, endpoint, **card), "org/base")


def test_terms_cover_the_hubs_list():
    """Each licence of the Hub's list has terms; unknown ones have none."""
    assert ["unknown"] == [license_id for license_id in IDS if terms_of(license_id) is None]
    assert terms_of("apache") is None


@pytest.mark.parametrize("license_id", [name for name in IDS if name not in ("other", "unknown")])
def test_a_base_models_licence_is_inherited(license_id):
    """With the model that states it as its source, and without a warning."""
    decision = inherited(license_id)

    assert (license_id, None, "org/base", ()) == (
        decision.license,
        decision.license_name,
        decision.source,
        decision.warnings,
    )


@pytest.mark.parametrize(
    ("license_id", "words"),
    [
        ("llama2", "Llama 2 Community License"),
        ("llama3", '"Built with Meta Llama 3"'),
        ("llama3.1", '"Built with Llama"'),
        ("llama3.2", '"Built with Llama"'),
        ("llama3.3", '"Built with Llama"'),
        ("llama4", "Llama 4 Community License"),
        ("gemma", "Gemma Terms of Use"),
        ("creativeml-openrail-m", "restrictions on use"),
        ("openrail", "restrictions on use"),
        ("cc-by-nc-4.0", "commercial use is not allowed"),
        ("cc-by-nc-sa-4.0", "commercial use is not allowed"),
        ("gpl-3.0", "the same licence"),
        ("agpl-3.0", "network"),
    ],
)
def test_obligations(license_id, words):
    """What the licence asks of the adapter is said in a sentence."""
    assert words in inherited(license_id).obligation


@pytest.mark.parametrize(
    "license_id", ["llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma"]
)
def test_links_of_named_licences(license_id):
    """A licence that is one owner's has a link, the base model's if it states one."""
    stated = inherited(license_id, license_link="https://example.org/terms")

    assert inherited(license_id).license_link.startswith("https://")
    assert "https://example.org/terms" == stated.license_link


@pytest.mark.parametrize(
    ("siblings", "card", "name", "link"),
    [
        ((), {"license_link": "LICENSE"}, "lfm1.0", "https://huggingface.co/org/base/blob/main/LICENSE"),
        (
            (),
            {"license_link": "./LICENSE.md"},
            "lfm1.0",
            "https://huggingface.co/org/base/blob/main/LICENSE.md",
        ),
        ((), {"license_link": "a b/TEXT"}, "lfm1.0", "https://huggingface.co/org/base/blob/main/a%20b/TEXT"),
        ((), {"license_link": "https://example.org/x"}, "lfm1.0", "https://example.org/x"),
        (("LICENSE.txt",), {}, "lfm1.0", "https://huggingface.co/org/base/blob/main/LICENSE.txt"),
        ((), {}, "lfm1.0", "https://huggingface.co/org/base"),
        ((), {"license_link": "../../evil"}, "lfm1.0", "https://huggingface.co/org/base"),
        ((), {"license_link": "javascript:alert(1)"}, "lfm1.0", "https://huggingface.co/org/base"),
        ((), {"license_link": "https://x/\nlicense: mit"}, "lfm1.0", "https://huggingface.co/org/base"),
        ((), {"license_link": ["LICENSE"]}, "lfm1.0", "https://huggingface.co/org/base"),
        (
            (),
            {"license_name": "LFM Open License v1.0"},
            "lfm-open-license-v1.0",
            "https://huggingface.co/org/base",
        ),
    ],
)
def test_a_licence_of_its_own(siblings, card, name, link):
    """`other` takes the name along, and a link that leads to the base model's text from everywhere."""
    decision = inherited("other", siblings, **{"license_name": "lfm1.0", **card})

    assert ("other", name, link) == (decision.license, decision.license_name, decision.license_link)


def test_links_to_the_hub_that_was_asked():
    """A file of a model on another Hub is linked there."""
    decision = inherited("other", endpoint="https://hub.example", license_name="x", license_link="LICENSE")

    assert "https://hub.example/org/base/blob/main/LICENSE" == decision.license_link


@pytest.mark.parametrize(
    ("model", "model_id", "words"),
    [
        (base(None), "org/base", "org/base states no single licence id"),
        (base("unknown"), "org/base", "org/base states no single licence id"),
        (base("mit, apache-2.0"), "org/base", "org/base states no single licence id"),
        (base("apache-2"), "org/base", "'apache-2', which is no licence id of the Hub"),
        (base("other"), "org/base", "without a name"),
        (base("other", license_name="//"), "org/base", "without a name"),
        (None, "org/base", "the licence of org/base is unknown"),
        (None, None, "neither a licence nor a base model is known"),
    ],
)
def test_unknown_licences_are_left_out(model, model_id, words):
    """There is no default, and the warning says what is missing."""
    decision = decide_license(None, model, model_id)

    assert decision == LicenseDecision(warnings=decision.warnings)
    assert words in decision.warnings[0]
    assert decision.warnings[0].endswith("the card leaves the licence out")


@pytest.mark.parametrize(
    ("said", "of_base", "warned"),
    [
        ("mit", "llama2", True),
        ("apache-2.0", "gpl-3.0", True),
        ("mit", "cc-by-nc-4.0", True),
        ("llama3.1", "llama3", True),
        ("llama2", "llama2", False),
        ("gpl-3.0", "mit", False),
        ("mit", "apache-2.0", False),
        ("mit", None, False),
        ("mit", "apache-2", False),
    ],
)
def test_conflicts(said, of_base, warned):
    """The caller's word stands; one that the base model's licence doesn't allow for is warned about."""
    decision = decide_license(said, base(of_base), "org/base")

    assert (said, None) == (decision.license, decision.source)
    assert warned == bool(decision.warnings)
    assert not warned or (said in decision.warnings[0] and of_base in decision.warnings[0])


def test_obligations_in_a_conflict():
    """They are those of the base model's licence, which the caller's can't lift."""
    decision = decide_license("mit", base("llama2"), "org/base")

    assert terms_of("llama2").obligation == decision.obligation


def test_the_callers_other():
    """The caller's own name and link are taken as they are."""
    decision = decide_license("other", None, None, license_name="mine-1.0", license_link="LICENSE")

    assert ("other", "mine-1.0", "LICENSE", ()) == (
        decision.license,
        decision.license_name,
        decision.license_link,
        decision.warnings,
    )


def test_the_callers_other_that_is_the_base_models():
    """A caller who says `other` of a base model under one means that one."""
    model = base("other", license_name="lfm1.0", license_link="LICENSE")

    decision = decide_license("other", model, "org/base")

    assert ("lfm1.0", "https://huggingface.co/org/base/blob/main/LICENSE", ()) == (
        decision.license_name,
        decision.license_link,
        decision.warnings,
    )
