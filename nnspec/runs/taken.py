"""A run as exporters take it elsewhere."""

from nnspec.contracts.exporter import Model, ModelLayer, ModelTransform
from nnspec.runs.opened import OpenedRun


def model(run: OpenedRun) -> Model:
    """The network that an opened run stands for, whole."""
    word, network = run.spec.resolver.word, run.network
    return Model(
        name=run.spec.document.name,
        spec=run.spec.to_yaml(),
        sample=run.sample_shape,
        input=run.spec.document.input,
        transforms=tuple(
            ModelTransform(word(transform), transform, fitted)
            for transform, fitted in zip(run.pipeline.transforms, run.pipeline.fitted, strict=True)
        ),
        layers=tuple(
            ModelLayer(
                node.path,
                node.name,
                node.layer,
                node.input,
                node.output,
                vars(network.parameters(index)),
                vars(network.states.views[index]),
            )
            for index, node in enumerate(network.nodes)
        ),
        classes=run.classes,
    )
