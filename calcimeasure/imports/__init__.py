"""Outlines drawn elsewhere (DICOM SEG, RTSTRUCT, NRRD, NIfTI, MetaImage) become lesions of a folder of results."""

from calcimeasure.imports.into import import_into
from calcimeasure.imports.records import DONE, OPEN, Imported, ImportedOutline, Order, Verdict

__all__ = ["DONE", "OPEN", "Imported", "ImportedOutline", "Order", "Verdict", "import_into"]
