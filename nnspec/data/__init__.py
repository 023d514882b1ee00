"""Where files of data sets come from: searching this machine, mirrors, checking content."""

from nnspec.data.sources import Sources

__all__ = ["Sources"]
