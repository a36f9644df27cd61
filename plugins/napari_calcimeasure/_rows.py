"""Texts about lesions and stacks for the tables and the evidence. No Qt."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from calcimeasure.review import AlgorithmType, Laterality, SideSource, Tissue
from calcimeasure.store import ReadingKind
from napari_calcimeasure._kinds import kind_of, kind_of_numbers
from napari_calcimeasure._sizes import PENDING

if TYPE_CHECKING:
    from calcimeasure import Lesion, Measurements
    from calcimeasure.review import (
        Axis,
        Companions,
        Draft,
        Image,
        Preview,
        RadiographAxis,
        RadiographMeasurements,
        Session,
        Side,
        Site,
        Stack,
        Task,
    )
    from calcimeasure.store import Reading

TASK_COLUMNS = ("Patient", "Date", "Site", "Series", "Largest", "Open", "State")
TISSUE_WORDS = {
    Tissue.CALCIFIED_MASS: "mass",
    Tissue.OTHER_CALCIFICATION: "other calc.",
    Tissue.UNKNOWN: "mass?",
}


def columns_of(session: Session) -> tuple[str, ...]:
    """Name the columns of the table of lesions: a radiograph has no volume and no Hounsfield units."""
    return kind_of(session.image).columns


def task_cells(task: Task) -> tuple[str, ...]:
    """Write the cells of a row of the worklist."""
    facts = task.facts
    stack = " ".join(filter(None, (str(facts.series_number or ""), facts.description))) or facts.path
    if facts.stack_number > 1:
        stack += f" (stack {facts.stack_number})"
    readers = task.readers if task.asked else task.seen_by
    state = f"{task.state} by {', '.join(readers)}" if readers else str(task.state)
    unsure = f", {len(task.unsure)} unsure" if task.unsure else ""
    return (
        facts.patient_id or "",
        facts.study_date.isoformat() if facts.study_date else "",
        ", ".join(task.sites).replace("_", " "),
        stack,
        _largest_word(task),
        f"{task.open_count} of {task.asked}" if task.asked else "",
        state + unsure,
    )


def _largest_word(task: Task) -> str:
    if task.largest_mm is not None:
        return f"{task.largest_mm:.0f} mm"
    return "" if task.largest_px is None else f"{task.largest_px:.0f} px"


def task_rank(task: Task, column: int) -> tuple[bool, float | str]:
    """Rank a stack in the worklist, where it is sorted by a column: what the column does not say comes last."""
    if TASK_COLUMNS[column] == "Largest":
        size = task.largest_mm
        return (size is None, -(size or task.largest_px or 0.0))
    if TASK_COLUMNS[column] == "Open":
        return (task.open_count == 0, -float(task.open_count))
    text = task_cells(task)[column]
    return (not text, text)


def coming_words(task: Task) -> str:
    """Say which stack is being loaded."""
    patient, date, _, stack, *_ = task_cells(task)
    return "\n".join(("Loading", patient or "no patient ID", date or "no date", f"{task.facts.modality} {stack}"))


def header_words(image: Image) -> str:
    """Say whose image is shown: name or ID, sex and age at the study, date, modality, body part."""
    stack = image.stack
    person = " ".join(filter(None, (_sex_word(stack.person.sex), _age_word(stack))))
    part = (stack.body_part or "").replace("_", " ")
    date = stack.study_date.isoformat() if stack.study_date else "no date"
    return "   ".join(filter(None, (stack.patient_id or "no patient ID", person, date, stack.modality, part)))


def _sex_word(sex: str | None) -> str:
    return {"M": "male", "F": "female"}.get(sex or "", "")


def _age_word(stack: Stack) -> str:
    """Say the age in years at the date of the study; empty if it is not known."""
    born, day = stack.person.birth_date, stack.study_date
    if born is None or day is None:
        return ""
    years = day.year - int(born[:4]) - ((day.month, day.day) < (int(born[4:6]), int(born[6:])))
    return f"{years} y"


def lesion_order(session: Session) -> list[int]:
    """Order lesions for the table: first those that a reader must decide, then other tissues, each largest first.

    A row does not move when its lesion is decided.
    """
    numbers = {*session.lesions, *session.drafts}

    def rank(number: int) -> tuple[int, float, int]:
        current = session.lesions.get(number)
        if current is None:
            return (0, 0.0, number)
        lesion = current.lesion
        asked = lesion.is_mass or lesion.is_decided or lesion.tissue is Tissue.UNKNOWN
        return (0 if asked else 1, -float(lesion.outline.voxel_count), number)

    return sorted(numbers, key=rank)


def lesion_cells(session: Session, number: int) -> tuple[str, ...]:
    """Write the cells of a row of the table of lesions."""
    lesion = session.lesion(number)
    draft = session.drafts.get(number)
    waits = draft is not None and draft.measured is None
    if lesion is None:
        size, volume = _previewed(draft)
        return (str(number), "drawn", "mass", "", "", size, volume, PENDING, "not kept yet")
    numbers = lesion.measurements
    kind = kind_of_numbers(numbers)
    size, volume = kind.sizes(numbers)
    attenuation = kind.attenuation(numbers)
    if waits:
        preview = draft is not None and draft.preview is not None
        size, volume = _previewed(draft) if preview else (f"{size} {PENDING}", f"{volume} {PENDING}")
        attenuation = PENDING
    return (
        str(number),
        str(lesion.status),
        tissue_word(lesion.tissue),
        side_word(lesion.side),
        site_word(lesion.site),
        size,
        volume,
        attenuation,
        ", ".join((*_remark_flags(session, lesion), *_flags(lesion, draft is not None))),
    )


def tissue_word(tissue: Tissue | None) -> str:
    """Name a tissue in a short word; a lesion without a judged tissue counts as a mass."""
    return "mass" if tissue is None else TISSUE_WORDS.get(tissue, str(tissue).replace("_", " "))


def side_word(side: Side | None) -> str:
    """Name a side; an unknown side is shown with its hint."""
    if side is None:
        return "?"
    if side.laterality is Laterality.UNKNOWN:
        return f"? ({side.hint}?)" if side.hint else "?"
    return str(side.laterality)


def site_word(site: Site | None) -> str:
    """Name a body site."""
    if site is None or str(site.body_site) == "unknown":
        return "?"
    return str(site.body_site).replace("_", " ")


def evidence(lesion: Lesion | None, companions: Companions | None = None, marker_png: bytes | None = None) -> str:
    """Write the numbers of a lesion, and the evidence for side, site and tissue, as rich text.

    A picture of side markers stands below the evidence for the side.
    """
    if lesion is None:
        return "Drawn just now: it is measured, and kept when you leave it."
    numbers = lesion.measurements
    lines = kind_of_numbers(numbers).size_evidence(numbers)
    lines += [_side_evidence(lesion.side), *_marker_lines(marker_png)]
    lines += [_site_evidence(lesion.site), _tissue_evidence(lesion)]
    lines += _companion_lines(companions)
    lines += _other_flags(lesion)
    if numbers.truncated:
        lines.append("<b>Cut off:</b> it reaches the edge of what was imaged, its sizes are lower bounds")
    if numbers.touches_bone:
        contact_mm2 = numbers.bone_contact_mm2
        lines.append(f"<b>Touches bone</b>{f' over {contact_mm2:.0f} mm²' if contact_mm2 else ''}: look at the cut")
    if lesion.reader:
        when = f", {lesion.reviewed_at:%Y-%m-%d %H:%M} UTC" if lesion.reviewed_at else ""
        lines.append(f"<b>{str(lesion.status).capitalize()}</b> by {_plain(lesion.reader)}{when}")
    return "<br>".join(lines)


def _companion_lines(companions: Companions | None) -> list[str]:
    if companions is None:
        return []
    named = (("Pair with", companions.pair), ("Same mass as", companions.same_mass))
    return [f"<b>{title}</b> {_plain(', '.join(words))}" for title, words in named if words]


def _other_flags(lesion: Lesion) -> list[str]:
    """Say what a table with room for it would say in its column of flags."""
    found = {
        "may be one mass with others": "may_be_one_mass" in lesion.notices,
        "drawn by a reader": lesion.algorithm_type is AlgorithmType.MANUAL,
        "grown from a point": lesion.algorithm_type is AlgorithmType.SEMIAUTOMATIC,
    }
    words = [word for word, holds in found.items() if holds]
    return [f"<b>Outline:</b> {', '.join(words)}"] if words else []


def _side_evidence(side: Side | None) -> str:
    if side is None:
        return "<b>Side:</b> not judged, please say it (L, R, M)"
    words = [f"<b>Side: {side.laterality}</b>"]
    if side.source is not SideSource.NONE:
        sure = "" if side.confidence is None else f", {side.confidence:.0%}"
        words.append(f"from {str(side.source).replace('_', ' ')}{sure}")
    if side.conflict:
        words.append("<b>sources disagree</b>")
    if side.hint:
        words.append(f"hint: {side.hint} (weak)")
    if side.distance_to_midline_mm is not None and "midline" not in side.evidence:
        toward = "left" if side.distance_to_midline_mm > 0 else "right"
        words.append(f"{abs(side.distance_to_midline_mm):.0f} mm {toward} of the midline")
    if side.evidence:
        words.append(_plain(side.evidence))
    return "; ".join(words)


def _marker_lines(marker_png: bytes | None) -> list[str]:
    if marker_png is None:
        return []
    return [f"<img src='data:image/png;base64,{b64encode(marker_png).decode('ascii')}'>"]


def _site_evidence(site: Site | None) -> str:
    if site is None:
        return "<b>Site:</b> not judged, please say it (S)"
    detail = f" ({_plain(site.detail)})" if site.detail else ""
    return f"<b>Site: {site_word(site)}</b>{detail}, from {str(site.source).replace('_', ' ')}"


def _tissue_evidence(lesion: Lesion) -> str:
    sure = "" if lesion.tissue_confidence is None else f", {lesion.tissue_confidence:.0%}"
    asked = ": is it a calcified mass? T takes it over" if lesion.tissue is Tissue.UNKNOWN else ""
    return f"<b>Tissue: {str(lesion.tissue or 'calcified_mass').replace('_', ' ')}</b>{sure}{asked}"


def length_word(numbers: Measurements | RadiographMeasurements | Preview, axis: Axis | RadiographAxis) -> str:
    """Write the length of an axis: in mm if the spacing is known, else in pixels."""
    return kind_of_numbers(numbers).length(numbers, axis)


def _previewed(draft: Draft | None) -> tuple[str, str]:
    preview = None if draft is None else draft.preview
    return (PENDING, PENDING) if preview is None else kind_of_numbers(preview).first_sizes(preview)


def _remark_flags(session: Session, lesion: Lesion) -> list[str]:
    """Say whether a second reader is wanted, and whether there are notes."""
    uid = lesion.tracking_uid
    found = {"unsure": session.remarks.unsure_readers(uid), "note": session.remarks.notes(uid)}
    return [word for word, holds in found.items() if holds]


def remark_lines(session: Session, lesion: Lesion) -> str:
    """Write what readers remarked about a lesion as rich text, each remark as a line; empty if there is none."""
    uid = lesion.tracking_uid
    unsure = [
        f"<b>Unsure:</b> {_plain(reader)} wants a second reader" for reader in session.remarks.unsure_readers(uid)
    ]
    notes = [
        f"<b>Note</b> by {_plain(one.reader)}, {one.made_at:%Y-%m-%d %H:%M} UTC: {_plain(one.said)}"
        for one in session.remarks.notes(uid)
    ]
    return "<br>".join((*unsure, *notes))


def _flags(lesion: Lesion, is_draft: bool) -> list[str]:
    numbers = lesion.measurements
    found = {
        "not kept yet": is_draft,
        f"{numbers.parts} pieces": numbers.parts is not None and numbers.parts > 1,
        "one mass with others?": "may_be_one_mass" in lesion.notices,
        "fluid level": bool(numbers.fluid_level),
        "bone": bool(numbers.touches_bone),
        "cut off": numbers.truncated,
        "conflict": lesion.side is not None and lesion.side.conflict,
        "drawn": lesion.algorithm_type is AlgorithmType.MANUAL,
        "pointed at": lesion.algorithm_type is AlgorithmType.SEMIAUTOMATIC,
    }
    return [word for word, holds in found.items() if holds]


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def reading_words(reading: Reading) -> str:
    """Say in words which reading it is; nothing for the clinical one."""
    if reading.kind is ReadingKind.CLINICAL:
        return ""
    consensus = f"consensus of {' and '.join(reading.bases)}" if reading.bases else ""
    facts = [consensus, "blinded" if reading.is_blinded else "", "blank" if reading.is_blank else ""]
    facts = [one for one in facts if one]
    return f"reading {reading.name} ({', '.join(facts)})" if facts else f"reading {reading.name}"
