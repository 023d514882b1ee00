"""Layers for signals, as parts of nnspec."""
