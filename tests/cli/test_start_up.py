"""Verbs that only read specs do not wait for NumPy; those that compute get all of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import nnspec
from nnspec.errors import INTERRUPTED, USAGE

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


def in_a_process_of_its_own(code: str) -> None:
    """Runs code where nothing was imported yet; what fails in it fails here."""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_part_has_numpy_loaded_by_being_imported() -> None:
    code = (
        "import sys\n"
        "from nnspec.cli.deferral import defer\n"
        "defer('numpy')\n"
        "from nnspec.registry import Catalogue\n"
        "from nnspec.registry.kinds import KINDS\n"
        "for entry in (entry for kind in KINDS for entry in Catalogue().entries(kind) if entry.own):\n"
        "    entry.load()\n"
        "    assert 'numpy._core' not in sys.modules, entry.full\n"
    )
    in_a_process_of_its_own(code)


NOT_NEEDED = ["email", "json", "gzip", "mmap", "difflib", "nnspec.contracts.exporter", "nnspec.spec.syntax"]


def test_what_a_good_spec_does_not_need_is_not_loaded() -> None:
    code = (
        "import atexit, sys\n"
        "from nnspec.cli.process import console\n"
        "atexit.register(lambda: print(*sys.modules, sep='\\n', file=sys.stderr))\n"
        "console()\n"
    )
    spec = str(SPECS / "mnist_784_30_10.yaml")
    words = [sys.executable, "-c", code, "validate", spec]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert "good" in done.stdout
    assert set(NOT_NEEDED).isdisjoint(done.stderr.split())
    assert "nnspec.spec.train" in done.stderr.split()


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
        "assert type(early) is type(sys), 'Python looks names up in plain modules three times as fast'\n"
    )
    in_a_process_of_its_own(code)


def test_a_function_may_be_imported_without_loading_its_module() -> None:
    code = (
        "from nnspec.cli.deferral import defer\n"
        "defer('importlib.metadata', 'entry_points')\n"
        "import sys\n"
        "from importlib.metadata import entry_points\n"
        "assert 'email' not in sys.modules\n"
        "assert {each.name for each in entry_points(group='nnspec.costs')} >= {'quadratic', 'huber'}\n"
        "import importlib.metadata\n"
        "assert importlib.metadata.version('nnspec')\n"
        "assert importlib.metadata is sys.modules['importlib.metadata']\n"
        "assert importlib.metadata.entry_points.__module__ == 'importlib.metadata'\n"
    )
    in_a_process_of_its_own(code)


def test_a_deferred_module_is_there_by_its_full_name() -> None:
    code = (
        "from nnspec.cli.deferral import defer\n"
        "defer('importlib.metadata', 'entry_points')\n"
        "import importlib.metadata\n"
        "assert importlib.metadata.version('nnspec')\n"
    )
    in_a_process_of_its_own(code)


def test_ending_at_once_loses_neither_output_nor_exit_code() -> None:
    whole = subprocess.run([sys.executable, "-m", "nnspec", "schema"], check=True, capture_output=True).stdout
    assert "layers" in json.loads(whole)["properties"]
    wrong = subprocess.run(
        [sys.executable, "-m", "nnspec", "validate", "no such file"], check=False, capture_output=True
    )
    assert wrong.returncode == USAGE
    assert b"no such file" in wrong.stderr


def test_what_asked_to_be_called_at_the_end_is_called() -> None:
    code = (
        "import atexit, sys\n"
        "from nnspec.cli.process import console\n"
        "atexit.register(print, 'called')\n"
        "sys.argv = ['nnspec', '--version']\n"
        "console()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout.splitlines() == [f"nnspec {nnspec.__version__}", "called"]


def test_stopped_while_still_starting_says_so_in_a_word() -> None:
    code = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'nnspec.cli.main':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from nnspec.cli.process import console\n"
        "console()\n"
    )
    stopped = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (stopped.returncode, stopped.stderr) == (INTERRUPTED, "stopped\n")
