"""Which operators phones know: those of ONNX Runtime Mobile's prebuilt packages."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto

# all that stand in ONNX Runtime's tools/ci_build/github/android/mobile_package.required_operators.config
_NAMES = """
    Abs Add And ArgMax ArgMin AveragePool Cast Ceil Clip Concat ConstantOfShape Conv ConvTranspose Cos CumSum
    DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Elu Equal Erf Exp Expand Flatten Floor Gather GatherND
    Gemm GlobalAveragePool Greater GreaterOrEqual Identity If InstanceNormalization LRN LayerNormalization LeakyRelu
    Less LessOrEqual Log LogSoftmax Loop MatMul MatMulInteger Max MaxPool Mean Min Mul Neg NonMaxSuppression NonZero
    Not Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceMin
    ReduceProd ReduceSum Relu Reshape Resize ReverseSequence Round Scan ScatterND Shape Sigmoid Sin Size Slice
    Softmax SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Tile TopK Transpose Unique Unsqueeze Where
"""
MOBILE = frozenset(_NAMES.split())


def unknown_to_phones(network: "ModelProto") -> list[str]:
    """Return the operators of a network that ONNX Runtime Mobile's prebuilt packages lack, sorted; [] where it runs.

    >>> import onnx
    >>> from photoplanet.models import installed
    >>> unknown_to_phones(onnx.load(installed.resolve("toy") / "model.onnx"))
    []
    """
    found = {f"{node.domain}.{node.op_type}" if node.domain else node.op_type for node in network.graph.node}
    return sorted(found - MOBILE)
