"""Entry points to parts: kinds, catalogue, resolution, suggestions."""

from nnspec.registry.catalogue import Catalogue
from nnspec.registry.entry import Entry
from nnspec.registry.resolution import CatalogueResolver, default_resolver

__all__ = ["Catalogue", "CatalogueResolver", "Entry", "default_resolver"]
