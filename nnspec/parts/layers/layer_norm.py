"""layer_norm: each sample brought to mean 0 and variance 1 over its own numbers.

    layers:
      - layer_norm
      - layer_norm: {epsilon: 0.001, affine: false}

x (*shape, N) -> y (*shape, N);  γ, β (*shape, 1);  in a sequence (T, F, N) each step on its own, γ, β (F, 1)

y = γ x̂ + β,  x̂ = (x - μ) / √(σ² + ε), μ and σ² over the sample, or over one step of it
dC/dγ = Σ dy x̂,  dC/dβ = Σ dy,  dC/dx = (d - mean of d - x̂ mean of d x̂) / √(σ² + ε) with d = γ dy
(J. Ba, J. Kiros and G. Hinton, Layer Normalization, 2016)
"""

from nnspec.extend import Array, Declaration, Shape, ShapeError, shape_text, size
from nnspec.parts.layers._sample_normalization import SampleNormalization


class LayerNorm(SampleNormalization):
    """One mean and variance a sample, or a step of a sequence."""

    def declare(self, shape: Shape) -> Declaration:
        own = shape[1:] if len(shape) == 2 else shape
        if size(own) < 2:
            raise ShapeError(
                f"layer_norm over a single number, of {shape_text(shape)}, always answers 0",
                "take it out, or put it behind a layer of more units",
            )
        return Declaration(shape, self._parameters((*own, 1)))

    def _grouping(self, shape: Shape) -> Shape:
        return (1, *shape) if len(shape) == 3 else (1, 1, size(shape[:-1]), shape[-1])

    def _shared(self, x: Array) -> tuple[int, ...]:
        return (0,) if x.ndim == 3 else ()
