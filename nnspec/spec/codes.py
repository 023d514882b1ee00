"""The codes of problems: stable names that tools and pages can rely on, each explained.

``NS00.`` and ``NS01.`` reading a file, ``NS02.`` composing it, ``NS03.`` sections and options, ``NS04.`` parts,
``NS05.`` what does not fit together, ``NS06.`` what does not fit the data. A code is never given another
meaning; new kinds of problems get new codes.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One kind of problem.

    Attributes:
        title: What it is, in a few words.
        why: Why it is a problem, and what to do about it.
        wrong: Lines of a spec that have it.
        right: The same lines, mended.
    """

    title: str
    why: str
    wrong: str = ""
    right: str = ""


CODES: dict[str, Code] = {
    "NS001": Code(
        "the file cannot be read",
        "There is no file of that name, it is a folder, or its permissions keep it from being read. "
        "The message names spec files beside it that come close.",
    ),
    "NS002": Code(
        "not UTF-8 text",
        "Specs are UTF-8, with or without a byte order mark. Editors call it an encoding; save the file as UTF-8.",
    ),
    "NS003": Code(
        "not YAML",
        "The text breaks a rule of YAML itself, so that nothing can be said of its content. Frequent "
        "reasons: a bracket "
        "that is not closed, a tab in the indentation, a colon without a space behind it.",
        "layers: [sigmoid, {dense: 10}\ncost: quadratic",
        "layers: [sigmoid, {dense: 10}]\ncost: quadratic",
    ),
    "NS004": Code(
        "the file is empty", "A spec is a mapping of names to values; `nnspec init` writes a first one."
    ),
    "NS005": Code(
        "larger than any spec needs to be",
        "Size, depth of nesting and number of entries are bounded, aliases counted as often as they are "
        "used, so that a "
        "spec from a stranger cannot exhaust the machine.",
    ),
    "NS006": Code(
        "a tag",
        "Tags such as `!!python/object` ask a reader to make something other than plain values. A spec can "
        "name parts, "
        "never code.",
        "seed: !!int 3",
        "seed: 3",
    ),
    "NS007": Code(
        "a merge key",
        "`<<` belonged to YAML 1.1. Write the entries out, use an alias for a whole value, or `extends:` "
        "for a file.",
        "layers:\n  - dense: &hidden {units: 30}\n  - dense: {<<: *hidden, bias: false}",
        "layers:\n  - dense: {units: 30}\n  - dense: {units: 30, bias: false}",
    ),
    "NS008": Code(
        "a name given twice",
        "YAML forbids it, since only one of the two values could hold. Keep one.",
        "seed: 1\nseed: 2",
        "seed: 2",
    ),
    "NS009": Code(
        "a key that is no name",
        "What stands before a colon is the name of a section, an option or a part, and so it is text.",
        "train: {3: epochs}",
        "train: {epochs: 3}",
    ),
    "NS010": Code(
        "a number that nothing can hold",
        "Whole numbers have at most 64 bits; no quantity in a spec needs more.",
        "seed: 123456789012345678901234567890",
        "seed: 1234567890",
    ),
    "NS011": Code(
        "an alias without an anchor",
        "`*name` repeats the value that an earlier `&name` marked; there is none of that name before it.",
        "layers: [*hidden]",
        "layers: [&hidden {dense: 30}, *hidden]",
    ),
    "NS020": Code(
        "a setting that leads nowhere",
        "`--set PATH=VALUE` replaces one value; the path's steps are parted by dots and list items go by "
        "number, or by "
        "name where that names one of them.",
        "--set layers.9=relu",
        "--set layers.1=relu",
    ),
    "NS021": Code(
        "a base that cannot be extended",
        "`extends:` names another spec, its path starting from this spec's folder. It must be there and "
        "must not lead "
        "back to this one.",
        "extends: no_such_file.yaml",
        "extends: base.yaml",
    ),
    "NS022": Code(
        "no mapping",
        "A spec is a mapping of names to values at its top; this is a list, or a bare value.",
        "- dense: 30",
        "layers:\n  - dense: 30",
    ),
    "NS030": Code(
        "the version of the spec language",
        "`nnspec: 1` says in which version of the language a spec is written. A newer one is not guessed "
        "at: install the "
        "release that reads it.",
        "nnspec: 2",
        "nnspec: 1",
    ),
    "NS031": Code(
        "something required is missing",
        "A section or an option without a default is not there.",
        "optimizer: {sgd: {}}",
        "optimizer: {sgd: {learning_rate: 0.1}}",
    ),
    "NS032": Code(
        "a section that does not exist",
        "Unknown names are never passed over: a typing mistake would silently leave a default in force.",
        "optimiser: {sgd: 0.1}",
        "optimizer: {sgd: 0.1}",
    ),
    "NS033": Code(
        "an option that does not exist",
        "The part has no option of that name. `nnspec parts KIND NAME` lists those it has; where another "
        "part of the kind "
        "has such an option, the message says whose it is.",
        "layers: [{dense: {unit: 30}}]",
        "layers: [{dense: {units: 30}}]",
    ),
    "NS034": Code(
        "a value of another type",
        "A number is expected where text stands, a list where a number stands, and so on. Values are not "
        "converted: in "
        "YAML 1.2 `1e-3` is a number, `no` is text, and quotation marks make text of anything.",
        'train: {epochs: "3"}',
        "train: {epochs: 3}",
    ),
    "NS035": Code(
        "a number out of its bounds",
        "The option has bounds, which the message gives.",
        "layers: [{dropout: 1.5}]",
        "layers: [{dropout: 0.5}]",
    ),
    "NS036": Code(
        "a word that is no choice",
        "The option takes one of a few words, which the message lists.",
        "train: {keep: worst}",
        "train: {keep: best}",
    ),
    "NS037": Code(
        "an input that is no shape",
        "`input` is the shape of one sample: how many numbers, or a list of lengths.",
        "input: [28, 0]",
        "input: [1, 28, 28]",
    ),
    "NS038": Code(
        "text that cannot stand here",
        "The name of a spec names a folder: letters, digits, dots, dashes and underscores, a letter or "
        "digit first. Stretches of training or time are a number with its unit: `500 steps`, `10 min`.",
        "name: my/network",
        "name: my_network",
    ),
    "NS040": Code(
        "a part that is not installed",
        "Nothing of that name is there among the parts of the kind. A typing mistake, a part of another "
        "kind, or a plugin "
        "that is not installed.",
        "cost: crossentropy",
        "cost: cross_entropy",
    ),
    "NS041": Code(
        "a part that two distributions claim",
        "Two installed distributions bring a part of this name; the distribution's name in front picks one.",
        "layers: [spline]",
        "layers: [some-plugin.spline]",
    ),
    "NS042": Code(
        "a part that fails to load",
        "The distribution that brings the part is broken here; the message says which, its version, and how "
        "it fails. Specs "
        "that do not name the part are not touched by it.",
    ),
    "NS043": Code(
        "several names where one part stands",
        "A part is written `name`, `name: value` or `name: {options}`. Two names in one entry are usually "
        "options that are "
        "not indented below their part.",
        "layers:\n  - dense: 30\n    activation: relu",
        "layers:\n  - dense: {units: 30, activation: relu}",
    ),
    "NS044": Code(
        "no part where one belongs",
        "A part is written `name`, `name: value` or `name: {options}`.",
        "layers: [30]",
        "layers: [{dense: 30}]",
    ),
    "NS045": Code(
        "a bare value for a part that has no primary option",
        "`name: value` sets a part's primary option; this part has none.",
        "layers: [{flatten: 3}]",
        "layers: [flatten]",
    ),
    "NS046": Code(
        "an option that breaks a rule of its part",
        "Each part checks its options, alone and together; the message is the part's own.",
        "layers: [{dense: {units: 3, weights: {uniform: {low: 1, high: 0}}}}]",
        "layers: [{dense: {units: 3, weights: {uniform: {low: 0, high: 1}}}}]",
    ),
    "NS047": Code(
        "a part of a plugin that fails, or breaks its contract",
        "The part was loaded, and then fails at work: it raises an error, declares a shape and yields another, "
        "returns another type than the spec's precision, or writes to its inputs. The message says which "
        "distribution brings it and what was found; `nnspec plugins check` tries all parts of plugins.",
    ),
    "NS048": Code(
        "a plugin that is missing",
        "The spec says under `plugins` which distributions it needs. This one is not installed, or it may not be "
        "loaded here.",
        'plugins: {nnspec-nowhere: ">=0.1"}',
        'plugins: {nnspec: ">=0.1"}',
    ),
    "NS049": Code(
        "a plugin of another version",
        "The spec says under `plugins` for which versions it is written, as pip takes them: comparisons, "
        "parted by commas.",
        'plugins: {nnspec: "<0.1"}',
        'plugins: {nnspec: ">=0.1"}',
    ),
    "NS050": Code(
        "a layer that cannot take the shape",
        "Shapes are followed through the whole stack before data is read. The message shows the stack so "
        "far and names the "
        "layer to insert, or the option to change.",
        "input: [1, 28, 28]\nlayers: [{dense: 10}]",
        "input: [1, 28, 28]\nlayers: [flatten, {dense: 10}]",
    ),
    "NS051": Code(
        "an input that does not fit the data",
        "`input` may shape a sample anew, but must have as many numbers as the data has.",
        "dataset: mnist\ninput: 785",
        "dataset: mnist\ninput: 784",
    ),
    "NS052": Code(
        "outputs that do not fit the data",
        "The last layer has one output a class, or a single one for two classes; or as many as there are targets.",
        "dataset: mnist\nlayers: [{dense: {units: 12, activation: softmax}}]",
        "dataset: mnist\nlayers: [{dense: {units: 10, activation: softmax}}]",
    ),
    "NS053": Code(
        "a cost that does not fit the last layer",
        "Cross-entropy is the logarithm of a probability: what stands before it must end between 0 and 1.",
        "layers: [{dense: 10}]\ncost: cross_entropy",
        "layers: [{dense: 10}, softmax]\ncost: cross_entropy",
    ),
    "NS054": Code(
        "a result that the spec does not yield",
        "`expect` and `train.monitor` name results as `split.metric`; the metric is `cost` or stands under "
        "`metrics`.",
        "expect: {test.acuracy: {min: 0.9}}",
        "expect: {test.accuracy: {min: 0.9}}",
    ),
    "NS055": Code(
        "a metric listed twice",
        "Results go by the metric's name, whatever its options: `top_k: 3` and `top_k: 5` would both be `top_k`. "
        "Keep the one that matters; a second spec, of `extends:` and `metrics:` alone, can measure the other.",
        "metrics: [accuracy, accuracy]",
        "metrics: [accuracy]",
    ),
    "NS056": Code(
        "more parameters than the machine can hold",
        "Parameters, their gradients and the optimizer's state would not fit into this machine's memory.",
    ),
    "NS057": Code(
        "a pattern that fits no parameter, or all of them",
        "`train.freeze` and `train.rates` pick parameters by their full names, such as `layers.0.W`; `*` stands "
        "for anything. A pattern that fits none would do nothing, in silence; and with all of them frozen there "
        "is nothing to train.",
        'train: {freeze: ["layers.7.*"]}',
        'train: {freeze: ["layers.1.W"]}',
    ),
    "NS058": Code(
        "what the optimizer cannot work with",
        "An optimizer that sees all parameters together, such as `lbfgs`, cannot give some of them another rate; "
        "and one that reads curvature off its steps needs the gradient of all samples in each of them.",
        'optimizer: lbfgs\ntrain: {rates: {"layers.1.*": 0.1}}',
        'optimizer: lbfgs\ntrain: {freeze: ["layers.1.b"]}',
    ),
    "NS059": Code(
        "a parameter that cannot share another's numbers",
        "`tied` names a parameter of another layer in full; its shape, or its transpose's, must be the same.",
        "layers: [{dense: 30}, {dense: {units: 784, weights: {tied: layers.0.W}}}]",
        "layers: [{dense: 30}, {dense: {units: 784, weights: {tied: {to: layers.0.W, transposed: true}}}}]",
    ),
    "NS061": Code(
        "a transfer that cannot be made",
        "`transfer` begins with what another run has learned. The run must be there, and all that the patterns in "
        "`parameters` pick must be in it, in the same shape; `rename` says where layers are called otherwise.",
    ),
    "NS060": Code(
        "a cost or a metric that does not fit what is to be answered",
        "Targets are classes, which exclude one another, labels, each of which is 1 or 0 by itself, or numbers. "
        "Accuracy and class weights are for the first two; class weights go by the names of the classes, or are "
        "as many as there are classes.",
        "dataset: fashion_mnist\ncost: {cross_entropy: {class_weights: {Bags: 2}}}",
        "dataset: fashion_mnist\ncost: {cross_entropy: {class_weights: {Bag: 2}}}",
    ),
}
