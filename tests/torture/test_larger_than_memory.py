"""Memory does not grow with data that stays in its file: the short form of `larger_than_memory.py`."""

from pathlib import Path

import pytest
from larger_than_memory import make
from peak import measured_run


@pytest.mark.skipif("sys.platform != 'linux'", reason="memory is read from /proc")
def test_two_gigabytes_take_the_memory_of_a_tenth(tmp_path: Path) -> None:
    peaks = []
    for gigabytes in (0.6, 2.0):
        folder = tmp_path / str(gigabytes)
        folder.mkdir()
        make(folder, gigabytes, 20_000)
        facts, peak = measured_run(folder)
        assert facts["status"] == "finished"
        peaks.append(peak)
    assert peaks[1] < 400e6
    assert peaks[1] < peaks[0] + 40e6
