"""numpy: all that was learned as an .npz file, which `numpy.load` reads.

    nnspec export runs/mnist/... --format numpy

Arrays by full name, ``layers.0.W``, ``transforms.0.mean``; beside them ``spec``, the resolved spec as text, and
``classes``, their names, where there are some. Nothing in it is pickled.
"""

import io
from typing import ClassVar

import numpy as np

from nnspec.extend import Exporter, Model


class Numpy(Exporter):
    """Arrays as NumPy stores them."""

    suffix: ClassVar[str] = ".npz"

    def export(self, model: Model) -> bytes:
        texts = {"spec": np.array(model.spec)}
        if model.classes is not None:
            texts["classes"] = np.array(model.classes)
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **texts, **model.arrays())
        return file.getvalue()
