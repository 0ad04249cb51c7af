"""Reports on licences: every shape that the Hub has shown, and chains of every form."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from hubkit import ModelMetadata
from hubkit._licenses import allow_list, judge, license_chain
from hubkit._licenses._spdx import spdx_of
from hubkit.cards._license_terms import terms_of
from hubkit.errors import InvalidArgumentError

DATA = Path(__file__).parents[1] / "data"
IDS = json.loads((DATA / "hub_lists" / "licenses.json").read_text(encoding="utf-8"))["licenses"]
NOWHERE = "it is not cached"


def sample():
    """4,000 real records, of 2022."""
    with gzip.open(DATA / "payloads" / "models_2022_sample.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def recorded():
    """Every other record of a model among the recorded answers, by file."""
    found = {}
    for path in sorted((DATA / "payloads").glob("*model*.json")):
        answer = json.loads(path.read_text(encoding="utf-8"))
        for number, record in enumerate(answer if isinstance(answer, list) else [answer]):
            if isinstance(record, dict) and ("id" in record or "modelId" in record):
                found[f"{path.stem} {number}"] = record
    return found


RECORDED = recorded()


def model(name, license_id=None, base=(), tags=(), **card):
    """What the Hub says of a model."""
    card = {**card, **({"license": license_id} if license_id else {})}
    return ModelMetadata.from_hub(
        {"id": name, "tags": list(tags), "cardData": {**card, "base_model": list(base)}}
    )


def report(*models, allowed=None, base_model=None):
    """The report on the first model; the others can be looked up."""
    known = {each.model_id: each for each in models}
    links, problems = license_chain(models[0], lambda name: known.get(name, NOWHERE), base_model=base_model)
    return judge(links, problems, allow_list(allowed))


def own(record):
    """The licences that a record states and where, read by the test itself."""
    card = (record.get("cardData") or {}).get("license")
    if card:
        return [card] if isinstance(card, str) else card, "card: license"
    tagged = [tag[8:] for tag in record.get("tags") or [] if tag.startswith("license:")]
    return tagged, "tags: license" if tagged else None


def test_every_record_of_the_sample():
    """Of 4,000 models each report states what the record does, with its source, and no more."""
    expected, found = [], []
    for record in sample():
        ids, source = own(record)
        expected.append((record["modelId"], ids, source))
        link = report(ModelMetadata.from_hub(record)).links[0]
        found.append((link.model_id, [stated.id for stated in link.licenses], link.source))

    assert 4000 == len(found)
    assert expected == found


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_answer(name):
    """The recorded answers of other shapes too: custom ids, `other`, lists, words that are no id."""
    record = RECORDED[name]
    ids, source = own(record)
    link = report(ModelMetadata.from_hub(record)).links[0]

    assert (ids, source) == ([stated.id for stated in link.licenses], link.source)
    assert all(stated.spdx is None or stated.id in IDS for stated in link.licenses)


def test_ids_that_the_hub_does_not_know_stay_what_they_are():
    """`apache-2` is no id: nobody makes one of it, and what it asks is unknown."""
    (stated,) = report(model("a/b", "apache-2")).links[0].licenses

    assert ("apache-2", None, None, None) == (stated.id, stated.spdx, stated.obligation, stated.binds)


def test_spdx_names():
    """Each SPDX id is one of SPDX's own list, in its own letters; those that have none are these."""
    licenses = pytest.importorskip("packaging.licenses")
    named = {license_id: spdx_of(license_id) for license_id in IDS}
    without = [license_id for license_id, spdx in named.items() if spdx is None]

    assert [] == [
        spdx for spdx in named.values() if spdx and licenses.canonicalize_license_expression(spdx) != spdx
    ]
    assert (
        "apple-amlr apple-ascl bigcode-openrail-m bigscience-bloom-rail-1.0 bigscience-openrail-m bsd cc "
        "creativeml-openrail-m deepfloyd-if-license fair-noncommercial-research-license gemma gfdl gpl "
        "grok2-community h-research intel-research lgpl llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 "
        "openmdw-1.0 openmdw-1.1 openrail openrail++ other unknown"
    ) == " ".join(without)


@pytest.mark.parametrize("license_id", [each for each in IDS if each != "unknown"])
def test_each_licence_has_its_terms(license_id):
    """What a licence asks is what the cards say of it too."""
    (stated,) = report(model("a/b", license_id)).links[0].licenses
    terms = terms_of(license_id)

    assert (terms.obligation, terms.binds) == (stated.obligation, stated.binds)


def test_a_chain_names_its_sources():
    """Each link says what states its licence, what says that it is a base, and how the other was made."""
    found = report(
        model("a/adapter", "llama2", ["a/tuned"], ["base_model:adapter:a/tuned"]),
        ModelMetadata.from_hub({"id": "a/tuned", "tags": ["license:llama2", "base_model:a/base"]}),
        model("a/base", "other", license_name="lfm1.0", license_link="LICENSE"),
    )

    assert [
        ("a/adapter", 0, (), None, None, "card: license"),
        ("a/tuned", 1, ("a/adapter",), "card: base_model", "adapter", "tags: license"),
        ("a/base", 2, ("a/tuned",), "tags: base_model", None, "card: license"),
    ] == [
        (each.model_id, each.depth, each.base_of, each.base_source, each.relation, each.source)
        for each in found.links
    ]
    assert ("lfm1.0", "LICENSE") == (found.links[2].licenses[0].name, found.links[2].licenses[0].link)


def test_base_models_from_the_config_and_the_caller():
    """Where neither card nor tags name a base model, the config that the Hub read does, else the caller."""
    config = {"peft": {"base_model_name_or_path": "a/base", "task_type": "CAUSAL_LM"}}
    configured = ModelMetadata.from_hub({"id": "a/x", "config": config})
    local = ModelMetadata.from_hub({"id": "a/x", "config": {"peft": {"base_model_name_or_path": "/out/x"}}})
    base = model("a/base", "mit")

    assert "config: peft.base_model_name_or_path" == report(configured, base).links[1].base_source
    assert 1 == len(report(local, base).links)
    assert "caller" == report(local, base, base_model="a/base").links[1].base_source


def test_base_models_by_their_address():
    """The address of a model's page names the model, in a card and in a config; other addresses don't."""
    page = "https://huggingface.co/a/base"
    config = {"peft": {"base_model_name_or_path": page}}
    configured = ModelMetadata.from_hub({"id": "a/x", "config": config})
    tagged = model("a/x", "mit", [page], ["base_model:adapter:a/base"])
    base = model("a/base", "llama2")
    elsewhere = report(model("a/x", "mit", ["https://example.org/a/base"]), base).links[1]

    assert ("a/base", ("a/x",), "adapter") == (
        report(tagged, base).links[1].model_id,
        report(tagged, base).links[1].base_of,
        report(tagged, base).links[1].relation,
    )
    assert ["llama2"] == [each.id for each in report(model("a/x", "mit", [page]), base).links[1].licenses]
    assert ["a/base"] == [each.model_id for each in report(configured, base).links[1:]]
    assert "is no id of a model" in elsewhere.problem


def test_conflicts_reach_over_models_that_state_nothing():
    """An adapter under mit on a llama2 base is a conflict, also with a model without a licence between them."""
    tuned, base = model("a/tuned", None, ["a/base"]), model("a/base", "llama2")
    far = report(model("a/adapter", "mit", ["a/tuned"]), tuned, base)
    same = report(model("a/adapter", "llama2", ["a/tuned"]), tuned, base)
    free = report(model("a/adapter", "mit", ["a/base"]), model("a/base", "apache-2.0"))

    assert [("a/adapter", "a/base")] == [(each.model_id, each.base_model) for each in far.conflicts]
    assert "states mit, but a/base, from which it is made, is under llama2" in far.conflicts[0].message
    assert () == same.conflicts == free.conflicts
    assert (False, False, True) == (far.is_clear, same.is_clear, free.is_clear)


def test_own_licences_are_told_apart_by_name():
    """Two `other` licences are the same only when they have the same name."""
    base = model("a/base", "other", license_name="one")
    same = report(model("a/x", "other", ["a/base"], license_name="one"), base)
    another = report(model("a/x", "other", ["a/base"], license_name="two"), base)

    assert (0, 1) == (len(same.conflicts), len(another.conflicts))


def test_merges():
    """A merge has every base model's licence to keep, and one that two of them share is looked at once."""
    found = report(
        model("a/merge", "mit", ["a/one", "a/two"]),
        model("a/one", "gemma", ["a/root"]),
        model("a/two", "mit", ["a/root"]),
        model("a/root", "gemma"),
    )

    assert ["a/merge", "a/one", "a/two", "a/root"] == [each.model_id for each in found.links]
    assert ("a/one", "a/two") == found.links[3].base_of
    assert {("a/merge", "a/one"), ("a/merge", "a/root"), ("a/two", "a/root")} == {
        (each.model_id, each.base_model) for each in found.conflicts
    }


def test_circles_and_long_chains_end():
    """A chain that comes back to itself, or goes on and on, is said to be so, and its verdict is unknown."""
    circle = report(model("a/one", "mit", ["a/two"]), model("a/two", "mit", ["A/One"]), allowed=["mit"])
    itself = report(model("a/one", "mit", ["a/one"]))
    long = report(
        *(model(f"a/m{number}", "mit", [f"a/m{number + 1}"]) for number in range(40)), allowed=["mit"]
    )
    wide = report(model("a/merge", "mit", [f"a/m{number}" for number in range(400)]))

    assert ("a/two is made from A/One, which is made from it",) == circle.problems
    assert ("unknown", 2) == (circle.verdict.status, len(circle.links))
    assert (1, True) == (len(itself.links), itself.is_clear)
    assert (9, "unknown") == (len(long.links), long.verdict.status)
    assert 50 == len(wide.links)


@pytest.mark.parametrize(
    ("license_id", "card", "allowed", "status"),
    [
        ("mit", {}, ["mit"], "allowed"),
        ("mit", {}, ["MIT", "apache-2.0"], "allowed"),
        ("apache-2.0", {}, ["Apache-2.0"], "allowed"),
        ("gpl-3.0", {}, ["GPL-3.0-only"], "allowed"),
        ("gpl-3.0", {}, ["mit"], "not allowed"),
        ("mit", {}, [], "not allowed"),
        (None, {}, ["mit"], "unknown"),
        ("unknown", {}, ["mit"], "unknown"),
        ("apache-2", {}, ["apache-2.0"], "unknown"),
        ("apache-2", {}, ["apache-2"], "allowed"),
        ("other", {"license_name": "lfm1.0"}, ["lfm1.0"], "allowed"),
        ("other", {"license_name": "lfm1.0"}, ["lfm2.0"], "not allowed"),
        ("other", {"license_name": "mit"}, ["lfm1.0"], "not allowed"),
        ("other", {}, ["lfm1.0"], "unknown"),
        (["mit", "apache-2.0"], {}, ["mit", "apache-2.0"], "allowed"),
        (["mit", "llama2"], {}, ["mit"], "unknown"),
        (["gemma", "llama2"], {}, ["mit"], "not allowed"),
    ],
)
def test_verdicts(license_id, card, allowed, status):
    """A licence is allowed by its id, its SPDX id or, for `other`, its own name; what isn't known is unknown."""
    found = report(model("a/b", license_id, **card), allowed=allowed)

    assert status == found.verdict.status
    assert (status == "allowed") == (found.verdict.reasons == ())


def test_the_worst_link_decides():
    """One forbidden base model forbids; one unknown one leaves it open; without a list there is no verdict."""
    adapter = model("a/x", "mit", ["a/base"])
    forbidden = report(adapter, model("a/base", "llama2"), allowed=["mit"]).verdict
    unknown = report(adapter, allowed=["mit"]).verdict

    assert ("not allowed", ("a/base is under llama2, which is not allowed",)) == (
        forbidden.status,
        forbidden.reasons,
    )
    assert ("unknown", (f"a/base has an unknown licence: {NOWHERE}",)) == (unknown.status, unknown.reasons)
    assert report(adapter).verdict is None


@pytest.mark.parametrize("allowed", ["mit", 7, [1], [""], ["other"], ["mit", "unknown"]], ids=str)
def test_lists_that_can_not_be_right(allowed):
    """A text, things that are no text, and words that allow anything are refused."""
    with pytest.raises(InvalidArgumentError, match="allowed must"):
        allow_list(allowed)


@pytest.mark.parametrize("kind", [list, set, iter], ids=["list", "set", "iterator"])
def test_list_of_whatever_kind(kind):
    """What can be gone through once only allows no less."""
    assert "allowed" == report(model("a/x", "mit"), allowed=kind(["mit"])).verdict.status


@pytest.mark.parametrize("name", ["/out/checkpoint-5", "../x", "a b", "\x1b[31m", "x" * 5000])
def test_hostile_names_of_base_models(name):
    """What is no id is never looked up, and nothing of it can hurt who prints it."""
    asked = []
    links, _ = license_chain(model("a/x", "mit", [name]), lambda each: asked.append(each) or "")

    assert [] == asked
    assert "is no id of a model" in links[1].problem
    assert links[1].problem.isprintable()
    assert len(links[1].problem) < 200


def test_documents_hold_all_of_it():
    """The document for programs is JSON, and says what the properties say."""
    found = report(model("a/x", "mit", ["a/base"]), model("a/base", "llama2"), allowed=["mit"])
    document = json.loads(json.dumps(found.to_dict()))

    assert [
        "model_id",
        "license",
        "is_clear",
        "obligations",
        "links",
        "conflicts",
        "problems",
        "verdict",
    ] == list(document)
    assert ("mit", False, "not allowed") == (
        document["license"],
        document["is_clear"],
        document["verdict"]["status"],
    )
    assert 2 == len(document["obligations"])
