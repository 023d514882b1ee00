"""`nnspec` as a process of its own: it starts without delay, runs one command, and ends at once.

A command that reads a spec takes a tenth of a second, and hooks and editors call it all day: half of that would go
into looking for garbage, looking for plugins of pydantic, and taking a thousand modules apart at the end.
"""

# ruff: noqa: E402 -- before anything else is imported
import signal

# From here on Ctrl-C ends the process without a word; before, Python shows where it was.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from nnspec.errors import INTERRUPTED

# Imports make many objects and drop none; looking for garbage among them each 700 takes 6 % of a short command.
OBJECTS_BETWEEN_COLLECTIONS = 200_000


def console() -> NoReturn:
    """Runs the command line that the process was started with, and ends the process."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # pydantic looks through every installed distribution for plugins of its own; nothing here is for them.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from nnspec.cli.main import main

        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = main()
    except KeyboardInterrupt:
        # Between this line and that: `main` says so itself.
        print("stopped", file=sys.stderr)  # noqa: T201 -- what others print with may not be there yet
        code = INTERRUPTED
    _end(code)


def _end(code: int) -> NoReturn:
    # Where nobody has imported it, there are no threads.
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        sys.exit(code)
    # What asked to be called at the end is called; memory is the system's to take back, in one piece.
    atexit._run_exitfuncs()  # noqa: SLF001 -- the one name it has; Python's own multiprocessing ends the same way
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
