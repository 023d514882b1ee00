"""What the rest of nnspec goes by in a declaration: looked at where a plugin's layer hands one in."""

from collections.abc import Iterator, Mapping
from math import isfinite

from nnspec.contracts.initializer import Initializer
from nnspec.contracts.layer import Declaration, Parameter, State


def unsound(found: object) -> str:
    """What is wrong with what `declare` returned, to be read after the method's name; empty where nothing is."""
    if not isinstance(found, Declaration):
        return f"returns {_kind(found)}, expected a Declaration"
    return next(_complaints(found), "")


def _complaints(declaration: Declaration) -> Iterator[str]:
    yield from _of_shape("an output", declaration.output)
    yield from _of_count("multiplications", declaration.multiplications, 0)
    yield from _of_arrays("parameters", declaration.parameters, Parameter)
    yield from _of_arrays("state", declaration.state, State)


def _of_arrays(what: str, arrays: object, kind: type[Parameter] | type[State]) -> Iterator[str]:
    if not isinstance(arrays, Mapping):
        yield f"states {what} as {_kind(arrays)}, expected a mapping of names to {kind.__name__} objects"
        return
    for name, array in arrays.items():
        if not isinstance(name, str):
            yield f"names one of its {what} {name!r}, expected text"
        elif not isinstance(array, kind):
            yield f"states `{name}` as {_kind(array)}, expected a {kind.__name__}"
        elif isinstance(array, Parameter):
            yield from _of_parameter(name, array)
        else:
            yield from _of_state(name, array)


def _of_parameter(name: str, parameter: Parameter) -> Iterator[str]:
    yield from _of_shape(f"`{name}`", parameter.shape)
    initializer: object = parameter.initializer
    if not isinstance(initializer, Initializer):
        advice = 'an option of the layer that holds one: `weights: PartOf[Initializer] = by_name("glorot")`'
        yield f"hands `{name}` {_kind(initializer)} as its initializer, expected an Initializer, such as {advice}"
    yield from _of_count(f"`{name}`'s fan_in", parameter.fan_in, 1)
    yield from _of_count(f"`{name}`'s fan_out", parameter.fan_out, 1)


def _of_state(name: str, state: State) -> Iterator[str]:
    yield from _of_shape(f"`{name}`", state.shape)
    fill: object = state.fill
    if not isinstance(fill, int | float) or not isfinite(fill):
        yield f"fills `{name}` with {fill!r}, expected a finite number"


def _of_shape(what: str, shape: object) -> Iterator[str]:
    if not isinstance(shape, tuple) or not all(type(length) is int and length > 0 for length in shape):
        yield f"states {what} of shape {shape!r}, expected a tuple of whole numbers above 0"


def _of_count(what: str, count: object, least: int) -> Iterator[str]:
    # Not NumPy's numbers either, which JSON cannot hold.
    if type(count) is not int or count < least:
        yield f"states {what} as {count!r}, expected a whole number (int) of at least {least}"


def _kind(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
