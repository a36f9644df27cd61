"""project.xml: within the paths of files that REDCap exports, valid ODM, and whole in its references."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from calcimeasure.export.redcap.dictionary import dictionary_text, entries_of
from calcimeasure.export.redcap.events import Event
from calcimeasure.export.redcap.fields import FORMS, FieldKind, all_fields
from calcimeasure.export.redcap.instruments import instrument_zip
from calcimeasure.export.redcap.project_xml import ODM_NAMESPACE, REDCAP_NAMESPACE, project_xml
from tests.redcap_server import FakeProject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ODM, REDCAP = f"{{{ODM_NAMESPACE}}}", f"{{{REDCAP_NAMESPACE}}}"
PATHS = Path(__file__).parent / "project_xml_paths.txt"
PREFIXES = {ODM: "", REDCAP: "redcap:", "{http://www.w3.org/2001/XMLSchema-instance}": "xsi:"}
EVENTS = (Event("baseline_arm_1"), Event("month_6_arm_1"), Event("baseline_arm_2"))

KINDS_OF_EXPORTS = {
    FieldKind.TEXT: ("text", "999", "text", None, None),
    FieldKind.NUMBER: ("float", "999", "text", "float", "1"),
    FieldKind.INTEGER: ("integer", "999", "text", "int", None),
    FieldKind.DATE: ("date", "999", "text", "date_ymd", None),
    FieldKind.DATETIME: ("datetime", "999", "text", "datetime_seconds_ymd", None),
}
"""DataType, Length, FieldType, TextValidationType and SignificantDigits of each kind of field in REDCap's own files."""


@pytest.fixture(scope="module", params=[(), EVENTS], ids=["classic", "longitudinal"])
def text(request: pytest.FixtureRequest) -> str:
    return project_xml(FORMS, "Calcified masses", THEN, "1.0", request.param)


@pytest.fixture
def root(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - made here


def named(tag: str) -> str:
    for namespace, prefix in PREFIXES.items():
        if tag.startswith(namespace):
            return prefix + tag.removeprefix(namespace)
    return tag


def paths_of(element: ET.Element, above: str = "") -> Iterator[str]:
    path = f"{above}/{named(element.tag)}"
    yield path
    yield from (f"{path}/@{named(name)}" for name in element.attrib)
    for child in element:
        yield from paths_of(child, path)


def test_every_path_is_one_of_real_project_files(root: ET.Element) -> None:
    known = {line for line in PATHS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")}
    assert set(paths_of(root)) - known == set()


def test_fields_are_written_as_real_project_files_write_them(root: ET.Element) -> None:
    items = {item.get("OID"): item for item in root.iter(f"{ODM}ItemDef")}
    for field in all_fields():
        item = items[field.name]
        found = (
            *(item.get(name) for name in ("DataType", "Length")),
            *(item.get(REDCAP + name) for name in ("FieldType", "TextValidationType")),
            item.get("SignificantDigits"),
        )
        if field.kind is FieldKind.CHOICE:
            longest = str(max(len(choice.code) for choice in field.choices))
            assert found == ("text", longest, "select", None, None)
        else:
            assert found == KINDS_OF_EXPORTS[field.kind]
        assert item.get(REDCAP + "FieldAnnotation") == "@READONLY"


def test_every_reference_has_its_definition(root: ET.Element) -> None:
    for reference, attribute, definition in (
        ("ItemGroupRef", "ItemGroupOID", "ItemGroupDef"),
        ("ItemRef", "ItemOID", "ItemDef"),
        ("CodeListRef", "CodeListOID", "CodeList"),
        ("StudyEventRef", "StudyEventOID", "StudyEventDef"),
        ("FormRef", "FormOID", "FormDef"),
    ):
        defined = Counter(one.get("OID") for one in root.iter(ODM + definition))
        referred = {one.get(attribute) for one in root.iter(ODM + reference)}
        assert referred <= set(defined)
        assert set(defined.values()) <= {1}
        if definition != "FormDef":
            assert referred == set(defined)


def test_both_forms_repeat_in_each_event(text: str) -> None:
    project = FakeProject.of_xml(text)
    assert project.repeating == {(event, form.name) for event in project.events or [""] for form in FORMS}
    assert project.record_field == "record_id"
    assert project.forms == ["cm_patient", "cm_lesions", "cm_studies"]


def test_choices_of_the_xml_and_of_the_csv_are_the_same(text: str) -> None:
    project = FakeProject.of_xml(text)
    for entry in entries_of(FORMS):
        there = project.fields[entry["field_name"]]
        same = (
            "field_type",
            "select_choices_or_calculations",
            "text_validation_type_or_show_slider_number",
            "identifier",
        )
        assert [there[name] for name in same] == [entry[name] for name in same]


def test_odmlib_takes_it_as_valid_odm(root: ET.Element, tmp_path: Path) -> None:
    """By the XML Schema of ODM 1.3.2, which knows nothing of REDCap's extension: that is left out."""
    odm_parser = pytest.importorskip("odmlib.odm_parser", reason="odmlib is not installed")
    odm_loader = pytest.importorskip("odmlib.odm_loader")
    loader = pytest.importorskip("odmlib.loader")
    for element in list(root.iter()):
        for name in [name for name in element.attrib if name.startswith(REDCAP)]:
            del element.attrib[name]
        for child in [child for child in element if child.tag.startswith(REDCAP)]:
            element.remove(child)
    ET.register_namespace("", ODM_NAMESPACE)
    file = tmp_path / "project.xml"
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    odm_parser.ODMSchemaValidator(standard="odm", version="1.3.2").validate_file(str(file))
    reader = loader.ODMLoader(odm_loader.XMLODMLoader())
    reader.open_odm_document(str(file))
    metadata = reader.MetaDataVersion()
    assert len(metadata.ItemDef) == len(all_fields()) + 1 + 3
    assert [form.OID for form in metadata.FormDef] == ["Form.cm_patient", "Form.cm_lesions", "Form.cm_studies"]


@pytest.fixture(scope="module")
def linkml_schema() -> object:
    dictionary = pytest.importorskip("linkml_redcap.data_dictionary", reason="linkml-redcap needs Python 3.12 or older")
    return dictionary.schema_view()


def test_linkml_redcap_takes_every_row_of_the_dictionary(linkml_schema: object) -> None:
    """Each row by the slots of its class Field: what is required, patterns, and the words of its lists."""
    import re

    view = linkml_schema
    slots = view.get_class("Field").attributes  # type: ignore[attr-defined]
    words = {name: set(enum.permissible_values) for name, enum in view.all_enums().items()}  # type: ignore[attr-defined]
    for entry in entries_of(FORMS):
        cells = dict(zip(slots, entry.values(), strict=True))
        for name, slot in slots.items():
            assert cells[name] or not slot.required, (entry["field_name"], name)
            assert not cells[name] or not slot.pattern or re.search(slot.pattern, cells[name]), (entry, name)
            assert not cells[name] or slot.range not in words or cells[name] in words[slot.range], (entry, name)
    pattern = view.get_class("Choice").attributes["raw_value"].pattern  # type: ignore[attr-defined]
    assert all(re.search(pattern, choice.code) for field in all_fields() for choice in field.choices)


def rows_of(packed: bytes) -> Sequence[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        assert file.namelist() == ["OriginID.txt", "instrument.csv"]
        return file.read("instrument.csv").decode("utf-8")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_instrument_zip_has_the_form_alone_and_is_the_same_each_time(form: object) -> None:
    packed = instrument_zip(form)  # type: ignore[arg-type]
    assert packed == instrument_zip(form)  # type: ignore[arg-type]
    assert rows_of(packed) == dictionary_text(entries_of([form]))  # type: ignore[list-item]
    assert "record_id" not in rows_of(packed)


@pytest.mark.parametrize("event", [*EVENTS, Event("event_1_arm_1")], ids=lambda event: event.unique_name)
def test_name_of_an_event_gives_its_unique_name_again(event: Event) -> None:
    """REDCap makes the unique name of lower-case letters and digits of the name, with underscores between them."""
    assert f"{event.label.lower().replace(' ', '_')}_arm_{event.arm}" == event.unique_name
