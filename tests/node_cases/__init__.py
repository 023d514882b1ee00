"""The ONNX project's own node cases: which of them parts here run, and what they then yield."""
