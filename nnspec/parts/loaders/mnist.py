"""mnist: 70,000 handwritten digits.

    dataset: mnist
    dataset:
      mnist: {validation: 10000}     # the last 10,000 training samples, as the textbooks divide it

inputs (samples, 1, 28, 28) of bytes, 0 = paper, 255 = ink;  10 classes

60,000 samples to train on, 10,000 to test with.
Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document
recognition, Proceedings of the IEEE 86(11), 1998.
"""

from typing import ClassVar

from nnspec.extend import RemoteFile
from nnspec.parts.loaders._mnist_like import MnistLike, four_files


class Mnist(MnistLike):
    """Handwritten digits, the data set that everybody starts with."""

    names: ClassVar[tuple[str, ...]] = tuple("0123456789")
    licence: ClassVar[str] = "CC BY-SA 3.0, Yann LeCun and Corinna Cortes"
    folder: ClassVar[str | None] = "mnist"
    remote: ClassVar[tuple[RemoteFile, ...]] = four_files(
        hashes=(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    )
