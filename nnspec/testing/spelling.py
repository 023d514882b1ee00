"""The arithmetic that parts show of single numbers: calculated, it comes to the number."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

import numpy as np

from nnspec.contracts.part import Part
from nnspec.testing.contract import ContractError
from nnspec.types import Array

FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp,
    "ln": math.log,
    "tanh": math.tanh,
    "max": max,
    "min": min,
    "sqrt": math.sqrt,
    "abs": abs,
}
OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
TOLERANCE = 1e-4
"""Numbers are spelled with six digits, and sums of them differ in the last."""
PLACES = 8
"""Most places of a quantity that are looked at."""
Spell = Callable[[str, tuple[int, ...], Mapping[str, Array]], str]


def calculate(arithmetic: str) -> float:
    """What an expression comes to: numbers, the four operations, squares, |...| and a few functions.

    Raises:
        ValueError: There is something else in it.
    """
    plain = arithmetic.replace("·", "*").replace("²", "**2").replace("√", "sqrt")
    plain = re.sub(r"\|([^|]*)\|", r"abs(\1)", plain)
    try:
        return _value(ast.parse(plain, mode="eval").body)
    except (SyntaxError, KeyError, TypeError) as error:
        raise ValueError(f"no arithmetic: {arithmetic}") from error


def _value(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](_value(node.operand))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS[node.func.id](*map(_value, node.args))
    raise TypeError(type(node).__name__)


def check_spelling(part: Part, spell: Spell, quantities: Mapping[str, Array], values: Mapping[str, Array]) -> None:
    """Checks what `spell` shows at the first and the last place of each quantity, and at some between them.

    A quantity that is not spelled out, or not as arithmetic (as what stands in a table), is left alone.

    Args:
        part: The part.
        spell: Its method.
        quantities: What came out for one sample, by the name that `spell` has for it.
        values: What `spell` is handed.

    Raises:
        ContractError: The arithmetic comes to another number.
    """
    for quantity, array in quantities.items():
        for index in _places(array):
            arithmetic = spell(quantity, index, values)
            try:
                shown = calculate(arithmetic)
            except ValueError:
                continue
            number = float(array[index])
            if not abs(shown - number) <= TOLERANCE * max(1.0, abs(number)):
                raise ContractError(
                    part,
                    "the arithmetic that `spell` shows comes to the number",
                    f"{quantity}{list(index)} is {number:.6g}, but {arithmetic} = {shown:.6g}.",
                )


def _places(array: Array) -> list[tuple[int, ...]]:
    spread = np.linspace(0, array.size - 1, min(array.size, PLACES)).astype(int)
    return [tuple(int(place) for place in np.unravel_index(number, array.shape)) for number in spread]
