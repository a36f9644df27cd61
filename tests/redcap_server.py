"""A small REDCap: one project and its API on the loopback, by the published rules. It knows no code of calcimeasure."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

TOKEN = "0123456789ABCDEF" + "0123456789abcdef"
ODM, REDCAP = "{http://www.cdisc.org/ns/odm/v1.3}", "{https://projectredcap.org}"
VALIDATIONS_OF_XML = {"float": "number", "int": "integer"}
TYPES_OF_XML = {"select": "dropdown", "textarea": "notes"}
COLUMNS = (
    *("field_name", "form_name", "section_header", "field_type", "field_label", "select_choices_or_calculations"),
    *("field_note", "text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max"),
    *("identifier", "branching_logic", "required_field", "custom_alignment", "question_number", "matrix_group_name"),
    *("matrix_ranking", "field_annotation"),
)
EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"

Key = tuple[str, str, str, str]
"""Record, event, repeating form and instance."""


class RefusalError(Exception):
    """What the API answers as an error."""


@dataclass
class FakeProject:
    """A project: its dictionary, what repeats, its cells."""

    fields: dict[str, dict[str, str]]
    repeating: set[tuple[str, str]]
    events: list[str] = field(default_factory=list)
    cells: dict[Key, dict[str, str]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    imports: int = 0
    spoil: Mapping[str, str] = field(default_factory=dict)
    """Fields that are stored as something else, as a hook of the server could do it."""

    @classmethod
    def of_xml(cls, text: str) -> FakeProject:
        """Make a project from a project file, as the page New Project does."""
        root = ET.fromstring(text)  # noqa: S314 - made by the test
        fields = {}
        groups = {
            group.get("OID"): [one.get(REDCAP + "Variable") for one in group.iter(ODM + "ItemRef")]
            for group in root.iter(ODM + "ItemGroupDef")
        }
        forms = {
            str(name): str(form.get(REDCAP + "FormName"))
            for form in root.iter(ODM + "FormDef")
            for group in form.iter(ODM + "ItemGroupRef")
            for name in groups[group.get("ItemGroupOID")]
        }
        choices = {
            code.get("OID"): " | ".join(
                f"{one.get('CodedValue')}, {one.findtext(f'{ODM}Decode/{ODM}TranslatedText')}" for one in code
            )
            for code in root.iter(ODM + "CodeList")
        }
        for item in root.iter(ODM + "ItemDef"):
            name = str(item.get("OID"))
            if name.endswith("_complete"):
                continue
            kind, validation = str(item.get(REDCAP + "FieldType")), item.get(REDCAP + "TextValidationType", "")
            listed = item.find(ODM + "CodeListRef")
            fields[name] = dict.fromkeys(COLUMNS, "") | {
                "field_name": name,
                "form_name": forms[name],
                "field_type": TYPES_OF_XML.get(kind, kind),
                "field_label": str(item.findtext(f"{ODM}Question/{ODM}TranslatedText")),
                "select_choices_or_calculations": "" if listed is None else choices[listed.get("CodeListOID")],
                "text_validation_type_or_show_slider_number": VALIDATIONS_OF_XML.get(validation, validation),
                "identifier": item.get(REDCAP + "Identifier", ""),
                "field_annotation": item.get(REDCAP + "FieldAnnotation", ""),
            }
        events = [str(one.get(REDCAP + "UniqueEventName")) for one in root.iter(ODM + "StudyEventDef")]
        repeating = {
            (
                str(one.get(REDCAP + "UniqueEventName")) if events else "",
                str(one.get(REDCAP + "RepeatInstrument")),
            )
            for one in root.iter(REDCAP + "RepeatingInstrument")
        }
        return cls(fields, repeating, events)

    @classmethod
    def existing(cls, record_field: str = "study_id") -> FakeProject:
        """A project that somebody else has set up, with one record."""
        own = {"field_name": record_field, "form_name": "baseline", "field_type": "text", "field_label": "Study ID"}
        score = {"field_name": "skin_score", "form_name": "baseline", "field_type": "text", "field_label": "mRSS"}
        rows = [dict.fromkeys(COLUMNS, "") | own, dict.fromkeys(COLUMNS, "") | score]
        project = cls({row["field_name"]: row for row in rows}, set())
        project.cells["R-0001", "", "", ""] = {"skin_score": "17"}
        return project

    def upload_instrument(self, packed: bytes) -> None:
        """Take an instrument zip, as the page Designer does; its fields come behind the others."""
        with zipfile.ZipFile(io.BytesIO(packed)) as file:
            assert set(file.namelist()) == {"OriginID.txt", "instrument.csv"}
            header, *rows = csv.reader(io.StringIO(file.read("instrument.csv").decode("utf-8"), newline=""))
        assert len(header) == len(COLUMNS)
        for row in rows:
            one = dict(zip(COLUMNS, row, strict=True))
            assert one["field_name"] not in self.fields
            self.fields[one["field_name"]] = one

    @property
    def record_field(self) -> str:
        return next(iter(self.fields))

    @property
    def forms(self) -> list[str]:
        return list(dict.fromkeys(one["form_name"] for one in self.fields.values()))

    def form_of(self, name: str) -> str | None:
        if name in self.fields:
            return self.fields[name]["form_name"]
        return next((form for form in self.forms if name == f"{form}_complete"), None)

    # What the API does

    def answer(self, asked: Mapping[str, str]) -> object:
        self.requests.append(dict(asked))
        if asked.get("token") != TOKEN:
            raise RefusalError("You do not have permissions to use the API")
        if "data" in asked:
            return self.take(asked)
        content = asked.get("content")
        if content == "project":
            longitudinal, repeats = int(bool(self.events)), int(bool(self.repeating))
            return {
                "project_id": 7,
                "is_longitudinal": longitudinal,
                "has_repeating_instruments_or_events": repeats,
            }
        if content == "metadata":
            return list(self.fields.values())
        if content == "repeatingFormsEvents":
            return [{"event_name": event or "event_1_arm_1", "form_name": form} for event, form in self.repeating]
        if content == "record":
            return list(self.export(asked))
        raise RefusalError(f"The value of the parameter content is not valid: {content}")

    def export(self, asked: Mapping[str, str]) -> Iterator[dict[str, object]]:
        records, forms, fields = (_listed(asked, name) for name in ("records", "forms", "fields"))
        names = [
            *(name for name in self.fields if name in fields or self.fields[name]["form_name"] in forms),
            *(f"{form}_complete" for form in self.forms if form in forms),
        ]
        for (record, event, form, instance), cells in sorted(self.cells.items()):
            if records and record not in records:
                continue
            row: dict[str, object] = {self.record_field: record}
            if self.events:
                row[EVENT] = event
            row |= {INSTRUMENT: form, INSTANCE: int(instance) if instance else ""}
            yield row | {name: cells.get(name, "") for name in names if name != self.record_field}

    def take(self, asked: Mapping[str, str]) -> object:
        rows = json.loads(asked["data"])
        overwrites = asked["overwriteBehavior"] == "overwrite"
        assert asked["dateFormat"] == "YMD"
        taken = [(self._key(row), self._cells(row)) for row in rows]  # all or nothing
        for key, cells in taken:
            there = self.cells.setdefault(key, {})
            self.cells.setdefault((key[0], key[1], "", ""), {})
            for name, text in cells.items():
                if text:
                    there[name] = self.spoil.get(name, text)
                elif overwrites:
                    there.pop(name, None)
        self.imports += 1
        return {"count": len({key[0] for key, _ in taken})}

    def import_csv(self, text: str) -> None:
        """Take import.csv with the settings of the page Data Import Tool that HOWTO.txt names."""
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.take({"data": json.dumps(rows), "overwriteBehavior": "overwrite", "dateFormat": "YMD"})

    def _key(self, row: Mapping[str, str]) -> Key:
        record = row.get(self.record_field, "")
        if not record or record != record.strip():
            raise RefusalError("The record ID field is missing or blank")
        event = row.get(EVENT, "")
        if bool(event) != bool(self.events) or (self.events and event not in self.events):
            raise RefusalError(f"Invalid event: {event}")
        form, instance = row.get(INSTRUMENT, ""), row.get(INSTANCE, "")
        if form and (event, form) not in self.repeating:
            raise RefusalError(f"{form} is not a repeating instrument")
        if form and not re.fullmatch("[1-9][0-9]*", instance):
            raise RefusalError(f"Invalid repeating instance: {instance}")
        return record, event, form, instance

    def _cells(self, row: Mapping[str, str]) -> dict[str, str]:
        cells = {
            name: text for name, text in row.items() if name not in (self.record_field, EVENT, INSTRUMENT, INSTANCE)
        }
        for name, text in cells.items():
            form = self.form_of(name)
            if form is None:
                raise RefusalError(f"The following fields were not found in the project as real data fields: {name}")
            if text and form != row.get(INSTRUMENT):
                raise RefusalError(f"{name} does not exist on the repeating instrument {row.get(INSTRUMENT)}")
            if text and not self._is_valid(name, text):
                raise RefusalError(f"The value is not valid: {name}")
        return cells

    def _is_valid(self, name: str, text: str) -> bool:
        if name not in self.fields:
            return text in ("0", "1", "2")
        one = self.fields[name]
        if one["field_type"] in ("dropdown", "radio"):
            return text in {choice.split(",")[0].strip() for choice in one["select_choices_or_calculations"].split("|")}
        match one["text_validation_type_or_show_slider_number"]:
            case "number":
                return re.fullmatch(r"[-+]?\d*\.?\d+", text) is not None
            case "integer":
                return re.fullmatch(r"[-+]?\d+", text) is not None
            case "date_ymd":
                return _parses(text, "%Y-%m-%d")
            case "datetime_seconds_ymd":
                return _parses(text, "%Y-%m-%d %H:%M:%S")
        return text == text.strip()


def _parses(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).strftime(form) == text
    except ValueError:
        return False


def _listed(asked: Mapping[str, str], name: str) -> Sequence[str]:
    return [value for key, value in asked.items() if re.fullmatch(rf"{name}\[\d+\]", key)]


@contextmanager
def serving(project: FakeProject, redirect: bool = False) -> Iterator[str]:
    """Serve the API of a project on a free port; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            try:
                status, answer = 200, json.dumps(project.answer(asked))
            except RefusalError as error:
                status, answer = 400, json.dumps({"error": str(error)})
            if redirect:
                self.send_response(307)
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere/")
                answer = "moved"
            else:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def written(path: Path) -> dict[Key, dict[str, str]]:
    """Read import.csv as the cells that a project has after it: none is blank."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: Iterable[dict[str, str]] = csv.DictReader(file)
        return {
            (next(iter(row.values())), row.get(EVENT, ""), row[INSTRUMENT], row[INSTANCE]): {
                name: text for name, text in list(row.items())[1:] if text and name not in (EVENT, INSTRUMENT, INSTANCE)
            }
            for row in rows
        }
