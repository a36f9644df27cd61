"""What a lesion keeps when it is measured again."""

from dataclasses import replace

from calcimeasure.analysis.inherit import inherit, with_morphology
from calcimeasure.model import (
    BodySite,
    Laterality,
    Morphology,
    MorphologySource,
    Side,
    SideSource,
    Site,
    SiteSource,
    Status,
    Tissue,
)
from tests.analysis.test_retain import decided, lesion, names
from tests.model.test_numbers import MEASURED
from tests.review.test_edits import LEFT_HALF, WHOLE


def test_what_a_reader_decided_is_inherited_and_what_the_program_said_is_not() -> None:
    side = Side(Laterality.LEFT, SideSource.READER)
    site = Site(BodySite.ELBOW, SiteSource.READER)
    old = decided(LEFT_HALF, 4, tissue=Tissue.BONE, side=side, site=site)
    heir = inherit(lesion(WHOLE, tissue=Tissue.UNKNOWN, tissue_confidence=0.5), old)
    assert names([heir]) == [("old 4", 4)]
    assert (heir.status, heir.reader, heir.reviewed_at) == (Status.ACCEPTED, "A", old.reviewed_at)
    assert (heir.tissue, heir.tissue_confidence) == (Tissue.BONE, None)
    assert (heir.side, heir.site, heir.outline) == (side, site, WHOLE)

    said = replace(
        old,
        tissue_confidence=0.9,
        side=Side(Laterality.LEFT, SideSource.DICOM_TAG, 0.9),
        site=Site(BodySite.ELBOW, SiteSource.GEOMETRY),
    )
    heir = inherit(lesion(WHOLE, tissue=Tissue.UNKNOWN, tissue_confidence=0.5), said)
    assert (heir.tissue, heir.tissue_confidence, heir.side, heir.site) == (Tissue.UNKNOWN, 0.5, None, None)


def test_morphology_that_a_reader_set_is_inherited_and_that_of_the_program_is_not() -> None:
    for numbers in MEASURED.values():
        now = replace(
            numbers, morphology=Morphology.NET, morphology_confidence=0.6, morphology_source=MorphologySource.IMAGE
        )
        by_reader = replace(decided(LEFT_HALF, 4), measurements=with_morphology(numbers, Morphology.SHELL))
        kept = inherit(replace(lesion(WHOLE), measurements=now), by_reader).measurements
        assert kept == replace(
            now, morphology=Morphology.SHELL, morphology_confidence=None, morphology_source=MorphologySource.READER
        )
        by_program = replace(by_reader, measurements=replace(now, morphology=Morphology.PLATE))
        assert inherit(replace(lesion(WHOLE), measurements=now), by_program).measurements == now
