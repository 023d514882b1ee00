"""Why operators of ONNX have no counterpart here, each with one reason."""

from .cases import cases, is_expanded, node_of

GROUPS: dict[str, str] = {
    "logic, comparison and bits: no layer is made of them": """
        And BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Equal Greater GreaterOrEqual IsInf IsNaN
        Less LessOrEqual Not Or Where Xor""",
    "arithmetic of two tensors or more: a layer has one input": """
        Div Max Mean Min Mod Pow Sub MatMulInteger Einsum""",
    "a function of single numbers that no activation is": """
        Abs Acos Acosh Asin Asinh Atan Atanh Binarizer Ceil Celu Clip Cos Cosh Erf Floor Log Neg Reciprocal Round
        Shrink Sign Sin Sinh Sqrt Tan ThresholdedRelu""",
    "a sum, product or extreme over axes by itself: metrics and costs have their own": """
        ArgMax ArgMin CumProd CumSum ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
        ReduceProd ReduceSum ReduceSumSquare Hardmax TopK""",
    "types, shapes and graphs, which a spec does not handle as data": """
        Cast CastLike Constant ConstantOfShape EyeLike If Loop OptionalGetElement OptionalHasElement Range Scan
        SequenceInsert SequenceMap Shape Size SplitToSequence""",
    "texts and tables of labels: loaders turn them into numbers": """
        ArrayFeatureExtractor ImageDecoder LabelEncoder RegexFullMatch StringConcat StringNormalizer StringSplit
        TfIdfVectorizer""",
    "quantized numbers: parameters are floats": """
        ConvInteger DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul QuantizeLinear""",
    "places in tensors are picked, set or moved: layers that do are `reshape`, `permute`, `flatten`": """
        CenterCropPad Compress DepthToSpace Expand GatherElements GatherND NonZero OneHot ReverseSequence Scatter
        ScatterElements ScatterND Slice SpaceToDepth Split Squeeze TensorScatter Tile Trilu Unique Unsqueeze""",
    "a layer that is not among those built in; a plugin may bring it": """
        AffineGrid CausalConvWithState Col2Im DeformConv GlobalMaxPool GridSample LRN
        LpNormalization LpPool MaxUnpool
        MeanVarianceNormalization NonMaxSuppression RMSNormalization RoiAlign RotaryEmbedding SwiGLU""",
    "attention that is handed queries, keys and values: `attention` here makes its own of one sequence": """
        Attention FlexAttention LinearAttention""",
    "signals: see the distribution nnspec-signal": """
        BlackmanWindow DFT HammingWindow HannWindow MelWeightMatrix STFT""",
    "another kind of model, or linear algebra": "Det TreeEnsemble",
    "drawn at random from a generator of its own": "Bernoulli",
}


def reasons() -> dict[str, str]:
    """The reason of each operator."""
    return {operator: reason for reason, operators in GROUPS.items() for operator in operators.split()}


def operators() -> list[str]:
    """All operators that have cases."""
    return sorted({node_of(case).op_type for case in cases().values() if not is_expanded(case)})
