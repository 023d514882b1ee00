"""Ways to damage files: as bytes, as numbers in them, as trees, and within what is packed or signed."""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count as numbers
from random import Random
from typing import Any

import good_files as good

NUMBERS = (0, 1, -1, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63))
TEXTS = (
    b"99999999999999999999", b"1e999", b"-1", b"NaN", b"Infinity", b"null", b"[]", b"{}", b"9" * 5000,
    b"[" * 2000, b'"', b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[31m", b"\r", b"\n", b",", b"../../x",
    b"/etc/passwd", b"'O'", b"|O8", b"(1, 'f4')", b"__import__('os')", b"\xe2\x80\xae", b"True", b"<U1000000",
    b"cos\nsystem\n", b"(", b")", b"\xd9\xa3",
)  # fmt: skip
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, 1e308, float("nan"), float("inf"), "", "x" * 300, "../../x", [], {}, [[]], [None],
    "<script>alert(1)</script>", "\x1b]0;x\x07", {"a": {"b": [1]}}, [10**9] * 3, "last",
)  # fmt: skip


def scrambled(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Bytes changed, put in, taken out, repeated, cut off and mixed with those of other files."""
    result = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(result) + 1)
        match random.randrange(9):
            case 0 if at < len(result):
                result[at] ^= 1 << random.randrange(8)
            case 1:
                result[at : at + 1] = random.randbytes(1)
            case 2:
                form = random.choice(("<i", ">i", "<q", ">q", "<h", ">h", "b"))
                size = struct.calcsize(form)
                result[at : at + size] = (random.choice(NUMBERS) % 2 ** (8 * size)).to_bytes(
                    size, "big" if form[0] == ">" else "little"
                )
            case 3:
                result[at:at] = random.choice(TEXTS)
            case 4:
                text = random.choice(TEXTS)
                result[at : at + len(text)] = text
            case 5:
                del result[at : at + random.choice((1, 1, 2, 8, 50))]
            case 6:
                result[at:at] = result[at : at + random.randint(1, 60)] * random.choice((1, 2, 50))
            case 7 if random.random() < 0.3:
                del result[at:]
            case _:
                other = random.choice(others)
                start = random.randrange(len(other) + 1)
                result[at : at + random.choice((0, 4, 40))] = other[start : start + random.randint(1, 60)]
    return bytes(result)


def renumbered(data: bytes, random: Random, _others: Sequence[bytes]) -> bytes:
    """One of the numbers that the text holds, replaced by another or by something else."""
    places = [at for at, byte in enumerate(data[:4000]) if chr(byte).isdigit()]
    if not places:
        return data
    at = random.choice(places)
    end = next(end for end in numbers(at) if not data[end : end + 1].isdigit())
    new = random.choice((*TEXTS, *(b"%d" % number for number in NUMBERS)))
    return data[:at] + new + data[end:]


def replaced(value: Any, random: Random) -> Any:
    """A JSON value with one thing in it changed."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        rest = {key: item for key, item in value.items() if key != name}
        return rest if random.random() < 0.2 else rest | {name: replaced(value[name], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        return [*value[:at], replaced(value[at], random), *value[at + 1 :]]
    return random.choice(STRANGE)


def of_bytes(sources: Sequence[bytes]) -> Callable[[Random], bytes]:
    """Damages one of some files."""
    ways = scrambled, scrambled, renumbered
    return lambda random: random.choice(ways)(random.choice(sources), random, sources)


def of_json(value: Any) -> Callable[[Random], bytes]:
    """Damages a JSON document, as text or as a tree."""
    whole = json.dumps(value).encode()

    def made(random: Random) -> bytes:
        if random.random() < 0.4:
            return of_bytes([whole])(random)
        changed = value
        for _ in range(random.choice((1, 1, 2, 4))):
            changed = replaced(changed, random)
        return json.dumps(changed).encode()

    return made


def lines_of_json(random: Random) -> bytes:
    """Damages metrics.jsonl."""
    line = of_json(random.choice(good.LINES))(random)
    if random.random() < 0.3:
        return of_bytes([good.METRICS])(random)
    return good.METRICS + line + b"\n" + good.METRICS[:90]


def archives(random: Random) -> bytes:
    """Damages an archive, or what lies in a sound one."""
    packed = random.random() < 0.5
    names = random.choice((("x", "y"), ("x_train", "y_train", "x_test", "y_test"), tuple(good.EVIDENCE)))
    members = {name: random.choice(good.ARRAYS) for name in names}
    if random.random() < 0.6:
        name = random.choice(names)
        members[name] = of_bytes(good.ARRAYS)(random)
        return good.npz(packed=packed, **members)
    return scrambled(good.npz(packed=packed, **members), random, good.ARRAYS)


def pictures(random: Random) -> bytes:
    """Damages a picture; the checksums of a PNG are often made to fit again."""
    whole = random.choice(good.PICTURE_FILES)
    data = scrambled(whole, random, good.PICTURE_FILES)
    return _checked(data) if data[:4] == b"\x89PNG" and random.random() < 0.7 else data


def _checked(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums that fit them, as far as it has chunks."""
    result, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        result += data[at : at + 4] + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + length
    return bytes(result)


def pickles(random: Random) -> bytes:
    """Damages a pickle, mixes it with hostile ones, or is a hostile one."""
    kind = random.random()
    if kind < 0.1:
        return random.choice(good.CALLS)
    if kind < 0.4:
        return scrambled(random.choice(good.PICKLES), random, good.CALLS)
    if kind < 0.5:
        return bytes(random.choices(OPCODES, k=random.randint(1, 60))) + b"."
    return of_bytes(good.PICKLES)(random)


def gzips(random: Random) -> bytes:
    """Damages gzip data, or what is packed in it."""
    table = random.choice(good.TABLES)
    if random.random() < 0.5:
        return scrambled(good.gzipped(table), random, [good.gzipped(good.IMAGES)])
    return good.gzipped(of_bytes(good.TABLES)(random)) + (good.gzipped(table) if random.random() < 0.3 else b"")


def checkpoints(random: Random) -> bytes:
    """Damages a checkpoint; its digest is often made to fit again."""
    whole = good.signed(good.checkpoint())
    data = of_bytes([whole])(random)
    if random.random() < 0.5:
        with suppress(Exception):
            # What the reference reader cannot read either, nobody can sign.
            return good.signed(data)
    return data


OPCODES = b"(.0123FIJKLMNPQRSTUVXabcdeghijlopqrstu}]\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8c\x8f\x92\x93\x94\x95C"
