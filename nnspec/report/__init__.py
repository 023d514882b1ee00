"""Facts of runs become pages. Reads what lies in a run folder, and knows nothing else."""

from nnspec.report.pages import write_report

__all__ = ["write_report"]
