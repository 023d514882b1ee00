"""Who takes part: each contestant trains a row's network in a process of its own, a block of steps at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from rows import Row

Block = Callable[[], float]
"""Takes a row's number of steps and returns the cost of the last; never ends an epoch early."""

NNSPEC, LIMIT = "nnspec", "limit"


@dataclass(frozen=True)
class Contestant:
    """One way to train a row.

    Attributes:
        peer: Whose way; of several with the same peer the fastest counts.
        how: What sets it apart from the others of the same peer.
        module: Where its `block` is, beside this file.
        needs: The library that has to be installed.
        environment: What its process finds in the environment.
        options: What `block` is given beside the row.
        comparable: Whether its costs must agree with nnspec's.
        absent: Rows in which the same peer is many times as fast in another way.
    """

    peer: str
    module: str
    how: str = ""
    needs: str = "numpy"
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    comparable: bool = False
    absent: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How it is called in tables."""
        return f"{self.peer}, {self.how}" if self.how else self.peer

    @property
    def installed(self) -> bool:
        """Whether its library is there."""
        return find_spec(self.needs) is not None

    def enters(self, row: Row) -> bool:
        """Whether it takes part in a row."""
        if row.name in self.absent:
            return False
        return self.installed and (self.peer in row.bars or self.peer in {NNSPEC, LIMIT})

    def block(self, row: Row) -> Block:
        """Makes ready to train; to be called in the contestant's own process."""
        made: Block = import_module(f"contestants.{self.module}").block(row, *self.options)
        return made


def threads(count: int) -> dict[str, str]:
    """Environment in which OpenMP, OpenBLAS and MKL start so many threads."""
    return {name: str(count) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def xla_threads(count: int) -> dict[str, str]:
    """Environment in which JAX starts so many threads."""
    flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if count == 1 else {}
    return {**threads(count), **flags, "NPROC": str(count), "JAX_PLATFORMS": "cpu"}


def _threaded() -> Iterator[Contestant]:
    for count in (1, 2):
        how = f"{count} thread{'s' if count > 1 else ''}"
        yield Contestant(
            "PyTorch", "pytorch", how, "torch", threads(count), options=(str(count),), comparable=True
        )
        yield Contestant("scikit-learn", "scikit_learn", how, "sklearn", threads(count))
        for mode in ("step", "epoch"):
            # Within a loop, XLA compiles convolutions for a CPU to plain loops: fifteen times as long, or more.
            absent = ("lenet", "conv-batch-norm") if mode == "epoch" else ()
            yield Contestant(
                "JAX",
                "xla",
                f"compiled {mode}, {how}",
                "jax",
                xla_threads(count),
                options=(mode,),
                comparable=True,
                absent=absent,
            )
        yield Contestant(LIMIT, "limit", how, environment=threads(count))


CONTESTANTS: tuple[Contestant, ...] = (
    Contestant(NNSPEC, "engine", comparable=True),
    *_threaded(),
    Contestant("plain NumPy loop", "plain_loop", environment=threads(1)),
)
