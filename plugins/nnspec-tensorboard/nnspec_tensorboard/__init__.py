"""Runs as TensorBoard shows them, as a part of nnspec."""
