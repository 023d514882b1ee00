"""An environment of its own, made in a second: what this one has, and whatever is installed into it."""

import os
import subprocess
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "NO_COLOR": "1",
}
"""Nothing is downloaded: build tools are those of this environment. (A 0 says no to isolation.)"""
SCRIPTS = ("nnspec", "pytest", "pip")


class Fresh:
    """A virtual environment on top of the one that runs the tests.

    Attributes:
        bin: Where its commands are.
    """

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.bin = folder / "bin"
        site = next((folder / "lib").glob("python*/site-packages"))
        below = sysconfig.get_path("purelib")
        # Not a plain line: that would pass over what is installed editable there.
        (site / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n", "utf-8")
        for name in SCRIPTS:
            script = self.bin / name
            script.write_text(f'#!/bin/sh\nexec {self.bin / "python"} -m {name} "$@"\n', "utf-8")
            script.chmod(0o755)

    @property
    def variables(self) -> Mapping[str, str]:
        """The variables of a process in it."""
        without = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NNSPEC_"))
        }
        return {**without, **OFFLINE, "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}"}

    def answer(self, *words: str, code: int = 0, folder: Path | None = None) -> str:
        """What a command answers, or says is wrong where that is expected; it must end with this code."""
        done = subprocess.run(words, env=self.variables, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr if code else done.stdout
