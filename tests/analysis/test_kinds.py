"""One table says what is done with each kind of image: nothing else asks for the kind."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

import calcimeasure
from calcimeasure.analysis.kinds import Kind, kind_of
from calcimeasure.model import (
    Axis,
    ImageKind,
    Measurements,
    Radiograph,
    RadiographAxis,
    RadiographMeasurements,
    SpacingSource,
    Volume,
)

CLASSES = frozenset({"ImageKind", "Volume", "Radiograph", "Measurements", "Axis", "View", "Anatomy", "Place"})
"""Records of a CT stack and, with or without a prefix, of a radiograph."""

PREFIX = "Radiograph"


def is_of_a_kind(name: str) -> bool:
    return name in CLASSES or name.removeprefix(PREFIX) in CLASSES


def asked_for(code: str) -> list[int]:
    """Find the lines that ask whether something is a record of one kind of image."""
    return sorted({node.lineno for node in ast.walk(ast.parse(code)) if any(map(is_of_a_kind, _classes(node)))})


def _classes(node: ast.AST) -> list[str]:
    """Name the classes that a node asks for: isinstance and issubclass, patterns, comparisons of a type."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, classes]):
            asked: list[ast.AST] = [classes]
        case ast.MatchClass(cls=cls):
            asked = [cls]
        case ast.Compare(left=left, comparators=others) if any(_is_type(one) for one in (left, *others)):
            asked = [left, *others]
        case ast.Compare(left=left, comparators=others):
            asked = [one for one in (left, *others) if _is_a_kind(one)]
        case ast.MatchValue(value=value) if _is_a_kind(value):
            asked = [value]
        case _:
            asked = []
    return [_name(part) for one in asked for part in ast.walk(one) if isinstance(part, ast.Name | ast.Attribute)]


def _is_type(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            return True
    return False


def _is_a_kind(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="ImageKind")):
            return True
    return False


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def sources() -> list[Path]:
    package = Path(calcimeasure.__file__).parent
    plugin = package.parent / "plugins"
    return sorted(path for folder in (package, plugin) for path in folder.rglob("*.py"))


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(image, Radiograph)",
        "isinstance(image, model.Volume)",
        "isinstance(numbers, Measurements | RadiographMeasurements)",
        "isinstance(numbers, (str, RadiographMeasurements))",
        "isinstance(anatomy, RadiographAnatomy)",
        "type(image) is Volume",
        "image.__class__ == Radiograph",
        "match image:\n    case Radiograph():\n        pass",
        "image.kind is ImageKind.RADIOGRAPH",
        "match image.kind:\n    case ImageKind.RADIOGRAPH:\n        pass",
    ],
)
def test_it_is_seen_where_a_kind_is_asked_for(code: str) -> None:
    assert asked_for(code)


@pytest.mark.parametrize(
    "code",
    ["isinstance(step, Stroke)", "kind_of(image).measure(image)", "type(image).__name__", "image.kind is other.kind"],
)
def test_other_questions_are_free(code: str) -> None:
    assert asked_for(code) == []


def test_no_source_asks_for_the_kind_of_an_image() -> None:
    asking = {str(path): asked_for(path.read_text(encoding="utf-8")) for path in sources()}
    assert {name: lines for name, lines in asking.items() if lines} == {}


def test_both_kinds_have_a_row_of_their_own() -> None:
    # `kind_of` looks at `kind` alone, which the classes themselves have.
    rows = [kind_of(image) for image in (Volume, Radiograph)]  # type: ignore[type-var]
    assert all(isinstance(row, Kind) for row in rows)
    assert all(getattr(rows[0], one.name) is not getattr(rows[1], one.name) for one in fields(Kind))


def test_records_of_one_kind_name_it() -> None:
    assert Volume.kind is Measurements.kind is ImageKind.CT_STACK
    assert Radiograph.kind is RadiographMeasurements.kind is ImageKind.RADIOGRAPH


def test_what_one_kind_does_not_have_is_none_there() -> None:
    ends = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    axis, radiograph_axis = Axis(1.0, ends), RadiographAxis(8.0, ((0.0, 0.0), (0.0, 8.0)))
    on_ct = Measurements(
        axis, axis, 3, (0.0, 0.0, 0.0), False, mean_hu=1.0, median_hu=1.0, sd_hu=0.0, max_hu=1.0, touches_bone=True
    )
    on_film = RadiographMeasurements(radiograph_axis, radiograph_axis, 40.0, (0.0, 4.0), False)
    assert (on_ct.long_axis_px, on_ct.short_axis_px, on_ct.reader_spacing_mm) == (None, None, None)
    assert (on_film.long_axis_px, on_film.short_axis_px) == (8.0, 8.0)
    assert (on_film.touches_bone, on_film.bone_contact_mm2, on_film.long_axis_slice) == (None, None, 0)


@pytest.mark.parametrize("source", SpacingSource)
def test_only_a_spacing_from_a_reader_is_one_that_a_reader_found(source: SpacingSource) -> None:
    axis = RadiographAxis(8.0, ((0.0, 0.0), (0.0, 8.0)))
    numbers = RadiographMeasurements(axis, axis, 40.0, (0.0, 4.0), False, column_spacing_mm=0.2, spacing_source=source)
    assert numbers.reader_spacing_mm == (0.2 if source is SpacingSource.READER else None)
