"""A pocket calculator for the arithmetic that parts spell out."""

import ast
import math
import operator
import re
from collections.abc import Callable

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


def calculate(arithmetic: str) -> float:
    """Numbers, the four operations, squares, |...| and a few functions; nothing else."""
    plain = arithmetic.replace("·", "*").replace("²", "**2").replace("√", "sqrt")
    plain = re.sub(r"\|([^|]*)\|", r"abs(\1)", plain)

    def value(node: ast.AST) -> float:
        if isinstance(node, ast.Constant):
            assert isinstance(node.value, int | float)
            return float(node.value)
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](value(node.operand))
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id](*map(value, node.args))

    return value(ast.parse(plain, mode="eval").body)
