"""The review: decisions of a reader about lesions, and outlines that a reader draws; independent of any viewer.

A viewer needs only the names below and those of `calcimeasure`. The words for lesions and images are among them.
"""

from calcimeasure.analysis.pipeline import Survey, survey
from calcimeasure.errors import ReviewError
from calcimeasure.measure.preview import Preview, preview
from calcimeasure.model import (
    AlgorithmType,
    Axis,
    BodySite,
    Canal,
    Image,
    ImageKind,
    Laterality,
    Morphology,
    PointPx,
    Radiograph,
    RadiographAxis,
    RadiographMeasurements,
    Revision,
    Side,
    SideSource,
    Site,
    SpacingSource,
    Stack,
    Status,
    Tissue,
)
from calcimeasure.review.calibration import Calibration, KnownDistances, KnownLength
from calcimeasure.review.companions import Companions, companions_of
from calcimeasure.review.conflict import Answer, Conflict
from calcimeasure.review.cut import Cut, CuttingLine, CuttingPlane
from calcimeasure.review.desk import Desk
from calcimeasure.review.difference import difference_hu
from calcimeasure.review.doubts import doubt_about_accepting, doubt_about_side
from calcimeasure.review.drafts import Draft, Edit, Job
from calcimeasure.review.edits import (
    Signature,
    add,
    calibrate,
    decide,
    merge,
    redraw,
    remove,
    set_morphology,
    set_side,
    set_site,
    set_tissue,
    split,
    undo,
)
from calcimeasure.review.journal import Journal, LeftBehind, Place
from calcimeasure.review.linking import Links, Waiting, WhichDate, keeps_links, links_of, pairs_that_wait
from calcimeasure.review.offering import Shape, dense_only, pointing_at, reshaping, splitting_between
from calcimeasure.review.picture import lesion_picture, marker_picture
from calcimeasure.review.pointing import Pointed
from calcimeasure.review.prior import (
    Motions,
    OpenedPrior,
    PriorDate,
    index_in_current,
    index_in_prior,
    open_prior,
    place_lps_mm,
)
from calcimeasure.review.readings import ReadingWish
from calcimeasure.review.recovery import begun_at, unsaved_folders
from calcimeasure.review.restoring import restore, unsaved_of
from calcimeasure.review.session import Session
from calcimeasure.review.worklist import OpenedStack, Task, TaskState, first_open, open_stack

__all__ = [
    "AlgorithmType",
    "Answer",
    "Axis",
    "BodySite",
    "Calibration",
    "Canal",
    "Companions",
    "Conflict",
    "Cut",
    "CuttingLine",
    "CuttingPlane",
    "Desk",
    "Draft",
    "Edit",
    "Image",
    "ImageKind",
    "Job",
    "Journal",
    "KnownDistances",
    "KnownLength",
    "Laterality",
    "LeftBehind",
    "Links",
    "Morphology",
    "Motions",
    "OpenedPrior",
    "OpenedStack",
    "Place",
    "PointPx",
    "Pointed",
    "Preview",
    "PriorDate",
    "Radiograph",
    "RadiographAxis",
    "RadiographMeasurements",
    "ReadingWish",
    "ReviewError",
    "Revision",
    "Session",
    "Shape",
    "Side",
    "SideSource",
    "Signature",
    "Site",
    "SpacingSource",
    "Stack",
    "Status",
    "Survey",
    "Task",
    "TaskState",
    "Tissue",
    "Waiting",
    "WhichDate",
    "add",
    "begun_at",
    "calibrate",
    "companions_of",
    "decide",
    "dense_only",
    "difference_hu",
    "doubt_about_accepting",
    "doubt_about_side",
    "first_open",
    "index_in_current",
    "index_in_prior",
    "keeps_links",
    "lesion_picture",
    "links_of",
    "marker_picture",
    "merge",
    "open_prior",
    "open_stack",
    "pairs_that_wait",
    "place_lps_mm",
    "pointing_at",
    "preview",
    "redraw",
    "remove",
    "reshaping",
    "restore",
    "set_morphology",
    "set_side",
    "set_site",
    "set_tissue",
    "split",
    "splitting_between",
    "survey",
    "undo",
    "unsaved_folders",
    "unsaved_of",
]
