"""A spec becomes a run: experiment, folder, checkpoints, provenance, and the use of what was trained."""
