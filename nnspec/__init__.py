"""Small neural networks, written down rather than programmed.

spec = nnspec.load("specs/mnist_784_30_10.yaml")
run = nnspec.run(spec, out="runs/first")
nnspec.open_run("runs/first").predict(images)
"""

# `typing` takes its time, and this line runs before anything can answer to Ctrl-C.
TYPE_CHECKING = False

__version__ = "0.1.0"
__all__ = ["__version__", "cross_validate", "load", "open_run", "run"]

if TYPE_CHECKING:
    from nnspec.api import cross_validate, load, open_run, run


def __getattr__(name: str) -> object:
    # Loaded on first use: `import nnspec` alone costs next to nothing.
    if name in __all__:
        from nnspec import api

        return getattr(api, name)
    raise AttributeError(f"module 'nnspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
