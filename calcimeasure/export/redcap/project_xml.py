"""project.xml: a whole project, as REDCap makes one from it: CDISC ODM 1.3.1 with REDCap's extension.

Elements, attributes and their values are those of project files that REDCap exports (versions 7 to 15). Repeating forms
are set up in it, which a data dictionary cannot do. It holds no records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from calcimeasure.export.redcap.dictionary import READ_ONLY
from calcimeasure.export.redcap.events import CLASSIC
from calcimeasure.export.redcap.fields import Choice, FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from xml.etree.ElementTree import Element

    from calcimeasure.export.redcap.events import Event
    from calcimeasure.export.redcap.fields import Field, Form

ODM_NAMESPACE: Final = "http://www.cdisc.org/ns/odm/v1.3"
REDCAP_NAMESPACE: Final = "https://projectredcap.org"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

RECORD_ID: Final = "record_id"
"""The first field of a new project: it names the record."""

_RECORD_FORM: Final = "cm_patient"
_STATUS: Final = (Choice("0", "Incomplete"), Choice("1", "Unverified"), Choice("2", "Complete"))

_XML_TYPES: Final = {
    FieldKind.TEXT: ("text", None),
    FieldKind.NUMBER: ("float", "float"),
    FieldKind.INTEGER: ("integer", "int"),
    FieldKind.DATE: ("date", "date_ymd"),
    FieldKind.DATETIME: ("datetime", "datetime_seconds_ymd"),
}
"""DataType of the ODM, and REDCap's validation type, which has other names here than in a dictionary."""

_GLOBALS: Final = (
    ("RecordAutonumberingEnabled", "0"),
    ("CustomRecordLabel", ""),
    ("SecondaryUniqueField", ""),
    ("SchedulingEnabled", "0"),
    ("SurveysEnabled", "0"),
    ("SurveyInvitationEmailField", ""),
    ("Purpose", "2"),
    ("PurposeOther", ""),
    ("ProjectNotes", ""),
    ("MissingDataCodes", ""),
)
"""Settings of the project: records are named by the registry; the purpose 2 is research."""


def project_xml(
    forms: Sequence[Form], title: str, made_at: datetime, version: str, events: Sequence[Event] = ()
) -> str:
    """Write the file.

    Parameters
    ----------
    forms
        The repeating forms.
    title
        The name of the project.
    made_at
        When the file is made.
    version
        The version of this program.
    events
        The events of a longitudinal project, each with all forms; a classic project has none.
    """
    stamp = made_at.strftime("%Y-%m-%dT%H:%M:%S")
    name = "".join(letter for letter in title if letter.isalnum())
    root = ET.Element(
        "ODM",
        {
            "xmlns": ODM_NAMESPACE,
            "xmlns:xsi": _XSI,
            "xmlns:redcap": REDCAP_NAMESPACE,
            "xsi:schemaLocation": f"{ODM_NAMESPACE} schema/odm/ODM1-3-1.xsd",
            "ODMVersion": "1.3.1",
            "FileOID": "000-00-0000",
            "FileType": "Snapshot",
            "Description": title,
            "AsOfDateTime": stamp,
            "CreationDateTime": stamp,
            "SourceSystem": "calcimeasure",
            "SourceSystemVersion": version,
        },
    )
    study = _add(root, "Study", OID=f"Project.{name}")
    _add_globals(study, title, forms, events)
    _add_metadata(study, f"Metadata.{name}_{made_at:%Y-%m-%d_%H%M}", title, forms, events)
    ET.indent(root, "\t")
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n{ET.tostring(root, "unicode")}\n'


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element. Two underscores in the name of an attribute stand for the colon after its namespace."""
    names = {name.replace("__", ":"): value for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, names)
    element.text = text
    return element


def _add_translated(parent: Element, tag: str, text: str) -> None:
    _add(_add(parent, tag), "TranslatedText", text)


def _add_globals(study: Element, title: str, forms: Iterable[Form], events: Sequence[Event]) -> None:
    block = _add(study, "GlobalVariables")
    _add(block, "StudyName", title)
    _add(block, "StudyDescription", f"Forms of REDCap project {title}.")
    _add(block, "ProtocolName", title)
    for name, value in _GLOBALS:
        _add(block, f"redcap:{name}", value)
    repeating = _add(_add(block, "redcap:RepeatingInstrumentsAndEvents"), "redcap:RepeatingInstruments")
    for event in events or (CLASSIC,):
        for form in forms:
            _add(
                repeating,
                "redcap:RepeatingInstrument",
                redcap__UniqueEventName=event.unique_name,
                redcap__RepeatInstrument=form.name,
                redcap__CustomLabel=form.custom_label,
            )


def _add_metadata(study: Element, oid: str, title: str, forms: Sequence[Form], events: Sequence[Event]) -> None:
    block = _add(study, "MetaDataVersion", OID=oid, Name=title, redcap__RecordIdField=RECORD_ID)
    if events:
        _add_events(block, forms, events)
    groups: list[tuple[str, str, list[str]]] = []
    _add_form(block, _RECORD_FORM, "Patient", [(RECORD_ID, "Patient", [RECORD_ID])], groups)
    for form in forms:
        _add_form(block, form.name, form.label, _sections(form), groups)
    for group_oid, name, names in groups:
        group = _add(block, "ItemGroupDef", OID=group_oid, Name=name, Repeating="No")
        for one in names:
            _add(group, "ItemRef", ItemOID=one, Mandatory="No", redcap__Variable=one)
    _add_record_item(block)
    for form in forms:
        for field in form.fields:
            _add_item(block, field)
        _add_status_item(block, form.complete)
    for form in forms:
        for field in form.fields:
            _add_choices(block, field.name, field.choices)
    for form_name in (_RECORD_FORM, *(form.name for form in forms)):
        _add_choices(block, f"{form_name}_complete", _STATUS)


def _add_events(block: Element, forms: Sequence[Form], events: Sequence[Event]) -> None:
    protocol = _add(block, "Protocol")
    for order, event in enumerate(events, 1):
        _add(
            protocol,
            "StudyEventRef",
            StudyEventOID=f"Event.{event.unique_name}",
            OrderNumber=str(order),
            Mandatory="No",
        )
    for order, event in enumerate(events, 1):
        defined = _add(
            block,
            "StudyEventDef",
            OID=f"Event.{event.unique_name}",
            Name=event.label,
            Type="Common",
            Repeating="No",
            redcap__EventName=event.label,
            redcap__CustomEventLabel="",
            redcap__UniqueEventName=event.unique_name,
            redcap__ArmNum=str(event.arm),
            redcap__ArmName=f"Arm {event.arm}",
            redcap__DayOffset=str(order),
            redcap__OffsetMin="0",
            redcap__OffsetMax="0",
        )
        # The record is named in its first event.
        names = [_RECORD_FORM] if order == 1 else []
        for place, name in enumerate([*names, *(form.name for form in forms)], 1):
            _add(
                defined,
                "FormRef",
                FormOID=f"Form.{name}",
                OrderNumber=str(place),
                Mandatory="No",
                redcap__FormName=name,
            )


def _sections(form: Form) -> list[tuple[str, str, list[str]]]:
    """Divide a form where a header stands: the first field, the title and the names of the fields of each section."""
    sections: list[tuple[str, str, list[str]]] = []
    for field in form.fields:
        if field.section or not sections:
            sections.append((field.name, field.section or form.label, []))
        sections[-1][2].append(field.name)
    return sections


def _add_form(
    block: Element,
    name: str,
    label: str,
    sections: Iterable[tuple[str, str, list[str]]],
    groups: list[tuple[str, str, list[str]]],
) -> None:
    """Add a form; its groups of fields come after all forms, so they are collected."""
    defined = _add(block, "FormDef", OID=f"Form.{name}", Name=label, Repeating="No", redcap__FormName=name)
    complete = f"{name}_complete"
    for first, title, names in [*sections, (complete, "Form Status", [complete])]:
        _add(defined, "ItemGroupRef", ItemGroupOID=f"{name}.{first}", Mandatory="No")
        groups.append((f"{name}.{first}", title, names))


def _add_record_item(block: Element) -> None:
    item = _add(
        block,
        "ItemDef",
        OID=RECORD_ID,
        Name=RECORD_ID,
        DataType="text",
        Length="999",
        redcap__Variable=RECORD_ID,
        redcap__FieldType="text",
    )
    _add_translated(item, "Question", "Record ID")
    _add_status_item(block, f"{_RECORD_FORM}_complete")


def _add_item(block: Element, field: Field) -> None:
    is_choice = field.kind is FieldKind.CHOICE
    data_type, validation = ("text", None) if is_choice else _XML_TYPES[field.kind]
    length = str(max(len(one.code) for one in field.choices)) if is_choice else "999"
    attributes = {"OID": field.name, "Name": field.name, "DataType": data_type, "Length": length}
    if data_type == "float":
        attributes["SignificantDigits"] = "1"
    attributes |= {"redcap__Variable": field.name, "redcap__FieldType": "select" if is_choice else "text"}
    optional = {
        "redcap__TextValidationType": validation,
        "redcap__FieldNote": field.note,
        "redcap__SectionHeader": field.section,
        "redcap__Identifier": "y" if field.identifier else None,
        "redcap__FieldAnnotation": READ_ONLY,
    }
    item = _add(block, "ItemDef", **attributes, **{name: value for name, value in optional.items() if value})
    _add_translated(item, "Question", field.label)
    if is_choice:
        _add(item, "CodeListRef", CodeListOID=f"{field.name}.choices")


def _add_status_item(block: Element, name: str) -> None:
    item = _add(
        block,
        "ItemDef",
        OID=name,
        Name=name,
        DataType="text",
        Length="1",
        redcap__Variable=name,
        redcap__FieldType="select",
        redcap__SectionHeader="Form Status",
    )
    _add_translated(item, "Question", "Complete?")
    _add(item, "CodeListRef", CodeListOID=f"{name}.choices")


def _add_choices(block: Element, name: str, choices: Sequence[Choice]) -> None:
    """Add the choices of a field as the importer of XML wants them: an item for each, no text with bars."""
    if not choices:
        return
    codes = _add(block, "CodeList", OID=f"{name}.choices", Name=name, DataType="text", redcap__Variable=name)
    for choice in choices:
        item = _add(codes, "CodeListItem", CodedValue=choice.code)
        _add_translated(item, "Decode", choice.label)
