"""What a network says, in words and in JSON, wherever a verb tells it."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

from nnspec.report.wording import NBSP, percent
from nnspec.runs.opened import Answer, Predictions
from nnspec.types import Array, number_text


def certainty_text(value: float) -> str:
    """``97.1 %``, or the bare output where it cannot be a probability."""
    if not 0 <= value <= 1:
        return f"output {number_text(value)}"
    # In a terminal an ordinary space is what people search for.
    return percent(value, 1).replace(NBSP, " ")


def margin_text(answer: Answer) -> str:
    """By how much the answer is ahead of the runner-up: ``by 95.1 points``."""
    ahead = answer.certainty - answer.runner_up_certainty
    if 0 <= answer.runner_up_certainty <= answer.certainty <= 1:
        return f"by {certainty_text(ahead).removesuffix(' %')} points"
    return f"by {number_text(ahead)}"


def answer_text(answer: Answer) -> str:
    """``3 with 97.1 %, then 8 with 2.0 %``."""
    return (
        f"{answer.name} with {certainty_text(answer.certainty)}, "
        f"then {answer.runner_up} with {certainty_text(answer.runner_up_certainty)}"
    )


def answer_facts(answer: Answer) -> dict[str, Any]:
    """The answer as JSON has it."""
    return {
        "class": answer.name,
        "certainty": answer.certainty,
        "runner_up": {"class": answer.runner_up, "certainty": answer.runner_up_certainty},
    }


def prediction_texts(predictions: Predictions) -> Iterator[str]:
    """Each prediction in words: the answer, or the outputs where there are no classes."""
    if predictions.classes is not None:
        yield from map(answer_text, predictions)
    else:
        for outputs in predictions.outputs:
            yield numbers_text(outputs)


def prediction_facts(predictions: Predictions) -> Iterator[dict[str, Any]]:
    """Each prediction as JSON has it."""
    known = predictions.classes is not None
    answers = map(answer_facts, predictions) if known else repeat({}, len(predictions))
    for answer, outputs in zip(answers, predictions.outputs, strict=True):
        yield {**answer, "outputs": outputs.tolist()}


def numbers_text(values: Array) -> str:
    """Numbers in a row."""
    return ", ".join(number_text(value) for value in values.reshape(-1))
