"""Conversion between rows of the tables and records of the model."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from calcimeasure.codes import SPACING_NOTICES
from calcimeasure.errors import StoreError
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Laterality,
    Lesion,
    Midline,
    Outcome,
    Outline,
    Revision,
    Side,
    SideSource,
    Site,
    SiteSource,
    StackFacts,
    State,
    Status,
    Tissue,
)
from calcimeasure.store.numbers import measurements_of, numbers_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from calcimeasure.model import Stack

Row = dict[str, Any]

_SETTLED_SECONDS = 2.0
"""Some file systems keep the time of a change to two seconds."""

Word = TypeVar("Word", bound=StrEnum)

_FACTS = [field.name for field in fields(StackFacts) if field.name != "midline"]

_MOST_VOXELS = 2**31
"""A stack of 2000 slices of 1024 x 1024; its outlines take 256 MB of bits at most."""

_ENDS = [f"{end}_{axis}" for end in ("start", "stop") for axis in "kji"]


def content_hash(stack: Stack) -> str:
    """Hash the identity of the images of a stack: UIDs, positions and the format of values; not the paths of files."""
    digest = hashlib.sha256()
    digest.update(repr((stack.row_column_directions, stack.pixel_spacing_mm, stack.slice_thickness_mm)).encode())
    if stack.projection is not None:
        digest.update(repr(stack.projection).encode())
        if stack.projection.contradicts_itself:
            digest.update(b"intensity relationship sign contradicts photometric interpretation")
    for one in stack.instances:
        digest.update(
            repr(
                (
                    one.sop_uid,
                    one.frame_index,
                    one.instance_number,
                    one.position_lps_mm,
                    one.rescale_slope,
                    one.rescale_intercept,
                    one.pixel_format,
                )
            ).encode()
        )
    return digest.hexdigest()[:32]


def file_rows(stack_id: int, stack: Stack, read_since: datetime) -> list[Row]:
    """Make a row of each image of a stack.

    Parameters
    ----------
    stack_id, stack
        The stack.
    read_since
        When reading it began (UTC). The size and time of a file that was changed after that, or shortly before, are
        left out: nothing tells which bytes were read.
    """
    states = {path: state_on_disk(path) for path in {one.path for one in stack.instances}}
    newest_ns = int((read_since.timestamp() - _SETTLED_SECONDS) * 1e9)
    settled = {path: one if one[1] and one[1] < newest_ns else (None, None) for path, one in states.items()}
    return [
        {
            "stack_id": stack_id,
            "slice_number": number,
            "root": str(one.root.absolute()),
            "path": str(one.path.absolute()),
            "member": one.member,
            "frame_number": one.frame_index,
            "sop_uid": one.sop_uid,
            "instance_number": one.instance_number,
            "size_bytes": settled[one.path][0],
            "modified_ns": settled[one.path][1],
        }
        for number, one in enumerate(stack.instances)
    ]


def state_on_disk(path: Path) -> tuple[int | None, int | None]:
    """Give the size of a file in bytes and the time of its last change in nanoseconds; None if it is not there."""
    try:
        of_file = path.stat()
    except OSError:
        return None, None
    return of_file.st_size, of_file.st_mtime_ns


def facts_row(facts: StackFacts) -> Row:
    """Make columns of a stack's facts."""
    return {name: getattr(facts, name) for name in _FACTS} | _midline_row(facts.midline)


def facts_of(row: Mapping[Any, Any]) -> StackFacts:
    """Make a stack's facts of a row of current_stacks."""
    return StackFacts(**{name: row[name] for name in _FACTS}, midline=_midline_of(row))


def _midline_row(midline: Midline | None) -> Row:
    return {
        "midline_normal": json.dumps(midline.normal) if midline else None,
        "midline_offset_mm": midline.offset_mm if midline else None,
        "midline_uncertainty_mm": midline.uncertainty_mm if midline else None,
        "midline_quality": midline.quality if midline else None,
        "midline_is_between_limbs": midline.between_limbs if midline else None,
    }


def _midline_of(row: Mapping[Any, Any]) -> Midline | None:
    if row["midline_normal"] is None:
        return None
    x, y, z = json.loads(row["midline_normal"])
    return Midline(
        normal=(x, y, z),
        offset_mm=row["midline_offset_mm"],
        uncertainty_mm=row["midline_uncertainty_mm"],
        quality=row["midline_quality"],
        between_limbs=row["midline_is_between_limbs"],
    )


def outcome_of(row: Mapping[Any, Any], lesions: Sequence[Lesion]) -> Outcome:
    """Make an outcome of a row of current_stacks and the lesions of the stack."""
    return Outcome(
        state=State(row["state"]),
        path=row["path"],
        stack=facts_of(row),
        reason=row["reason"],
        message=row["message"],
        lesions=tuple(lesions),
        seconds=row["seconds"],
        notices=_notices_of_stack(row["notices"], lesions),
    )


def _notices_of_stack(stored: str | None, lesions: Sequence[Lesion]) -> tuple[str, ...] | None:
    """Leave out what was said of the spacing of a radiograph that a reader has calibrated since: no lesion says it."""
    if stored is None:
        return None
    said = {notice for lesion in lesions for notice in lesion.notices}
    return tuple(one for one in _codes(stored) if one not in SPACING_NOTICES or one in said or not lesions)


def outline_hash(outline: Outline) -> str:
    """Hash an outline; equal outlines of any stacks have the same hash."""
    return hashlib.sha256(repr(_box(outline)).encode() + outline.bits).hexdigest()[:32]


def outline_row(outline: Outline) -> Row:
    """Make a row of an outline."""
    return {
        "outline_hash": outline_hash(outline),
        **dict(zip(_ENDS, _box(outline), strict=True)),
        "packed_bits": zlib.compress(outline.bits, 1),
    }


def _box(outline: Outline) -> tuple[int, ...]:
    return (*outline.start_kji, *outline.stop_kji)


def outline_of(row: Mapping[Any, Any]) -> Outline:
    """Make an outline of a row."""
    k, j, i, k_stop, j_stop, i_stop = (row[name] for name in _ENDS)
    voxels = math.prod(stop - start for start, stop in ((k, k_stop), (j, j_stop), (i, i_stop)))
    if not (k < k_stop and j < j_stop and i < i_stop and voxels <= _MOST_VOXELS):
        raise _damaged(f"a box of 1 to {_MOST_VOXELS} voxels", f"from {(k, j, i)} to {(k_stop, j_stop, i_stop)}")
    return Outline((k, j, i), (k_stop, j_stop, i_stop), _unpacked(row["packed_bits"], -(-voxels // 8)))


def _unpacked(packed: bytes, expected: int) -> bytes:
    """Unpack the bits of an outline, and no more than its box has."""
    try:
        bits = zlib.decompressobj().decompress(packed, expected + 1)
    except zlib.error as error:
        raise _damaged("packed bits", str(error)) from error
    if len(bits) != expected:
        raise _damaged(f"{expected} bytes of bits", "more" if len(bits) > expected else f"{len(bits)}")
    return bits


def _damaged(expected: str, found: str) -> StoreError:
    return StoreError(
        f"An outline in the store is damaged: {expected} expected, found {found}. calcimeasure verify lists what is "
        "wrong; bring the store back from a backup."
    )


def revision_row(revision: Revision, stack_id: int, run_id: int | None) -> Row:
    """Make a row of a revision."""
    lesion = revision.lesion
    return {
        "stack_id": stack_id,
        "run_id": run_id,
        "tracking_uid": lesion.tracking_uid,
        "revision_number": revision.number,
        "base_revision_number": revision.base_number,
        "lesion_number": lesion.number,
        "made_at": naive_utc(revision.made_at),
        "made_by": revision.reader,
        "why": revision.why,
        "edit_uid": revision.edit_uid,
        "is_withdrawn": revision.withdrawn,
        "outline_hash": outline_hash(lesion.outline),
        "status": str(lesion.status),
        "algorithm_type": str(lesion.algorithm_type),
        "reader": lesion.reader,
        "reviewed_at": naive_utc(lesion.reviewed_at),
        "tissue": _text(lesion.tissue),
        "tissue_confidence": lesion.tissue_confidence,
        **_side_row(lesion.side),
        **_site_row(lesion.site),
        **numbers_row(lesion.measurements),
        "notices": ";".join(lesion.notices),
        "settings_hash": lesion.settings_hash,
        "software_version": lesion.software_version,
    }


def revision_of(row: Mapping[Any, Any]) -> Revision:
    """Make a revision of a row of lesion_revisions joined with its outline."""
    return Revision(
        lesion=lesion_of(row),
        number=row["revision_number"],
        base_number=row["base_revision_number"],
        made_at=aware_utc(row["made_at"]),
        why=row["why"],
        reader=row["made_by"],
        withdrawn=row["is_withdrawn"],
        edit_uid=row["edit_uid"],
    )


def lesion_of(row: Mapping[Any, Any]) -> Lesion:
    """Make a lesion of a row of lesion_revisions joined with its outline."""
    return Lesion(
        tracking_uid=row["tracking_uid"],
        number=row["lesion_number"],
        outline=outline_of(row),
        measurements=measurements_of(row),
        notices=_codes(row["notices"]),
        tissue=_word(Tissue, row["tissue"]),
        tissue_confidence=row["tissue_confidence"],
        side=_side_of(row),
        site=_site_of(row),
        status=Status(row["status"]),
        algorithm_type=AlgorithmType(row["algorithm_type"]),
        reader=row["reader"],
        reviewed_at=aware_utc(row["reviewed_at"]) if row["reviewed_at"] else None,
        settings_hash=row["settings_hash"],
        software_version=row["software_version"],
    )


def utc_now() -> datetime:
    """Give the present time in UTC for a column without a time zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def naive_utc(time: datetime | None) -> datetime | None:
    """Give a time in UTC for a column without a time zone."""
    return time.astimezone(UTC).replace(tzinfo=None) if time else None


def aware_utc(time: datetime) -> datetime:
    """Give a time from a column without a time zone its time zone."""
    return time.replace(tzinfo=UTC)


def _side_row(side: Side | None) -> Row:
    return {
        "laterality": side and str(side.laterality),
        "laterality_source": side and str(side.source),
        "laterality_confidence": side and side.confidence,
        "laterality_conflict": side and side.conflict,
        "laterality_hint": _text(side.hint) if side else None,
        "laterality_evidence": side and side.evidence,
        "distance_to_midline_mm": side and side.distance_to_midline_mm,
    }


def _side_of(row: Mapping[Any, Any]) -> Side | None:
    if row["laterality"] is None:
        return None
    return Side(
        laterality=Laterality(row["laterality"]),
        source=SideSource(row["laterality_source"]),
        confidence=row["laterality_confidence"],
        conflict=row["laterality_conflict"],
        hint=_word(Laterality, row["laterality_hint"]),
        distance_to_midline_mm=row["distance_to_midline_mm"],
        evidence=row["laterality_evidence"],
    )


def _site_row(site: Site | None) -> Row:
    return {
        "site": site and str(site.body_site),
        "site_source": site and str(site.source),
        "site_detail": site and site.detail,
    }


def _site_of(row: Mapping[Any, Any]) -> Site | None:
    if row["site"] is None:
        return None
    return Site(BodySite(row["site"]), SiteSource(row["site_source"]), row["site_detail"])


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _text(word: StrEnum | None) -> str | None:
    return None if word is None else str(word)


def _word(words: type[Word], value: str | None) -> Word | None:
    return None if value is None else words(value)
