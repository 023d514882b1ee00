"""JAX on the CPU: a compiled step for each batch, or one compiled loop over all the steps of a block.

Both gather within the compiled program and give their parameters' memory back for the new ones. Images lie as
(N, H, W, C), which XLA's convolutions on the CPU are made for; pooling is a maximum over reshaped cells, whose way
back is much faster than that of a reduction over windows.
"""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from rows import Row

from contestants import Block
from contestants.material import Material, material
from nnspec.engine.plan import Node
from nnspec.types import Array

Values = dict[str, Any]
Apply = Callable[[Values, Any], Any]


def block(row: Row, mode: str) -> Block:
    """A block of training steps, compiled by the step or as a whole."""
    given = material(row)
    inputs, targets = given.inputs, jnp.asarray(given.targets)
    if inputs.ndim == 4:
        inputs = inputs.transpose(0, 2, 3, 1)
    data = (jnp.asarray(np.ascontiguousarray(inputs)), targets)
    step = step_function(given)
    state, choices = first_state(given), given.choices()

    def loop(state: Any, orders: Any, data: Any) -> Any:
        return lax.scan(lambda state, chosen: step(state, chosen, data), state, orders)

    compiled_step, compiled_loop = (jax.jit(function, donate_argnums=0) for function in (step, loop))

    def by_step() -> float:
        nonlocal state
        cost = 0.0
        for chosen in islice(choices, row.steps):
            state, cost = compiled_step(state, chosen.astype(np.int32), data)
        return float(cost)

    def as_a_whole() -> float:
        nonlocal state
        orders = np.stack(list(islice(choices, row.steps))).astype(np.int32)
        state, costs = compiled_loop(state, orders, data)
        return float(costs[-1])

    return by_step if mode == "step" else as_a_whole


def step_function(given: Material) -> Callable[..., Any]:
    """(state, samples, data) to the next state and the cost."""
    fused = given.row.cost == "cross_entropy"  # the cost takes logits
    nodes = [node for node, _ in given.layers]
    stack = [layer(node) for node in (nodes[:-1] if fused else nodes)]

    def cost_of(parameters: list[Values], x: Any, t: Any) -> Any:
        for apply, values in zip(stack, parameters, strict=False):
            x = apply(values, x)
        if fused:
            return -(t * jax.nn.log_softmax(x)).sum() / given.row.batch
        return ((x - t) ** 2).sum() * (0.5 / given.row.batch)

    update = adam if given.adam else descent

    def step(state: Any, chosen: Any, data: Any) -> Any:
        x, t = (jnp.take(array, chosen, axis=0, mode="clip") for array in data)
        cost, gradient = jax.value_and_grad(cost_of)(state[0], x, t)
        return update(state, gradient, given.rate), cost

    return step


def first_state(given: Material) -> Any:
    """Parameters, two running means where Adam keeps them, and the number of steps taken."""
    parameters = [{name: jnp.asarray(array) for name, array in values.items()} for values in converted(given)]
    means = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2 if given.adam else 0)]
    return (parameters, *means, jnp.float32(0))


def descent(state: Any, gradient: Any, rate: float) -> Any:
    """Plain gradient descent."""
    parameters, count = state
    return jax.tree.map(lambda w, g: w - rate * g, parameters, gradient), count


def adam(state: Any, gradient: Any, rate: float) -> Any:
    """Adam."""
    parameters, mean, square, count = state
    count = count + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, gradient)
    size, root = rate / (1 - 0.9**count), lax.rsqrt(1 - 0.999**count)
    parameters = jax.tree.map(lambda w, m, v: w - size * m / (jnp.sqrt(v) * root + 1e-8), parameters, mean, square)
    return parameters, mean, square, count


def converted(given: Material) -> list[dict[str, Array]]:
    """The initial values in the layouts used here: matrices (inputs, outputs), filters (kh, kw, C, O)."""
    result: list[dict[str, Array]] = []
    image: tuple[int, ...] = ()
    for node, values in given.layers:
        image = node.input if node.name == "flatten" else image
        result.append({name: np.array(_laid(node, name, values[name], image), order="C") for name in values})
        image = () if node.name == "dense" else image
    return result


def _laid(node: Node, name: str, array: Array, image: tuple[int, ...]) -> Array:
    if name not in {"W", "R"}:
        return array.reshape(-1)
    if node.name == "conv2d":
        return array.transpose(2, 3, 1, 0)
    if image:  # a flattened image's cells, in the order (H, W, C)
        array = array.reshape(-1, *image).transpose(0, 2, 3, 1).reshape(len(array), -1)
    return array.T


def layer(node: Node) -> Apply:
    """A layer of the plan as a function of its parameters and its input."""
    simple: dict[str, Apply] = {
        "sigmoid": lambda _, x: jax.nn.sigmoid(x),
        "relu": lambda _, x: jnp.maximum(x, 0),
        "softmax": lambda _, x: jax.nn.softmax(x),
        "flatten": lambda _, x: x.reshape(len(x), -1),
        "dense": lambda p, x: x @ p["W"] + p["b"],
        "max_pool2d": lambda _, x: max_pool(x),
        "batch_norm": batch_norm,
        "lstm": lstm,
    }
    if node.name == "conv2d":
        return partial(convolve, padding="SAME" if node.input[1] == node.output[1] else "VALID")
    return simple[node.name]


def convolve(p: Values, x: Any, padding: str) -> Any:
    """A convolution at stride 1."""
    y = lax.conv_general_dilated(x, p["W"], (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + p["b"] if "b" in p else y


def max_pool(x: Any) -> Any:
    """Windows of 2 x 2."""
    samples, height, width, channels = x.shape
    return x.reshape(samples, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def batch_norm(p: Values, x: Any) -> Any:
    """Statistics of the batch; the running ones are left out, which favours JAX."""
    mean = x.mean(axis=(0, 1, 2))
    variance = jnp.square(x - mean).mean(axis=(0, 1, 2))
    return (x - mean) * (lax.rsqrt(variance + 1e-5) * p["gamma"]) + p["beta"]


def lstm(p: Values, x: Any) -> Any:
    """The last state; rows of the gates in the order i, o, f, g."""
    units = p["R"].shape[0]
    weighted = jnp.swapaxes(x, 0, 1) @ p["W"] + p["b"]

    def step(carry: Any, a: Any) -> Any:
        h, c = carry
        i, o, f, g = jnp.split(a + h @ p["R"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zero = jnp.zeros((x.shape[0], units), x.dtype)
    (h, _), _ = lax.scan(step, (zero, zero), weighted)
    return h
