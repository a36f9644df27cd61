"""The records of the program: stacks, images, outlines, lesions, reports, studies.

All records are frozen and their arrays are read-only. Records that hold arrays are equal only if they are the same
object.

Arrays are (k, j, i) = (slice, row, column), positions LPS mm. None means
"not known" or "not applicable", never zero.
"""

from calcimeasure.model.image import NOT_IMAGED_HU, Image, NamedBones, Radiograph, Volume
from calcimeasure.model.lesion import (
    OUTLINE_IMPORTED,
    Lesion,
    Midline,
    Revision,
    Side,
    Site,
    largest_first,
    review_state,
)
from calcimeasure.model.measurements import Axis, Measurements, RadiographAxis, RadiographMeasurements
from calcimeasure.model.outline import Outline
from calcimeasure.model.person import Person, Who, name_alone, names_among, names_nobody, settled
from calcimeasure.model.points import PointLps, PointPx
from calcimeasure.model.proposal import Evidence, Proposal, Proposals
from calcimeasure.model.report import Content, MaskUse, Outcome, Report, StackFacts, notices_of
from calcimeasure.model.stack import Failure, Found, Instance, PixelFormat, Projection, Stack
from calcimeasure.model.study import LinkKey, Links, Study, link_key
from calcimeasure.model.vocabulary import (
    AlgorithmType,
    BodySite,
    Canal,
    ImageKind,
    Laterality,
    Morphology,
    MorphologySource,
    ReviewState,
    SideSource,
    SiteSource,
    SpacingSource,
    State,
    Status,
    Tissue,
)

__all__ = [
    "NOT_IMAGED_HU",
    "OUTLINE_IMPORTED",
    "AlgorithmType",
    "Axis",
    "BodySite",
    "Canal",
    "Content",
    "Evidence",
    "Failure",
    "Found",
    "Image",
    "ImageKind",
    "Instance",
    "Laterality",
    "Lesion",
    "LinkKey",
    "Links",
    "MaskUse",
    "Measurements",
    "Midline",
    "Morphology",
    "MorphologySource",
    "NamedBones",
    "Outcome",
    "Outline",
    "Person",
    "PixelFormat",
    "PointLps",
    "PointPx",
    "Projection",
    "Proposal",
    "Proposals",
    "Radiograph",
    "RadiographAxis",
    "RadiographMeasurements",
    "Report",
    "ReviewState",
    "Revision",
    "Side",
    "SideSource",
    "Site",
    "SiteSource",
    "SpacingSource",
    "Stack",
    "StackFacts",
    "State",
    "Status",
    "Study",
    "Tissue",
    "Volume",
    "Who",
    "largest_first",
    "link_key",
    "name_alone",
    "names_among",
    "names_nobody",
    "notices_of",
    "review_state",
    "settled",
]
