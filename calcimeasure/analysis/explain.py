"""The reasons for the numbers of a lesion, in words, as `calcimeasure explain` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.codes import NOTICES

if TYPE_CHECKING:
    from calcimeasure.model import Image, Lesion, NamedBones, Proposals, Side, Site
    from calcimeasure.settings import Settings


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


def explain_judgements(
    image: Image, lesion: Lesion, settings: Settings, bones: NamedBones | None = None
) -> tuple[list[str], list[str]]:
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
    tuple of list of str
        Lines for a person. First the tissue of the proposal that the lesion overlaps most, and each sign with how much
        it speaks for a calcified mass (positive) or against it, in the unit of evidence that adds up: the logarithm of
        the odds. Then those of `explain_place`.
    """
    kind = kind_of(image)
    proposals = kind.propose(kind.calibrated(image, [lesion]), settings, None if bones is None else bones.mask)
    judged = kind.judged_site(image, lesion.outline, proposals, bones)
    return _tissue_lines(proposals, lesion), explain_place(lesion, judged)


def _tissue_lines(proposals: Proposals, lesion: Lesion) -> list[str]:
    part = max(proposals.parts, key=lambda one: one.outline.overlap(lesion.outline), default=None)
    if part is None or not part.outline.overlap(lesion.outline):
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
