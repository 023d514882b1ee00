"""The short form of the fuzz run for readers; the long one is started by hand."""

import subprocess
import sys
from pathlib import Path

import pytest
from hostile_pickles import HOSTILE

from nnspec.errors import DataError
from nnspec.parts.loaders._unpickler import Unpickler


def test_hundreds_of_damaged_files_for_every_reader_end_in_data_or_in_an_error() -> None:
    """In a process of its own, over which audit hooks watch, and whose memory is nobody else's."""
    script = Path(__file__).parent / "fuzz_readers.py"
    done = subprocess.run([sys.executable, script, "--count", "300"], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) == 11
    assert all("300 inputs" in line and line.endswith(", 0 failures") for line in lines)


def test_the_watch_sees_what_a_pickle_does_to_those_who_run_it(tmp_path: Path) -> None:
    """Python's own machine, under the same watch: it imports, it calls, and both are found."""
    program = (
        "import pickle, sys\n"
        "from fuzz_readers import Guard\n"
        f"guard = Guard({str(tmp_path)!r})\n"
        "sys.addaudithook(guard.hear)\n"
        "guard.armed = True\n"
        "pickle.loads(b'cos\\nsystem\\n(Vtrue\\ntR.')\n"
        "open('/dev/null').close()\n"
        "guard.armed = False\n"
        "print(*(deed.split()[0] for deed in guard.seen))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["pickle.find_class", "os.system", "open"], done.stderr


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_pickle_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        Unpickler(data, Path("x.pkl")).load()
