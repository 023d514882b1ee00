"""Damaged specs by the thousand: each must end in a `Spec` or a `SpecError`, soon and in little memory.

    python tests/torture/fuzz_specs.py --count 500000          some twenty minutes; prints what came of them
    python tests/torture/fuzz_specs.py --seed 1 --only 4711    one of them again, written to stdout

Inputs are the shipped specs and the broken ones of ``tests/spec``, damaged as bytes, as text and as trees, and a
few monsters: alias bombs, hundreds of thousands of brackets, files of 50 MB. Each depends on the seed and its
number alone.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from peak import peak_megabytes

from nnspec.errors import SpecError
from nnspec.spec.problems import Problem
from nnspec.spec.reader import read, read_file
from nnspec.spec.rendering import as_annotations, as_data, coloured
from nnspec.spec.specification import from_tree
from nnspec.spec.yaml_core import dump

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 1.0, 500
HUNG = 10.0
"""Seconds after which an input is interrupted."""
MONSTER_EVERY = 2_000

SHIPPED, BROKEN = (
    [path.read_bytes() for folder in folders for path in sorted((ROOT / folder).glob("*.yaml"))]
    for folders in (("specs",), ("tests/spec/broken", "tests/spec/broken/bases"))
)
TEXT = """
1e999 -1e999 .nan .inf 0 -0.0 -1 1e-3 010 0x1F 0o17 99999999999999999999 null ~ true no on '' '30' "1e-3" 0,5 1_000
&a *a <<: !!int !x --- ... | > ? ?- - : , [ ] { } [] {} [[ {{ % @ ` # #x extends: base.yaml !!python/name:os.system
nnspec layers dense units conv2d kernel relu softmax mnist csv path blobs sgd adam learning_rate momentum l2 warmup
then: cosine normal he zeros activation weights accuracy top_k min train epochs batch_size monitor input dataset
cost cross_entropy test.accuracy 784 [1,28,28] [-1] {dense:3} 2000000000
"""
WORDS = [*TEXT.split(), "<<: *a", "extends: .", "[1, 28, 28]", "dense: {units: 3}", "\u2028", "\ufeff", ""]
BYTES = (
    b"\0", b"\t", b"\r\n", b"\r", b"\n", b" ", b"  ", b"\\", b"'", b'"', b"\x1b[31m", b"\x7f", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80",
)  # fmt: skip
SETTINGS = (
    "train.epochs=3", "layers.0.dense=20", "layers[1]=relu", "optimizer.adam=1e-3", "expect.test.accuracy.min=0.5",
    "input=[1, 28, 28]", "dataset={blobs: {centers: 3}}", "layers=[flatten, {dense: 10}, softmax]", "regularizer=",
)  # fmt: skip


def sound_or_broken(random: Random) -> bytes:
    """A spec to damage."""
    return random.choice(SHIPPED if random.random() < 0.6 else BROKEN)


def damaged_bytes(content: bytes, random: Random) -> bytes:
    """Bytes put in, taken out, changed, repeated and cut off."""
    data = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(data) + 1)
        match random.randrange(6):
            case 0:
                data[at:at] = random.choice(BYTES)
            case 1:
                del data[at : at + random.randint(1, 20)]
            case 2:
                data[at : at + 1] = random.randbytes(1)
            case 3:
                data[at:at] = data[at : at + random.randint(1, 60)] * random.randint(1, 3)
            case 4:
                del data[at:]
            case _:
                other = sound_or_broken(random)
                start = random.randrange(len(other) + 1)
                data[at:at] = other[start : start + random.randint(1, 80)]
    return bytes(data)


def damaged_text(content: bytes, random: Random) -> bytes:
    """Words and lines moved, doubled, indented otherwise and replaced; other line ends and encodings."""
    lines = content.decode("utf-8", "replace").split("\n")
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(lines))
        match random.randrange(7):
            case 0:
                lines.insert(random.randrange(len(lines) + 1), lines[at])
            case 1 if len(lines) > 1:
                lines.insert(random.randrange(len(lines)), lines.pop(at))
            case 2:
                lines[at] = random.choice((" ", "  ", "\t", "    ", "- ")) + lines[at]
            case 3:
                lines[at] = lines[at][random.randint(1, 3) :]
            case 4:
                words = lines[at].split(" ")
                words[random.randrange(len(words))] = random.choice(WORDS)
                lines[at] = " ".join(words)
            case 5:
                cut = random.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + random.choice(WORDS) + lines[at][cut:]
            case _:
                name, colon, _ = lines[at].partition(": ")
                lines[at] = name + colon + random.choice(WORDS)
    end, encoding = "\n", "utf-8"
    if random.random() < 0.2:
        end = random.choice(("\r\n", "\r", "\n\n", "\n\t"))
        encoding = random.choice(("utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"))
    return end.join(lines).encode(encoding, "replace")


def damaged_tree(content: bytes, random: Random) -> bytes:
    """Values of a spec replaced by others, and names by other names; the text is good YAML."""
    try:
        tree = read(content, "corpus").value
    except SpecError:
        return damaged_text(content, random)
    for _ in range(random.choice((1, 1, 2, 3))):
        tree = changed(tree, random)
    return dump(tree).encode("utf-8", "surrogatepass")


def changed(value: Any, random: Random) -> Any:
    """The value with one thing in it changed."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        result = dict(value)
        name = random.choice(list(result))
        if random.random() < 0.25:
            result[random.choice(WORDS)] = result.pop(name)
        elif random.random() < 0.2:
            del result[name]
        else:
            result[name] = changed(result[name], random)
        return result
    if isinstance(value, list) and value and random.random() < 0.85:
        items = list(value)
        at = random.randrange(len(items))
        if random.random() < 0.3:
            items.insert(at, random.choice(items))
        else:
            items[at] = changed(items[at], random)
        return items
    return anything(random, 3)


def anything(random: Random, levels: int) -> Any:
    """A scalar, or a small list or mapping."""
    kind = random.randrange(10) if levels else random.randrange(8)
    if kind == 8:
        return [anything(random, levels - 1) for _ in range(random.randrange(4))]
    if kind == 9:
        return {random.choice(WORDS): anything(random, levels - 1) for _ in range(random.randrange(4))}
    scalars = (None, True, random.randint(-3, 2000), random.uniform(-2, 2), 10**18, float("inf"), 1e308)
    return random.choice(WORDS) if kind < 4 else random.choice(scalars)


GOOD = b"nnspec: 1\ndataset: mnist\ninput: 784\ncost: quadratic\noptimizer: {sgd: 0.1}\n"


def _names(count: int, text: str, random: Random) -> bytes:
    """The text once for each of so many names that come from nowhere."""
    return "".join(text.replace("NAME", f"{random.getrandbits(40):x}") for _ in range(count)).encode()


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (new, new, b",".join([b"*%c" % old] * 9))
    for old, new in zip(b"abcdefgh", b"bcdefghi", strict=True)
)
LAYER = GOOD + b"layers: [{dense: 1}]\n"
MONSTERS: tuple[Callable[[Random], bytes], ...] = (
    lambda _: b"[" * 200_000,
    lambda _: b"[" * 200_000 + b"]" * 200_000,
    lambda _: b"{a: " * 200_000,
    lambda _: b"{" * 200_000,
    lambda _: b"- " * 200_000,
    lambda _: b"? " * 200_000,
    lambda _: b"\n".join(b" " * depth + b"a:" for depth in range(1_000)),
    lambda _: BOMB,
    lambda _: b"a0: &a0 x\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (i, i, i - 1) for i in range(1, 3_000)),
    lambda _: b"a: &a [*a]\n",
    lambda _: b"".join(b"a%d: &a%d x\n" % (i, i) for i in range(30_000)),
    lambda _: b"a" * 50_000_000,
    lambda _: b"a: 1\n" * 10_000_000,
    lambda _: b"\0" * 50_000_000,
    lambda _: b"a: 1\n" * 199_000,
    lambda _: b"\n" * 999_000,
    lambda _: b"#" * 999_000,
    lambda _: b'"' + b"\\x41" * 240_000 + b'"',
    lambda _: b"a: |\n" + b"  text\n" * 140_000,
    lambda _: b"a: " + b"9" * 900_000,
    lambda _: b"a: " + b"1_" * 400_000,
    lambda _: b"a: 1e" + b"9" * 900_000,
    lambda _: b"a: 0x" + b"f" * 900_000,
    lambda _: b"a: 1" + b"," * 900_000,
    lambda _: b"a: [" + b"," * 900_000,
    lambda _: b"%" * 900_000,
    lambda _: b"!" * 900_000,
    lambda _: b"&" + b"a" * 900_000 + b" x",
    lambda _: b"a: !" + b"a" * 900_000 + b" x",
    lambda _: b"a: " + "😀".encode() * 200_000,
    lambda _: b"a: " + b"\xc2\x85" * 400_000,
    lambda random: GOOD + b"layers:\n" + _names(9_000, "  - NAME\n", random),
    lambda random: GOOD + b"layers:\n" + _names(1_990, "  - NAME\n", random),
    lambda random: GOOD + b"layers: [" + _names(1_900, "{dense: {NAME: 1}}, ", random) + b"]\n",
    lambda random: GOOD + b"layers: [{dense: {" + _names(4_900, "NAME: 1, ", random) + b"}}]\n",
    lambda random: LAYER + b"expect: {" + _names(2_400, "test.NAME: {min: 1}, ", random) + b"}\n",
    lambda random: LAYER + b"metrics: [" + _names(1_990, "NAME, ", random) + b"]\n",
    lambda random: GOOD + _names(4_900, "NAME: 1\n", random),
    lambda random: GOOD + b"layers: [" + _names(1_900, "NAME" + " " * 400 + ", ", random) + b"]\n",
    lambda _: GOOD + b"layers: [" + b"{dense: 99999}, " * 1_990 + b"]\n",
    lambda _: GOOD + b"layers: [" + b"relu, " * 1_990 + b"]\n",
    lambda _: GOOD + b"layers: [relu]\nschedule: " + b"{warmup: {steps: 5, then: " * 22 + b"cosin" + b"}}" * 22,
    lambda _: GOOD + b"seed: 1\n" * 9_000,
    lambda _: GOOD + b"input: [" + b"18446744073709551615, " * 8 + b"]\n",
    lambda _: LAYER.replace(b"784", b"[" + b"18446744073709551615," * 8 + b"]").replace(b"[{", b"[flatten, {"),
)  # fmt: skip
"""What nobody writes and somebody sends."""


@dataclass(frozen=True)
class Input:
    """One damaged spec.

    Attributes:
        content: Its bytes.
        settings: Overrides that go with it.
        from_file: Whether it is read from a file.
    """

    content: bytes
    settings: tuple[str, ...] = ()
    from_file: bool = False


def made(seed: int, number: int) -> Input:
    """The input of that number."""
    random = Random(f"{seed}:{number}")  # noqa: S311 -- chance that can be repeated, not secrets
    if number < len(MONSTERS):
        return Input(MONSTERS[number](random), from_file=True)
    if number % MONSTER_EVERY == 0:
        return Input(damaged_bytes(random.choice(MONSTERS)(random), random), from_file=True)
    damage = random.choice((damaged_bytes, damaged_text, damaged_tree, damaged_tree))
    content = damage(sound_or_broken(random), random)
    if random.random() > 0.1:
        return Input(content)
    setting = damaged_text(random.choice(SETTINGS).encode(), random)
    return Input(content, (setting.decode("utf-8", "surrogateescape"),))


@dataclass
class Tally:
    """What came of the inputs so far.

    Attributes:
        valid: How many are specs.
        codes: How often each code was given.
        slowest: Seconds of processor time of the slowest, and its number.
        failures: What must not happen.
    """

    valid: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, -1)
    failures: list[str] = field(default_factory=list)


def judge(number: int, given: Input, tally: Tally) -> None:
    """Reads one input and notes what came of it."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, HUNG)
    try:
        problems = problems_of(given)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is a finding
        tally.failures.append(f"{number}: {type(error).__name__}: {error}"[:300])
        return
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        seconds = time.process_time() - start
        tally.slowest = max(tally.slowest, (seconds, number))
    if seconds > SECONDS:
        tally.failures.append(f"{number}: took {seconds:.2f} s")
    tally.valid += not problems
    tally.codes.update(problem.code for problem in problems)


def problems_of(given: Input) -> list[Problem]:
    """The problems of an input, each of which can be shown in every way, and stands inside its text."""
    path = Path("input.yaml")
    try:
        if given.from_file:
            path.write_bytes(given.content)
        from_tree(read_file(path) if given.from_file else read(given.content, "input.yaml"), given.settings, path)
    except SpecError as error:
        problems = [problem for problem in error.problems if isinstance(problem, Problem)]
    else:
        return []
    assert problems, "refused without a reason"
    for problem in problems[:20]:
        shown(problem)
    return problems


def shown(problem: Problem) -> None:
    """Shows a problem in every way there is."""
    mark, lines = problem.mark, problem.mark.text.lines or ("",)
    assert problem.message
    assert 1 <= mark.line <= len(lines), str(mark)
    assert 1 <= mark.column <= len(lines[mark.line - 1]) + 1, str(mark)
    assert as_data(problem)["line"] == mark.line
    assert as_annotations([problem]).startswith("::error ")
    assert coloured(problem)
    assert len(str(problem).splitlines()) <= 4 + len(problem.table)


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    """Ends an input that hangs."""
    raise TimeoutError(f"hangs: more than {HUNG} s")


def fuzz(count: int, seed: int) -> Tally:
    """Judges so many inputs."""
    tally = Tally()
    signal.signal(signal.SIGPROF, interrupted)
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("base.yaml").write_bytes(SHIPPED[0])
        for number in range(count):
            judge(number, made(seed, number), tally)
            if number % 10_000 == 0 and peak_megabytes() > MEGABYTES:
                break
    if peak_megabytes() > MEGABYTES:
        tally.failures.append(f"{peak_megabytes():.0f} MB of memory")
    return tally


def main(words: list[str]) -> int:
    """Runs it; 0 where nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=3_000, help="how many inputs (default: 3000)")
    parser.add_argument("--seed", type=int, default=1, help="what chance starts from (default: 1)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="write one input to stdout, and judge nothing")
    args = parser.parse_args(words)
    if args.only is not None:
        given = made(args.seed, args.only)
        sys.stdout.buffer.write(given.content)
        print(*given.settings, sep="\n", file=sys.stderr)
        return 0
    start = time.perf_counter()
    tally = fuzz(args.count, args.seed)
    seconds, number = tally.slowest
    print(
        f"{args.count:,} inputs in {time.perf_counter() - start:,.0f} s: {tally.valid:,} valid, "
        f"{args.count - tally.valid:,} refused with {tally.codes.total():,} problems of {len(tally.codes)} codes; "
        f"slowest {seconds:.2f} s (input {number}), {peak_megabytes():.0f} MB, {len(tally.failures)} failures"
    )
    for failure in tally.failures[:50]:
        print(failure)
    return bool(tally.failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
