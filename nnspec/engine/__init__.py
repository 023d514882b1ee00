"""Arrays: a plan of shapes, parameters in one flat vector, passes through the stack, training, evaluation.

Knows contracts alone: no concrete part, no YAML, no registry.
"""
