"""Results that name their dataset become the Hub's model-index, and nothing partial does."""

import math

import pytest
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from rendered_cards import parsed

from hubkit.cards import AdapterFacts, render_card
from hubkit.errors import CardError

FACTS = AdapterFacts(library_name="peft", task_type="SEQ_CLS", base_model="org/base")
FOXES = {
    "type": "ann/foxes",
    "name": "Foxes",
    "config": "en",
    "split": "test",
    "revision": "1e5",
    "args": {"shots": 5, "no": "1e5", "empty": None},
}


def card_with(*results):
    """A card with structured results."""
    return render_card(FACTS, repo_id="ann/fox-spotter", metrics=list(results))


def test_round_trip_through_huggingface_hub():
    """`ModelCard` reads the evaluation results that were meant, every part of them."""
    card = card_with(
        {
            "task": {"type": "text-classification", "name": "Spotting"},
            "dataset": FOXES,
            "source": {"name": "The board", "url": "https://example.org/board"},
            "metrics": [
                {"type": "accuracy", "value": 0.91, "name": "Accuracy", "config": "x", "args": {"k": 1}},
                {"type": "f1", "value": 1e-05},
            ],
        }
    )
    common = {
        "task_type": "text-classification",
        "task_name": "Spotting",
        "dataset_type": "ann/foxes",
        "dataset_name": "Foxes",
        "dataset_config": "en",
        "dataset_split": "test",
        "dataset_revision": "1e5",
        "dataset_args": {"shots": 5, "no": "1e5"},
        "source_name": "The board",
        "source_url": "https://example.org/board",
    }
    accuracy = {"metric_type": "accuracy", "metric_value": 0.91, "metric_name": "Accuracy"}

    expected = [
        EvalResult(**common, **accuracy, metric_config="x", metric_args={"k": 1}),
        EvalResult(**common, metric_type="f1", metric_value=1e-05),
    ]
    data = ModelCard(card).data
    assert expected == data.eval_results
    assert "fox-spotter" == data.model_name
    assert ["accuracy", "f1"] == data.metrics


def test_data_as_huggingface_hub_would_have_it():
    """`to_dict` holds what a `ModelCardData` of the same words does."""
    card = card_with({"dataset": {"type": "ann/foxes", "name": "Foxes"}, "metrics": {"accuracy": 0.5}})
    result = EvalResult(
        task_type="text-classification",
        dataset_type="ann/foxes",
        dataset_name="Foxes",
        metric_type="accuracy",
        metric_value=0.5,
    )
    theirs = ModelCardData(
        library_name="peft",
        base_model="org/base",
        pipeline_tag="text-classification",
        tags=["peft"],
        metrics=["accuracy"],
        model_name="fox-spotter",
        eval_results=[result],
    )

    assert theirs.to_dict() == ModelCard(card).data.to_dict()


def test_results_are_not_put_together_that_differ():
    """Another argument or source of the dataset is another result, which huggingface_hub's own grouping loses."""
    few, many = ({"type": "d", "name": "D", "args": {"shots": shots}} for shots in (0, 25))
    source = {"url": "https://example.org"}
    card = card_with(
        {"dataset": few, "metrics": {"accuracy": 0.1}},
        {"dataset": many, "metrics": {"accuracy": 0.2}},
        {"dataset": few, "metrics": {"accuracy": 0.3}, "source": source},
        {"dataset": few, "metrics": {"f1": 0.4}},
    )
    (index,) = parsed(card).data["model-index"]

    values = [[metric["value"] for metric in result["metrics"]] for result in index["results"]]
    assert [[0.1, 0.4], [0.2], [0.3]] == values


@pytest.mark.parametrize(
    "result",
    [
        {"metrics": {"accuracy": 0.5}},
        {"dataset": "Foxes", "metrics": {"accuracy": 0.5}},
        {"dataset": {"type": "ann/foxes"}, "metrics": {"accuracy": 0.5}},
        {"dataset": FOXES, "metrics": {"accuracy": math.nan, "f1": None}},
    ],
)
def test_partial_results_are_shown_only(result):
    """Without type and name of the dataset, or without a number, there is no model-index."""
    found = parsed(card_with(result))

    assert not {"model-index", "metrics"} & set(found.data)
    assert 1 == len(found.tables)


def test_table_of_results():
    """Each number with what it was measured on; columns that nobody filled are left out."""
    card = card_with(
        {"task": "text-classification", "dataset": FOXES, "metrics": {"accuracy": 0.5, "f|1": math.nan}},
        {"dataset": "Hounds", "metrics": [{"type": "f1", "name": "F1 (macro)", "value": "0.3 ± 0.1"}]},
    )

    assert [
        ["Task", "Dataset", "Metric", "Value"],
        ["text-classification", "Foxes (en, test)", "accuracy", "0.5"],
        ["text-classification", "Foxes (en, test)", "f|1", "NaN"],
        ["", "Hounds", "F1 (macro)", "0.3 ± 0.1"],
    ] == parsed(card).tables[0]


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ("accuracy", "metrics must be"),
        ([1], r"metrics\[0\] must be a mapping, not int"),
        ([{"dataset": "x"}], r"metrics\[0\].metrics is missing"),
        (
            [{"metrics": {"a": 1}, "datset": "x"}],
            r"metrics\[0\] has an unknown key 'datset'; did you mean 'dataset'",
        ),
        ([{"metrics": {"a": 1}, "dataset": ["x"]}], r"metrics\[0\].dataset must be a mapping, not list"),
        ([{"metrics": {"a": 1}, "dataset": {"name": 1}}], r"metrics\[0\].dataset.name must be text, not int"),
        ([{"metrics": "accuracy"}], r"metrics\[0\].metrics must be"),
        ([{"metrics": [{"value": 1}]}], r"metrics\[0\].metrics\[0\].type is missing"),
    ],
)
def test_results_of_another_form(metrics, said):
    """One error, which names the part."""
    with pytest.raises(CardError, match=said):
        render_card(FACTS, repo_id="a/b", metrics=metrics)
