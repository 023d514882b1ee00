"""tied: no numbers of its own: those of another layer's parameter, in training too.

    input: 784
    layers:
      - dense: {units: 30, activation: sigmoid}
      - dense: {units: 784, weights: {tied: {to: layers.0.W, transposed: true}}}

W = the parameter called `to`, or its transpose (the first two axes exchanged);  dC/dW sums over both uses
It is counted, stored and regularized once, where it belongs. `nnspec show` lists the names of layers.
(an autoencoder whose decoder has the encoder's weights: P. Vincent and others, Extracting and Composing Robust
Features with Denoising Autoencoders, 2008, section 2.2)
"""

from typing import Annotated, ClassVar

from nnspec.extend import Field, Initializer, Tie


class Tied(Initializer):
    """Goes wherever an initializer goes, and stands for weights in place of filling them."""

    primary: ClassVar[str | None] = "to"

    to: Annotated[str, Field(min_length=1, description="full name of the parameter, such as layers.0.W")]
    transposed: Annotated[bool, Field(description="exchange its first two axes")] = False

    def tie(self) -> Tie:
        return Tie(self.to, self.transposed)
