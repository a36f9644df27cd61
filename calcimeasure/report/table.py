"""The table of the findings of a study: which columns it has, and what stands in its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from calcimeasure.report.words import side_words, site_words, source_words, tissue_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from calcimeasure.report.view import Finding


_OVER: Final = Markup('%s<span class="soft">%s</span>')
_WITH_HALF_WIDTH: Final = Markup('%s <span class="soft">± %s</span>')


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its head, a second line of the head (units), and what stands in a cell; empty texts if nothing.

    Parameters
    ----------
    is_number
        Whether it is set to the right.
    always
        Whether the column is shown although all of its cells are empty.
    """

    head: str
    unit: str
    cell: Callable[[Mapping[str, str]], str | Markup]
    is_number: bool = False
    always: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, and a row of cells for each finding."""

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Finding, tuple[str | Markup, ...]], ...]


def _own(name: str) -> Callable[[Mapping[str, str]], str]:
    return lambda cells: cells[name]


def _with_half_width(name: str, half_width: str) -> Callable[[Mapping[str, str]], str | Markup]:
    def cell(cells: Mapping[str, str]) -> str | Markup:
        if not cells[half_width]:
            return cells[name]
        return _WITH_HALF_WIDTH % (cells[name], cells[half_width])

    return cell


def _axes(unit: str) -> Callable[[Mapping[str, str]], str | Markup]:
    long_axis, short_axis, half_width = (f"{name}_{unit}" for name in ("long_axis", "short_axis", "long_axis_u95"))

    def cell(cells: Mapping[str, str]) -> str | Markup:
        if not cells[long_axis]:
            return ""
        text = f"{cells[long_axis]} × {cells[short_axis]}"
        return _WITH_HALF_WIDTH % (text, cells[half_width]) if cells.get(half_width) else text

    return cell


def _pixels(cells: Mapping[str, str]) -> str | Markup:
    return "" if cells["long_axis_mm"] else _axes("px")(cells)


def _side(cells: Mapping[str, str]) -> Markup:
    side = side_words(cells["laterality"])
    if side == side_words(""):
        return Markup("<em>not known</em>")
    confidence = cells["laterality_confidence"]
    how = source_words(cells["laterality_source"]) + (f", {confidence}" if confidence else "")
    return _OVER % (Markup("<strong>%s</strong>") % side, how)


def _site(cells: Mapping[str, str]) -> Markup:
    if cells["site"] in ("", "unknown"):
        return Markup("<em>not known</em>")
    detail = f" ({cells['site_detail']})" if cells["site_detail"] else ""
    return _OVER % (site_words(cells["site"]) + detail, source_words(cells["site_source"]))


def _attenuation(cells: Mapping[str, str]) -> str | Markup:
    if not cells["mean_hu"]:
        return ""
    return _OVER % (f"{cells['mean_hu']} ", f"SD {cells['sd_hu']}")


def _tissue(cells: Mapping[str, str]) -> str:
    confidence = f" ({cells['tissue_confidence']})" if cells["tissue_confidence"] else ""
    return tissue_words(cells["tissue"]) + confidence


def _morphology(cells: Mapping[str, str]) -> str | Markup:
    words = cells["morphology"].replace("_", " ")
    if cells["fluid_level"] == "true":
        words += ", fluid level"
    return words


def _size_is_bound(cells: Mapping[str, str]) -> str:
    return "≥" if cells["truncated"] == "true" else ""


def _image(cells: Mapping[str, str]) -> str:
    series = f"{cells['modality']} {cells['series_number']}".strip()
    if cells["stack_number"] not in ("", "1"):
        series += f"/{cells['stack_number']}"
    return series


def _status(cells: Mapping[str, str]) -> str | Markup:
    if not cells["reader"]:
        return cells["status"]
    return _OVER % (cells["status"], cells["reader"])


COLUMNS: Final[tuple[TableColumn, ...]] = (
    TableColumn("Image", "series", _image, always=True),
    TableColumn("Side", "source, confidence", _side, always=True),
    TableColumn("Site", "source", _site, always=True),
    TableColumn("Bound", "", _size_is_bound),
    TableColumn("Long × short", "mm, ± 95 %", _axes("mm"), is_number=True),
    TableColumn("Long × short", "pixels", _pixels, is_number=True),
    TableColumn("3D", "mm, ± 95 %", _with_half_width("max_3d_diameter_mm", "max_3d_diameter_u95_mm"), is_number=True),
    TableColumn("Volume", "mL, ± 95 %", _with_half_width("volume_ml", "volume_u95_ml"), is_number=True),
    TableColumn("Area", "mm²", _own("area_mm2"), is_number=True),
    TableColumn("Mean", "HU", _attenuation, is_number=True),
    TableColumn("Parts", "", _own("parts"), is_number=True),
    TableColumn("Morphology", "", _morphology),
    TableColumn("Pair", "", _own("pair_number"), is_number=True),
    TableColumn("Status", "", _status, always=True),
)
_TISSUE: Final = TableColumn("Tissue", "confidence", _tissue, always=True)


def table_of(findings: Sequence[Finding]) -> Table:
    """Make the table of some findings; columns without a value are left out."""
    columns = COLUMNS if all(one.is_mass for one in findings) else (_TISSUE, *COLUMNS)
    every = [[column.cell(one.cells) for column in columns] for one in findings]
    kept = [number for number, column in enumerate(columns) if column.always or any(row[number] for row in every)]
    rows = tuple((one, tuple(row[number] for number in kept)) for one, row in zip(findings, every, strict=True))
    return Table(tuple(columns[number] for number in kept), rows)
