"""safetensors: all that was learned as tensors by name, which every framework reads.

    nnspec export runs/mnist/... --format safetensors

Tensors by full name, ``layers.0.W``, ``transforms.0.mean``. The file's metadata has one key, ``nnspec``: a JSON
document with ``spec``, the resolved spec as text, and ``classes``.
"""

import json
from typing import ClassVar

import numpy as np

from nnspec.extend import Exporter, Model


class Safetensors(Exporter):
    """Tensors by name."""

    suffix: ClassVar[str] = ".safetensors"

    def export(self, model: Model) -> bytes:
        from safetensors.numpy import save

        about = json.dumps({"spec": model.spec, "classes": model.classes}, sort_keys=True)
        # safetensors corrupts arrays that are not C-contiguous, and orders several metadata keys by chance.
        tensors = {name: np.asarray(array, order="C") for name, array in sorted(model.arrays().items())}
        return save(tensors, metadata={"nnspec": about})
