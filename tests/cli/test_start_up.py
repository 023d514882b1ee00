"""Verbs that only read specs do not wait for NumPy; those that compute get all of it."""

import subprocess
import sys
from pathlib import Path

import pytest

SPECS = Path(__file__).parents[2] / "specs"

WITHOUT_NUMPY = """
import sys
from nnspec.cli.main import main
code = main(sys.argv[1:])
assert code == 0, code
assert "numpy._core" not in sys.modules, "NumPy was loaded"
"""


@pytest.mark.parametrize(
    "words",
    [
        ["validate", str(SPECS)],
        ["show", str(SPECS / "mnist_784_30_10.yaml")],
        ["diff", str(SPECS / "xor.yaml"), str(SPECS / "moons.yaml")],
        ["parts", "layers"],
        ["--help"],
    ],
    ids=lambda words: words[0],
)
def test_reading_specs_loads_no_numpy(words: list[str]) -> None:
    subprocess.run([sys.executable, "-c", WITHOUT_NUMPY, *words], check=True, stdout=subprocess.DEVNULL)


def test_the_stand_in_becomes_the_module_for_those_who_hold_it() -> None:
    code = (
        "from nnspec.cli.deferral import defer\n"
        "defer('numpy')\n"
        "import numpy as early\n"
        "import sys\n"
        "assert 'numpy._core' not in sys.modules\n"
        "import numpy.linalg\n"
        "assert early.linalg.norm([3, 4]) == 5\n"
        "import numpy as late\n"
        "assert early.ndarray is late.ndarray and late is sys.modules['numpy'] is not early\n"
        "assert isinstance(early.random.default_rng(0).random(), float)\n"
        "assert 'array' in vars(early)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
