"""`python -m nnspec` is `nnspec`."""

from nnspec.cli.process import console

console()
