"""What a reader decides about lesions, and draws: without a window and without a viewer."""

from calcimeasure.review.calibration import Calibration, KnownDistances, KnownLength
from calcimeasure.review.cut import Cut, CuttingLine, CuttingPlane
from calcimeasure.review.edits import (
    Preview,
    Signature,
    add,
    calibrate,
    decide,
    merge,
    preview,
    redraw,
    set_side,
    set_site,
    set_tissue,
    split,
    undo,
    undo_edit,
)

__all__ = [
    "Calibration",
    "Cut",
    "CuttingLine",
    "CuttingPlane",
    "KnownDistances",
    "KnownLength",
    "Preview",
    "Signature",
    "add",
    "calibrate",
    "decide",
    "merge",
    "preview",
    "redraw",
    "set_side",
    "set_site",
    "set_tissue",
    "split",
    "undo",
    "undo_edit",
]
