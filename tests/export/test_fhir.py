"""Masses as resources of FHIR R5: valid, with the codes and values of the structured report."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.bundle import Bundle

from calcimeasure.export import Identified, Pseudonyms
from calcimeasure.export.dicom.codes import REGIONS
from calcimeasure.export.dicom.quantities import OF_CT
from calcimeasure.export.fhir.bundle import write_bundle
from calcimeasure.export.fhir.elements import PATIENTS, SYSTEMS
from calcimeasure.model import BodySite, Laterality, Outcome, Side, SideSource, Site, SiteSource, State, Status
from calcimeasure.study import linked_studies
from tests.export.dicom.reports import DISK, RING, SQUARES, ct_source, film_source, made, read_back

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.export import Leaving, Naming
    from calcimeasure.export.dicom.source import Source

NAMES = Pseudonyms(b"k" * 32)
UNCERTAINTY = "http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty"


def outcome(source: Source) -> Outcome:
    return Outcome(State.MEASURED, source.facts.path, source.facts, lesions=source.lesions)


def bundle(
    folder: Path, *sources: Source, naming: Naming = NAMES, status: Status = Status.ACCEPTED
) -> dict[str, list[dict[str, Any]]]:
    """The resources by their type; the Bundle is valid, and what it refers to is in it."""
    left: list[Leaving] = []
    count = write_bundle(linked_studies(map(outcome, sources)), folder / "fhir.json", naming, status, left.append)
    text = (folder / "fhir.json").read_text(encoding="utf-8")
    Bundle.model_validate_json(text)
    document = json.loads(text)
    assert left[0].row_count == count
    there = {one["fullUrl"] for one in document.get("entry", ())}
    assert len(there) == len(document.get("entry", ()))
    assert set(re.findall(r'"reference":"([^"]+)"', text)) <= there
    found: dict[str, list[dict[str, Any]]] = {}
    for one in document.get("entry", ()):
        assert one["fullUrl"] == f"urn:uuid:{one['resource']['id']}"
        found.setdefault(one["resource"]["resourceType"], []).append(one["resource"])
    return found


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A CT with two accepted masses of a patient on a day."""
    header = {"patient_id": "CNRY", "study_date": "20190302", "seed": "fhir"}
    source = ct_source(tmp_path_factory.mktemp("fhir"), **header)
    left = Side(Laterality.LEFT, SideSource.BODY_MIDLINE, 0.9)
    middle = Side(Laterality.MIDLINE, SideSource.BODY_MIDLINE, 0.8)
    return replace(
        source,
        lesions=(
            replace(source.lesions[0], side=left, site=Site(BodySite.PELVIS, SiteSource.GEOMETRY)),
            replace(source.lesions[1], side=middle, site=Site(BodySite.SPINE, SiteSource.GEOMETRY, "lumbar")),
        ),
    )


def code_of(element: dict[str, Any]) -> tuple[str, str]:
    (coding,) = element["coding"]
    return coding["system"], coding["code"]


def groups(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [one for one in found["Observation"] if "hasMember" in one]


def members(found: dict[str, list[dict[str, Any]]], group: dict[str, Any]) -> list[dict[str, Any]]:
    there = {f"urn:uuid:{one['id']}": one for one in found["Observation"]}
    return [there[one["reference"]] for one in group["hasMember"]]


def test_a_mass_is_a_place_and_a_group_of_observations(ct: Source, tmp_path: Path) -> None:
    found = bundle(tmp_path, ct)
    assert {name: len(resources) for name, resources in found.items() if name != "Observation"} == {
        "Patient": 1,
        "ImagingStudy": 1,
        "Device": 1,
        "BodyStructure": 2,
    }
    first, second = found["BodyStructure"]
    uid = NAMES.uid(ct.lesions[0].tracking_uid)
    assert first["identifier"][1]["value"] == f"urn:oid:{uid}"
    assert code_of(first["includedStructure"][0]["structure"])[1] == REGIONS[BodySite.PELVIS][0]
    assert code_of(first["includedStructure"][0]["laterality"]) == (SYSTEMS["SCT"], "7771000")
    assert code_of(second["includedStructure"][0]["structure"])[1] == "122496007"
    assert code_of(second["includedStructure"][0]["laterality"]) == (SYSTEMS["DCM"], "130290")
    group, _ = groups(found)
    assert (group["status"], code_of(group["category"][0])) == ("final", (SYSTEMS["DCM"], "125007"))
    assert group["bodyStructure"]["reference"] == f"urn:uuid:{first['id']}"
    assert group["note"][0]["text"].startswith("1: left pelvis, ")
    (imaging,) = found["ImagingStudy"]
    assert group["partOf"][0]["identifier"]["value"] == imaging["identifier"][0]["value"]
    assert imaging["series"][0]["uid"] == NAMES.uid(ct.facts.series_uid)
    assert imaging["started"] == group["effectiveDateTime"] == str(NAMES.study_date(ct.facts))


def test_every_observation_has_what_its_profile_requires(ct: Source, tmp_path: Path) -> None:
    """The profiles imaging-measurement, imaging-measurement-group and imaging-qualitative-evaluation of the mapping."""
    found = bundle(tmp_path, ct)
    (device,) = found["Device"]
    for one in found["Observation"]:
        assert one["device"]["reference"] == f"urn:uuid:{device['id']}"
        assert code_of(one["partOf"][0]["identifier"]["type"]) == (SYSTEMS["DCM"], "110180")
        assert one["partOf"][0]["identifier"]["system"] == "urn:dicom:uid"
        assert "issued" in one or "_issued" in one
        assert ("valueQuantity" in one) != ("valueCodeableConcept" in one)
        if "valueCodeableConcept" in one:
            assert code_of(one["category"][0])[1] in ("125007", "C0034375")
    for one in found["BodyStructure"]:
        assert [code_of(identifier["type"])[1] for identifier in one["identifier"]] == ["112039", "112040"]
        assert one["identifier"][1]["system"] == "urn:dicom:uid"


def test_values_codes_and_half_widths_are_those_of_the_structured_report(ct: Source, tmp_path: Path) -> None:
    """Each NUM of the report has an Observation with its code, value and unit; each half-width, too."""
    found = bundle(tmp_path, ct)
    (report,) = made(ct, NAMES)[1]
    tree = read_back(report)
    container = next(one for one in tree.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "126010")
    reported = [one for one in container.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "125007"]
    for group, sr in zip(groups(found), reported, strict=True):
        numbers = [one for one in sr.ContentSequence if one.ValueType == "NUM"]
        observed = [one for one in members(found, group) if "valueQuantity" in one]
        observed = [one for one in observed if (code_of(one["code"])[1]) in {_code(number) for number in numbers}]
        assert len(observed) >= len(numbers) > 8
        for number in numbers:
            value = float(number.MeasuredValueSequence[0].NumericValue)
            unit = number.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue
            (one,) = (
                one
                for one in observed
                if code_of(one["code"])[1] == _code(number)
                and (one["valueQuantity"]["value"], one["valueQuantity"]["code"]) == (value, unit)
                and _derivation(one) == _sr_child(number, "121401")
            )
            half_width = _sr_child(number, "371884006")
            (component,) = [c for c in one.get("component", ()) if code_of(c["code"])[1] == "371884006"] or [None]
            assert (half_width is None) == (component is None) == ("extension" not in one["valueQuantity"])
            if component is not None and half_width is not None:
                assert component["valueQuantity"]["value"] == float(half_width)
                deviation, kind = one["valueQuantity"]["extension"]
                assert deviation["url"] == UNCERTAINTY
                assert deviation["valueDecimal"] == pytest.approx(float(half_width) / 1.96, rel=1e-3)
                assert kind["valueCode"] == "N"


def _code(number: Any) -> str:  # noqa: ANN401
    return str(number.ConceptNameCodeSequence[0].CodeValue)


def _sr_child(number: Any, code: str) -> str | None:  # noqa: ANN401
    for child in number.get("ContentSequence", ()):
        if _code(child) == code:
            if child.ValueType == "NUM":
                return str(child.MeasuredValueSequence[0].NumericValue)
            return str(child.ConceptCodeSequence[0].CodeValue)
    return None


def _derivation(observation: dict[str, Any]) -> str | None:
    for one in observation.get("component", ()):
        if code_of(one["code"])[1] == "121401":
            return code_of(one["valueCodeableConcept"])[1]
    return None


def test_nothing_names_the_patient_or_the_reader(ct: Source, tmp_path: Path) -> None:
    found = bundle(tmp_path, ct)
    text = (tmp_path / "fhir.json").read_text(encoding="utf-8")
    for secret in (
        "CNRY",
        "2019",
        ct.facts.series_uid,
        ct.facts.study_uid,
        ct.lesions[0].tracking_uid,
        "Dr A",
        "12:00",
    ):
        assert secret not in text
    assert found["Patient"][0].keys() == {"resourceType", "id", "identifier"}
    assert found["Patient"][0]["identifier"] == [{"system": PATIENTS, "value": NAMES.patient_key(ct.facts)}]
    group = groups(found)[0]
    assert group["performer"][0]["identifier"]["value"] == NAMES.reader("Dr A")
    assert group["_issued"]["extension"][0]["valueCode"] == "masked"
    named = bundle(tmp_path, ct, naming=Identified())
    assert named["Patient"][0]["identifier"] == [{"value": "CNRY"}]
    assert groups(named)[0]["performer"][0]["identifier"] == {"value": "Dr A"}
    assert groups(named)[0]["issued"] == "2026-03-01T12:00:00+00:00"
    assert (tmp_path / "fhir.json").stat().st_mode & 0o077 == 0


def test_what_no_reader_accepted_is_preliminary(ct: Source, tmp_path: Path) -> None:
    waiting = tuple(replace(one, status=Status.PROPOSED, reader=None, reviewed_at=None) for one in ct.lesions[:1])
    source = replace(ct, lesions=(*waiting, ct.lesions[1]))
    found = bundle(tmp_path, source, status=Status.PROPOSED)
    assert len(found["BodyStructure"]) == 1
    assert {one["status"] for one in found["Observation"]} == {"preliminary"}
    assert not any("performer" in one for one in found["Observation"])
    assert groups(found)[0]["note"][0]["text"].endswith("not reviewed")
    assert bundle(tmp_path, replace(ct, lesions=waiting)) == {}


def test_an_unknown_side_is_said_and_stands_in_no_place(ct: Source, tmp_path: Path) -> None:
    nowhere = replace(ct.lesions[0], side=Side(Laterality.UNKNOWN, SideSource.NONE), site=None)
    found = bundle(tmp_path, replace(ct, lesions=(nowhere,)))
    (place,) = found["BodyStructure"][0]["includedStructure"]
    assert (code_of(place["structure"])[1], "laterality" in place) == ("261665006", False)
    (side,) = (one for one in found["Observation"] if code_of(one["code"])[1] == "272741003")
    assert code_of(side["valueCodeableConcept"])[1] == "261665006"


def test_sizes_of_a_mass_that_is_cut_off_are_lower_bounds(ct: Source, tmp_path: Path) -> None:
    cut = replace(ct.lesions[0], measurements=replace(ct.lesions[0].measurements, truncated=True))
    found = bundle(tmp_path, replace(ct, lesions=(cut,)))
    bounds = {
        code_of(one["code"])[1]: one["valueQuantity"].get("comparator")
        for one in found["Observation"]
        if "valueQuantity" in one
    }
    sizes = {one.concept[0] for one in OF_CT if one.derivation is None} & bounds.keys()
    assert {bounds[code] for code in sizes} == {">="}
    assert {bound for code, bound in bounds.items() if code not in sizes} == {None}


def test_a_radiograph_without_a_spacing_is_in_pixels_alone(tmp_path: Path) -> None:
    found = bundle(tmp_path, film_source(tmp_path / "film", [DISK, RING, SQUARES]))
    units = {one["valueQuantity"]["code"] for one in found["Observation"] if "valueQuantity" in one}
    assert units == {"{pixels}", "1"}
    assert "millimeter" not in (tmp_path / "fhir.json").read_text(encoding="utf-8")
    assert code_of(found["ImagingStudy"][0]["modality"][0])[1] in ("DX", "CR")


def test_a_patient_without_an_id_and_a_day(ct: Source, tmp_path: Path) -> None:
    nameless = replace(ct, facts=replace(ct.facts, patient_id=None, person=None, study_date=None, modality="DOE^J"))
    found = bundle(tmp_path, nameless)
    assert found["Patient"][0]["identifier"][0]["value"] == f"STUDY-{NAMES.uid(ct.facts.study_uid)}"
    assert "started" not in found["ImagingStudy"][0]
    assert found["ImagingStudy"][0]["modality"] == [{"text": "other"}]


def test_the_same_state_gives_the_same_file(ct: Source, tmp_path: Path) -> None:
    bundle(tmp_path, ct)
    first = (tmp_path / "fhir.json").read_bytes()
    bundle(tmp_path, ct)
    assert (tmp_path / "fhir.json").read_bytes() == first
