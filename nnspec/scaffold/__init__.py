"""New distributions: what `nnspec plugins new` writes."""

from nnspec.scaffold.project import Project

__all__ = ["Project"]
