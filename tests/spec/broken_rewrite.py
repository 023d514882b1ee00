"""Writes down anew what is said of broken specs, after it was read and found better.

    python tests/spec/broken_rewrite.py                 shows what would change, and changes nothing
    python tests/spec/broken_rewrite.py layer_unknown   rewrites broken/layer_unknown.txt
    python tests/spec/broken_rewrite.py 'yaml_*'        rewrites those whose names fit

Read every line of the difference as somebody would who made that mistake, and knows nothing but the message: does
it say where, what was expected, what was found and what to do?
"""

import sys
from difflib import unified_diff
from fnmatch import fnmatch

from broken_specs import NAMES, expected, said


def main(patterns: list[str]) -> None:
    """Shows the differences; rewrites the files whose names fit a pattern."""
    for name in NAMES:
        file = expected(name)
        old = file.read_text("utf-8") if file.exists() else ""
        new = said(name)
        if old == new:
            continue
        lines = unified_diff(old.splitlines(), new.splitlines(), f"{name}.txt", f"{name}.txt", lineterm="", n=1)
        print("\n".join(lines))
        if any(fnmatch(name, pattern) for pattern in patterns):
            file.write_text(new, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
