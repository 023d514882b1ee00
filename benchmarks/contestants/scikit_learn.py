"""scikit-learn's MLPClassifier: epochs over as many samples as a block has, in float32, without its penalty.

Its output layer is always softmax with cross-entropy, also where a row says otherwise; the work is the same.
"""

from warnings import filterwarnings

from rows import Row
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from contestants import Block
from contestants.material import material


def block(row: Row) -> Block:
    """A block of training steps."""
    filterwarnings("ignore", category=ConvergenceWarning)  # one epoch a call is meant
    given = material(row)
    hidden = [node.output[0] for node, _ in given.layers if node.name == "dense"][:-1]
    activation = "relu" if "relu" in row.layers else "logistic"
    classifier = MLPClassifier(
        hidden,
        activation=activation,
        solver="adam" if given.adam else "sgd",
        alpha=0.0,
        batch_size=row.batch,
        learning_rate_init=given.rate if given.adam else 0.1,
        max_iter=1,
        momentum=0.0,
        warm_start=True,
        random_state=1,
    )
    samples = row.batch * row.steps
    inputs, labels = given.inputs[:samples], given.targets[:samples].argmax(axis=1)

    def run() -> float:
        classifier.fit(inputs, labels)
        return float(classifier.loss_)

    return run
