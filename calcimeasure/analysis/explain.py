"""The reasons for the numbers of a lesion, in words, as `calcimeasure explain` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.codes import NOTICES

if TYPE_CHECKING:
    from calcimeasure.model import Image, Lesion, NamedBones, Outline, Proposal, Proposals, Side, Site
    from calcimeasure.settings import Settings


@dataclass(frozen=True, slots=True)
class Judgements:
    """What a lesion was judged to be, and where it lies, in words.

    Parameters
    ----------
    tissue
        Lines: the tissue of the proposal that the lesion overlaps most, and each sign with how much it speaks for a
        calcified mass (positive) or against it, in the unit of evidence that adds up: the logarithm of the odds.
    place
        The lines of `explain_place`.
    looked_at
        The proposal that a network looked at; None if its other signs decided, or there is none.
    """

    tissue: list[str]
    place: list[str]
    looked_at: Outline | None


def explain_size(image: Image, lesion: Lesion, settings: Settings) -> list[str]:
    """Explain a lesion's sizes.

    Parameters
    ----------
    image
        The CT volume or radiograph in which the lesion was measured.
    lesion
        The lesion, as measured with these settings.
    settings
        The settings used for measuring.

    Returns
    -------
    list of str
        Lines for a person. On CT: plateau, surroundings and edge, the profile across the edge, the sizes with the
        half-widths of their intervals, and the meaning of the notices. On a radiograph: the scale of the pixel values,
        contrast and sizes.
    """
    lines = kind_of(image).size_lines(image, lesion.outline, lesion.measurements, settings)
    notices = [f"  {notice}: {NOTICES[notice]}" for notice in lesion.notices]
    notice_lines = ["", "Notices", *notices] if notices else []
    return [f"Lesion {lesion.number}, {lesion.tracking_uid}", "", *lines, *notice_lines]


def explain_judgements(image: Image, lesion: Lesion, settings: Settings, bones: NamedBones | None = None) -> Judgements:
    """Explain what a lesion was judged to be, and where it lies, looking at the image once.

    Parameters
    ----------
    image
        The CT volume or radiograph in which the lesion was found.
    lesion
        The lesion with its current outline; a reader may have redrawn this outline.
    settings
        The settings used for finding the lesion.
    bones
        Bones that another program named.

    Returns
    -------
    Judgements
        Lines for a person, and the proposal that a network looked at.
    """
    kind = kind_of(image)
    proposals = kind.propose(kind.calibrated(image, [lesion]), settings, None if bones is None else bones.mask)
    judged = kind.judged_site(image, lesion.outline, proposals, bones)
    part = _proposal_of(proposals, lesion)
    is_looked_at = part is not None and any(one.name == "surroundings" for one in part.evidence)
    return Judgements(
        tissue=_tissue_lines(part),
        place=explain_place(lesion, judged),
        looked_at=part.outline if part is not None and is_looked_at else None,
    )


def _proposal_of(proposals: Proposals, lesion: Lesion) -> Proposal | None:
    """Find the proposal that a lesion overlaps most."""
    part = max(proposals.parts, key=lambda one: one.outline.overlap(lesion.outline), default=None)
    return part if part is not None and part.outline.overlap(lesion.outline) else None


def _tissue_lines(part: Proposal | None) -> list[str]:
    if part is None:
        return ["Tissue", "  nothing dense was proposed here: the outline is a reader's alone"]
    lines = ["Tissue", f"  {part.tissue}, confidence {part.tissue_confidence:.2f}"]
    if part.touches_bone:
        lines.append(f"  touches bone over {part.bone_contact_mm2:.0f} mm2")
    strongest_first = sorted(part.evidence, key=lambda one: -abs(one.log_odds))
    return [*lines, *(f"  {one.log_odds:+5.1f}  {one.sentence}" for one in strongest_first)]


def explain_place(lesion: Lesion, judged: Site | None = None) -> list[str]:
    """Explain the side and body site of a lesion: the evidence for them and against them.

    Parameters
    ----------
    lesion
        The lesion, as stored.
    judged
        Its site as judged now, with the evidence.

    Returns
    -------
    list of str
        Lines for a person.
    """
    side, site = lesion.side, lesion.site
    if side is None or site is None:
        return ["Side and site", "  not judged"]
    return ["Side and site", *_side_lines(side), *_site_lines(site, judged)]


def _side_lines(side: Side) -> list[str]:
    lines = [f"  side          {side.laterality}, from {side.source}{_percent(side.confidence)}"]
    if side.conflict:
        lines.append("  conflict      sources disagree: a reader has to say")
    if side.hint is not None:
        lines.append(f"  hint          {side.hint} (weak evidence, not a side)")
    if side.distance_to_midline_mm is not None:
        lines.append(f"  midline       {side.distance_to_midline_mm:.1f} mm, positive to the patient's left")
    lines += [f"  because       {reason}" for reason in side.evidence.split("; ") if reason]
    return lines


def _site_lines(site: Site, judged: Site | None) -> list[str]:
    lines = [f"  site          {_named(site)}"]
    if judged is not None and judged.evidence:
        against = "" if judged.body_site is site.body_site else f", for {_named(judged)}"
        lines.append(f"  because       {judged.evidence}{against}")
    return lines


def _named(site: Site) -> str:
    detail = f" ({site.detail})" if site.detail else ""
    return f"{site.body_site}{detail}, from {site.source}"


def _percent(confidence: float | None) -> str:
    return "" if confidence is None else f", confidence {confidence:.0%}"
