"""Good files of every kind that nnspec reads, to be damaged: small, since most goes wrong in headers."""

import gzip
import io
import json
import pickle
import struct
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from hostile_pickles import HOSTILE
from PIL import Image
from safetensors.numpy import load, save

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(12, 4)).astype(np.float32)
Y = np.arange(12) % 3
PICTURES = RANDOM.integers(0, 256, (12, 5, 4)).astype(np.uint8)


def idx(array: np.ndarray[Any, Any], kind: int) -> bytes:
    """An array as an IDX file, big-endian."""
    stored = array.astype(array.dtype.newbyteorder(">"))
    return bytes((0, 0, kind, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + stored.tobytes()


def npy(array: np.ndarray[Any, Any], version: tuple[int, int] | None = None) -> bytes:
    """An array as a .npy file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def npz(*, packed: bool, **members: bytes) -> bytes:
    """Members as a .npz file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def picture(form: str, mode: str) -> bytes:
    """A picture of 9 x 7 pixels."""
    pixels = RANDOM.integers(0, 256, (7, 9, 4)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, form)
    return file.getvalue()


IMAGES, LABELS = idx(PICTURES, 8), idx(Y.astype(np.uint8), 8)
ARRAYS = [
    npy(X), npy(np.asfortranarray(X)), npy(PICTURES), npy(X.astype(">f8"), (2, 0)), npy(X > 0), npy(np.eye(12)),
    npy(np.array(["a", "bc", "d"] * 4)), npy(np.array([b"x", b"yz"] * 6)), npy(Y, (3, 0)),
]  # fmt: skip
TABLES = [
    b"petal,colour,label\n" + b"1.5,red,a\n2,blue,b\n-3e2,red,a\n" * 4,
    b'petal;colour;label\r\n"1,5";"re""d";a\r\n2;"blue\n";b\r\n',
    "pétal\tcolour\tlabel\n1\t\u2028ü\t٣\n2\tüü\t10\n".encode("utf-8-sig"),
    b"a,b,label\n" + b"1,2,3\n" * 8,
]
FORMS = (
    ("PNG", "L"), ("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("PNG", "I;16"), ("JPEG", "RGB"),
    ("JPEG", "L"), ("JPEG", "CMYK"), ("GIF", "P"), ("BMP", "RGB"), ("TIFF", "RGB"), ("TIFF", "L"), ("WEBP", "RGB"),
    ("WEBP", "RGBA"), ("PPM", "RGB"),
)  # fmt: skip
PICTURE_FILES = [picture(form, mode) for form, mode in FORMS]
PAIRS = ((X, Y), (X[:6], Y[:6]), (X[:3], Y[:3]))
VALUES = (
    PAIRS, (X, Y, X, Y), {"x_train": X, "y_train": Y, "note": "n"},
    [(x[:, None], int(y)) for x, y in zip(X, Y, strict=True)],
    (X.T, np.eye(3)[Y].T), (X, [f"class {y}" for y in Y]), ([1, 2.5, None, "t", 2**70], {"a": (True, b"b", -3)}),
    (np.float32(2), np.arange(3)[::2], np.asfortranarray(X)),
)  # fmt: skip
PICKLES = [pickle.dumps(value, protocol) for value in VALUES for protocol in range(6)]
CALLS = list(HOSTILE.values())


def checkpoint() -> bytes:
    """A checkpoint of nothing in particular."""
    tensors = {"parameters/layers.0.W": X, "state/layers.1.mean": X[0], "slots/t": np.array(3)}
    generator = {"bit_generator": "PCG64", "state": {"state": 1, "inc": 3}, "has_uint32": 0, "uinteger": 0}
    state = {
        "format": 1,
        "epoch": 3,
        "step": 0,
        "trainer": {
            "position": {"epoch": 3, "step": 0, "cost": 0.5, "shuffling": generator},
            "updates": {"step": 9, "accumulated": {"batches": 0, "samples": 0}, "averaged": 9},
        },
        "generators": {"shuffling": generator},
        "judgement": {"best": None, "kept": [["epoch-0003", 0.5]], "reference": 0.5, "waited": 0},
        "metrics": {"test": {"cost": 0.5}},
        "lines": 3,
    }
    return save(tensors, {"nnspec": json.dumps(state)})


def signed(content: bytes) -> bytes:
    """The checkpoint with a digest that fits whatever it holds, as somebody who means harm would leave it."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    tensors = load(content)
    state = json.loads(header["__metadata__"]["nnspec"])
    state.pop("sha256", None)
    digest = sha256(json.dumps(state, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        digest.update(f"{name} {array.dtype.str} {tensors[name].shape}\n".encode())
        digest.update(array.tobytes())
    state["sha256"] = digest.hexdigest()
    return save(tensors, {"nnspec": json.dumps(state)})


FACTS: dict[str, Any] = {
    "name": "by-hand", "description": "Made by hand.", "started": "2030-01-02T03:04:05+00:00",
    "spec_file": "a.yaml", "spec_folder": "/somewhere/my specs", "seed": 17, "parameters": 31,
    "status": "finished", "reason": None,
    "signal": None, "epochs": 3, "step": 0, "stands_for": 3, "checkpoint": "last", "seconds": 12.3,
    "training_seconds": 11.0, "metrics": {"train": {"cost": 0.1}, "test": {"cost": 0.2, "accuracy": 0.9}},
    "best": {"epoch": 3, "monitor": "test.accuracy", "value": 0.9, "metrics": {"test": {"accuracy": 0.9}}},
    "resumed": [], "warnings": ["A warning."],
    "activities": [{"path": "layers.1", "name": "sigmoid", "dead": 0.1, "saturated": 0.2, "hidden": True}],
    "layers": [
        {"path": "layers.0", "name": "dense", "input": [4], "output": [3], "parameters": 15},
        {"path": "layers.1", "name": "sigmoid", "input": [3], "output": [3], "parameters": 0},
    ],
    "dataset": {
        "loader": "npz", "samples": {"train": 9, "test": 3}, "shape": [4], "dtype": "float32",
        "classes": ["a", "b", "c"], "outcomes": [], "features": [],
        "files": [{"name": "x.npz", "sha256": "ab" * 32}], "sha256": "cd" * 32,
    },
    "engine": {"precision": "float32", "shards": 2, "fused": True},
    "versions": {"nnspec": "0.1.0", "numpy": "2.4.0"}, "plugins": {},
    "machine": {"system": "Linux", "cores": 2, "blas": [{"internal_api": "openblas", "version": "0.3"}]},
    "fingerprint": "ef" * 32,
}  # fmt: skip
LINES = [
    {"epoch": number, "train": {"cost": 1 / number}, "test": {"cost": 2 / number, "accuracy": 0.5}, "seconds": 0.1}
    for number in range(1, 6)
]
METRICS = b"".join(json.dumps(line).encode() + b"\n" for line in LINES)
EVIDENCE = {
    "split": np.array("test"), "confusion": np.eye(3, dtype=np.int64) * 4, "mistake_inputs": X[:5],
    "mistake_classes": np.zeros(5, np.int64), "mistake_answers": np.ones(5, np.int64),
    "mistake_certainties": np.full(5, 0.9),
}  # fmt: skip


def run_folder(folder: Path) -> None:
    """A run folder, made by hand."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(FACTS), "utf-8")
    (folder / "metrics.jsonl").write_bytes(METRICS)
    (folder / "spec.yaml").write_text("nnspec: 1\n", "utf-8")
    members = {name: npy(array) for name, array in EVIDENCE.items()}
    (folder / "evidence.npz").write_bytes(npz(packed=True, **members))
    (folder / "checkpoints" / "last.safetensors").write_bytes(signed(checkpoint()))


def gzipped(content: bytes) -> bytes:
    """The content, gzipped without the time of day."""
    return gzip.compress(content, 1, mtime=0)
