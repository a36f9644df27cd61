"""Columns that several tables have: text from outside, the numbers of a lesion, and a revision of a lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Column, DateTime, Double, ForeignKey, Integer, Text, TypeDecorator

from calcimeasure.model.numbers import NumberType, stored_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

_ODD = {code: 0x100000 + code for code in range(0xD800, 0xE000)}
_USUAL = {usual: odd for odd, usual in _ODD.items()}


def as_stored(text: str) -> str:
    """Give text without the characters that a database refuses."""
    return text.replace("\0", "\u2400").translate(_ODD)


class Outside(TypeDecorator[str]):
    """Text from file names and headers, which may contain invalid characters.

    Python reads a byte of a file name that is not valid UTF-8 as half of a surrogate pair, which no database accepts.
    Such a byte is stored as a private-use character, and restored when it is read. NUL, which PostgreSQL does not
    accept, is stored as a visible character.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Give the type of a kind of database."""
        # The order of rows must not depend on the language of a server.
        return dialect.type_descriptor(Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as its base
        """Give text as it is stored."""
        return None if value is None else as_stored(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - as its base
        """Give text as it was before it was stored."""
        return value if value is None or value.isascii() else value.translate(_USUAL)


_TYPES: Mapping[NumberType, type[TypeEngine[Any]]] = {
    NumberType.NUMBER: Double,
    NumberType.INTEGER: Integer,
    NumberType.BOOLEAN: Boolean,
    NumberType.UID: Outside,
    NumberType.WORD: Text,
    NumberType.POINTS: Text,  # as JSON
}

_FIRST_NUMBERS = """
    long_axis_mm long_axis_ends_lps_mm short_axis_mm short_axis_ends_lps_mm max_3d_diameter_mm
    max_3d_diameter_ends_lps_mm long_axis_slice long_axis_sop_uid long_axis_instance_number centroid_lps_mm
    extents_lps_mm truncated touches_bone bone_contact_mm2 large mean_hu median_hu sd_hu max_hu volume_ml volume_mesh_ml
    volume_voxels_ml surface_area_mm2 sphericity area_mm2 boundary_hu long_axis_u95_mm max_3d_diameter_u95_mm
    volume_u95_ml long_axis_px long_axis_ends_px short_axis_px short_axis_ends_px area_px centroid_px pixel_aspect
    column_spacing_mm spacing_source mean_contrast boundary long_axis_u95_px
""".split()  # noqa: SIM905 - a list of words
"""The numbers of schema 3 in the order of their columns, which users of plain SQL rely on. Columns of newer numbers
follow after them."""


def number_columns() -> list[Column[Any]]:
    """Make the columns for the numbers of a lesion; each of them may be empty."""
    rank = {name: place for place, name in enumerate(_FIRST_NUMBERS)}
    numbers = sorted(stored_numbers(), key=lambda number: rank.get(number.name, len(rank)))
    return [Column(number.name, _TYPES[number.value_type]) for number in numbers]


def revision_columns() -> list[Column[Any]]:
    """Make the columns of a state of a lesion; two tables have such rows."""
    return [
        Column("revision_id", Integer, primary_key=True),
        Column("stack_id", ForeignKey("stacks.stack_id"), nullable=False),
        Column("run_id", ForeignKey("runs.run_id")),
        Column("tracking_uid", Text, nullable=False),
        Column("revision_number", Integer, nullable=False),
        Column("base_revision_number", Integer),
        Column("lesion_number", Integer, nullable=False),
        Column("made_at", DateTime, nullable=False),
        Column("made_by", Outside),
        Column("why", Outside, nullable=False),
        Column("edit_uid", Text),
        Column("is_withdrawn", Boolean, nullable=False),
        Column("outline_hash", ForeignKey("outlines.outline_hash"), nullable=False),
        Column("status", Text, nullable=False),
        Column("algorithm_type", Text, nullable=False),
        Column("reader", Outside),
        Column("reviewed_at", DateTime),
        Column("tissue", Text),
        Column("tissue_confidence", Double),
        Column("laterality", Text),
        Column("laterality_source", Text),
        Column("laterality_confidence", Double),
        Column("laterality_conflict", Boolean),
        Column("laterality_hint", Text),
        Column("laterality_evidence", Outside),
        Column("distance_to_midline_mm", Double),
        Column("site", Text),
        Column("site_source", Text),
        Column("site_detail", Outside),
        *number_columns(),
        Column("measurement_notices", Text, nullable=False),
        Column("notices", Text, nullable=False),
        Column("settings_hash", Text, nullable=False),
        Column("software_version", Text, nullable=False),
    ]
