"""The limit: the matrix products of the row's step and nothing else, on arrays that are there already."""

from rows import Row

from contestants import Block
from nnspec.insight.limit import bare_products


def block(row: Row) -> Block:
    """A block of bare products."""
    products = bare_products(row.spec().nodes, row.batch)

    def run() -> float:
        for _ in range(row.steps):
            products()
        return 0.0

    return run
