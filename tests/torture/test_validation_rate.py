"""How many specs a second `nnspec validate` gets through, in processor time and so on a busy machine too."""

import resource
import subprocess
import sys
from pathlib import Path

SPECS = 500
A_SECOND = 300

HIDDEN = (
    "{{dense: {{units: {width}, weights: he, activation: relu}}}}",
    "{{dense: {width}}}",
    "sigmoid",
    "{{dropout: 0.2}}",
    "batch_norm",
)
SPEC = """\
nnspec: 1
name: generated-{number}
dataset: {{mnist: {{validation: {number}}}}}
input: 784
layers:
{layers}
  - dense: {{units: 10, activation: softmax}}
cost: cross_entropy
regularizer: {{l2: 1e-4}}
optimizer: {{momentum: {{learning_rate: 0.1, nesterov: true}}}}
schedule: {{warmup: {{steps: {number}, then: cosine}}}}
train: {{epochs: 3, batch_size: {number}, monitor: validation.accuracy}}
metrics: [accuracy, {{top_k: 3}}]
expect: {{test.accuracy: {{min: 0.9}}}}
"""


def seconds_of(folder: Path) -> float:
    """Processor time of a whole process that validates a folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "nnspec", "validate", folder], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def generated(number: int) -> str:
    """A spec of its own: other layers, other widths, other options."""
    layers = [HIDDEN[(number + place) % len(HIDDEN)] for place in range(3 + number % 6)]
    lines = "\n".join("  - " + layer.format(width=10 + number) for layer in layers)
    return SPEC.format(number=number + 1, layers=lines)


def test_hundreds_of_specs_a_second_are_validated_in_one_call(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "all").mkdir()
    (tmp_path / "one" / "0.yaml").write_text(generated(0), "utf-8")
    for number in range(SPECS):
        (tmp_path / "all" / f"{number}.yaml").write_text(generated(number), "utf-8")
    seconds = seconds_of(tmp_path / "all") - seconds_of(tmp_path / "one")
    print(f"{SPECS / seconds:,.0f} specs a second")
    assert SPECS / seconds >= A_SECOND
