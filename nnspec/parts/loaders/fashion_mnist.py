"""fashion_mnist: 70,000 photographs of clothes, in the format of MNIST and harder.

    dataset: fashion_mnist
    dataset:
      fashion_mnist: {validation: 10000}

inputs (samples, 1, 28, 28) of bytes, 0 = background;  10 classes

60,000 samples to train on, 10,000 to test with.
Source: H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms, arXiv:1708.07747, 2017.
"""

from typing import ClassVar

from nnspec.extend import RemoteFile
from nnspec.parts.loaders._mnist_like import MnistLike, four_files


class FashionMnist(MnistLike):
    """Clothes instead of digits: where MNIST is too easy."""

    names: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    licence: ClassVar[str] = "MIT, Zalando SE"
    folder: ClassVar[str | None] = "fashion-mnist"
    remote: ClassVar[tuple[RemoteFile, ...]] = four_files(
        hashes=(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
    )
