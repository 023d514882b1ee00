"""Facts of runs become pages. Reads what lies in a run folder, and knows nothing else."""

from nnspec.report.pages import pages, write_report

__all__ = ["pages", "write_report"]
