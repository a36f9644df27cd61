"""The options of the commands: records whose fields are the options, with the name and the help of each.

The annotations are read when the program starts, so they must not be strings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from calcimeasure.errors import InputPathError, OutputError

if TYPE_CHECKING:
    from calcimeasure.archive import Access, Source
    from calcimeasure.settings import Settings


class Comparison(StrEnum):
    """With which date a date is compared."""

    BASELINE = "baseline"
    PREVIOUS = "previous"


class ExportFormat(StrEnum):
    """What `export` can write."""

    CSV = "csv"
    REVISIONS = "revisions"
    REDCAP = "redcap"
    SEG = "seg"
    SR = "sr"
    SDTM = "sdtm"
    FHIR = "fhir"
    HTML = "html"


KeyOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Key for pseudonyms; made on first use, outside of DIR.")
]
StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="Agree to the database that DIR names as its store.")
]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="Folder that measure wrote.")]
PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...", help="Files, folders, archives, a DICOMDIR, or dicomweb+https://HOST/...?KEY=VALUE."
    ),
]
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="dicomweb+https://HOST/dicom-web?PatientID=...&StudyDate=... or dimse://AETITLE@HOST:PORT?PatientID=...",
    ),
]
OutlinesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", readable=False, help="DICOM SEG, RTSTRUCT, .nrrd, .mha, NIfTI, or folders of them."
    ),
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results.")]
SampleOption = Annotated[bool, typer.Option("--sample", help="Measure the package's samples instead of PATH.")]


@dataclass(frozen=True, slots=True)
class SettingsOptions:
    """A settings file, and single settings over it."""

    settings: Annotated[Path | None, typer.Option("--settings", metavar="FILE.toml", help="Settings to use.")] = None
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one setting: --set threshold_hu=250.")
    ] = None

    def chosen(self, options: "Mapping[str, object]") -> "Settings":
        """Combine settings: the options of the command override --set, and --set overrides the file."""
        from calcimeasure.settings import Settings, change_settings, load_settings, parse_assignment

        settings = load_settings(self.settings) if self.settings else Settings()
        settings = change_settings(settings, dict(map(parse_assignment, self.change or ())), where="--set")
        return change_settings(settings, options)


@dataclass(frozen=True, slots=True)
class WebOptions:
    """With what an archive lets this program in: a token and authorities of certificates."""

    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="Token for the archive; CALCIMEASURE_TOKEN if none."),
    ] = None
    ca: Annotated[
        Path | None,
        typer.Option("--ca", metavar="FILE", help="Certificate (PEM) of the authority that the archive relies on."),
    ] = None

    def access(self, ae_title: str = "CALCIMEASURE", receive_port: int = 11112) -> "Access":
        """Take the token from its file or from the environment."""
        from calcimeasure.archive import access_from

        return access_from(self.token_file, self.ca, ae_title, receive_port)


@dataclass(frozen=True, slots=True)
class DimseOptions:
    """The name and the port of this program for archives that speak DIMSE."""

    ae_title: Annotated[str, typer.Option("--ae-title", metavar="NAME", help="DIMSE: AE title of this program.")] = (
        "CALCIMEASURE"
    )
    receive_port: Annotated[
        int, typer.Option("--receive-port", metavar="PORT", help="DIMSE: port to which the archive moves images.")
    ] = 11112


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """Options of `measure` that are also settings; each field except `no_report` has the name of its setting."""

    identified: Annotated[
        bool,
        typer.Option(
            "--identified", help="Write PatientID, dates and UIDs into second tables, in DIR/private/identified."
        ),
    ] = False
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", help="Processes that measure; as many as cores and memory allow if none."
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="URL", help="Dask scheduler whose workers measure: tcp://HOST:8786."),
    ] = None
    store: Annotated[
        str | None, typer.Option("--store", metavar="URL", help="Database of the store; a file in DIR/private if none.")
    ] = None
    key: KeyOption = None
    record_map: Annotated[
        Path | None, typer.Option("--record-map", metavar="FILE.csv", help="patient_id to the registry's record_id.")
    ] = None
    bone_mask: Annotated[
        Path | None,
        typer.Option("--bone-mask", metavar="PATH", help="Bones outlined elsewhere: DICOM SEG, RTSTRUCT, image files."),
    ] = None
    time_limit_s: Annotated[
        float | None, typer.Option("--time-limit", metavar="SECONDS", help="Give up a stack that takes longer.")
    ] = None
    all_tissues: Annotated[
        bool,
        typer.Option("--all-tissues", help="Write what is no calcified mass, or not surely, into lesions.csv too."),
    ] = False
    remeasure_reviewed: Annotated[
        bool, typer.Option("--remeasure-reviewed", help="Measure again what readers have decided; decisions stay.")
    ] = False

    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file, also where path, size and time are as before.")
    ] = False

    def as_settings(self) -> dict[str, object]:
        """Give the settings that the options change; an option that was not given changes none."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        settings = {
            name: _as_setting(value) for name, value in given.items() if value is not None and value is not False
        }
        if settings.pop("no_report", False):
            settings["report"] = False
        return settings


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Which lesions `export` writes, where, and with which names."""

    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="PATH", help="File to write (seg, sr, sdtm, redcap: a folder); in DIR if none."),
    ] = None
    status: Annotated[
        Literal["proposed", "accepted", "rejected"] | None,
        typer.Option(
            "--status",
            help="Only these lesions; if none: csv and html all that are not rejected, other formats accepted ones.",
        ),
    ] = None
    identified: Annotated[
        bool,
        typer.Option(
            "--identified",
            help="Write PatientID, dates and UIDs as the headers have them: into DIR/private/identified, or to a PATH "
            "outside of DIR.",
        ),
    ] = False
    recipient: Annotated[
        str | None,
        typer.Option("--for", metavar="NAME", help="Who gets it: kept in the store with what left and when."),
    ] = None
    reading: Annotated[
        str,
        typer.Option(
            "--reading", metavar="NAME", help="csv, revisions, html, sdtm, fhir: whose decisions, into readings/NAME."
        ),
    ] = "clinical"
    key: KeyOption = None
    store: StoreOption = None

    def refuse_for(self, kind: ExportFormat) -> None:
        """Refuse a reading that such an export cannot have.

        Raises
        ------
        OutputError
            Objects and records that were written of the clinical reading would be replaced.
        """
        if self.reading != "clinical" and kind in (ExportFormat.SEG, ExportFormat.SR, ExportFormat.REDCAP):
            raise OutputError(
                f"--reading goes with --format csv, revisions, html, sdtm and fhir, found {kind}: archives and "
                "registries hold what the clinical reading decided."
            )

    def as_settings(self) -> dict[str, object]:
        """Give the settings that the options change. The ids of the registry come from the store."""
        key = {} if self.key is None else {"key": _as_setting(self.key)}
        return {"record_map": "", **key}


@dataclass(frozen=True, slots=True)
class SendOptions:
    """Which objects `send` sends, and for whom."""

    identified: Annotated[
        bool,
        typer.Option("--identified", help="Send what names patients, from DIR/private/identified, and nothing else."),
    ] = False
    recipient: Annotated[
        str | None,
        typer.Option("--for", metavar="NAME", help="Who gets it: kept in the store with what left and when."),
    ] = None
    store: StoreOption = None


@dataclass(frozen=True, slots=True)
class ObjectOptions:
    """How `export` writes objects of DICOM."""

    with_images: Annotated[
        bool,
        typer.Option("--with-images", help="seg, sr: write copies of the images without identity beside the objects."),
    ] = False
    segmentation_type: Annotated[
        Literal["binary", "labelmap"],
        typer.Option("--segmentation-type", help="seg, sr: a frame for each lesion and slice, or one for each slice."),
    ] = "binary"
    accept_burned_in: Annotated[
        bool,
        typer.Option("--accept-burned-in", help="seg, sr: copy images too that may have text in their pixels."),
    ] = False

    def refuse_for(self, kind: ExportFormat) -> None:
        """Refuse options of objects for what is no object.

        Raises
        ------
        OutputError
            One was given.
        """
        if kind not in (ExportFormat.SEG, ExportFormat.SR) and self != ObjectOptions():
            raise OutputError(
                "--with-images, --segmentation-type and --accept-burned-in are options of --format seg and sr, found "
                f"--format {kind}."
            )


@dataclass(frozen=True, slots=True)
class RedcapOptions:
    """How `export` writes for a registry, or into it."""

    merge_into: Annotated[
        Path | None,
        typer.Option(
            "--merge-into",
            metavar="DICTIONARY.csv",
            help="redcap: write this data dictionary of a project with the forms added.",
        ),
    ] = None
    redcap_events: Annotated[
        Path | None,
        typer.Option(
            "--redcap-events",
            metavar="FILE.csv",
            help="redcap: project with events; redcap_event_name by record_id, study_date, study_uid.",
        ),
    ] = None
    push: Annotated[
        str | None,
        typer.Option("--push", metavar="URL", help="redcap: say what would change in a project (https://HOST/api/)."),
    ] = None
    write: Annotated[bool, typer.Option("--write", help="redcap: with --push, write it and read it back.")] = False
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="redcap: file with the project's API token.")
    ] = None
    ca: Annotated[
        Path | None,
        typer.Option("--ca", metavar="FILE", help="redcap: certificate (PEM) of the authority of the registry."),
    ] = None

    def refuse_for(self, kind: ExportFormat) -> None:
        """Refuse options of a registry for what is none, and those of a push without one.

        Raises
        ------
        OutputError
            One was given.
        """
        if kind is not ExportFormat.REDCAP:
            if self != RedcapOptions():
                raise OutputError(
                    "--merge-into, --redcap-events, --push, --write, --token-file and --ca are options of --format "
                    f"redcap, found --format {kind}."
                )
        elif self.push is None and (self.write or self.token_file is not None or self.ca is not None):
            raise OutputError("--write, --token-file and --ca are options of --push URL, found no --push.")
        elif self.push is not None and self.token_file is None:
            raise OutputError("--push needs --token-file FILE, a file with the API token of the project.")
        elif self.push is not None and self.merge_into is not None:
            raise OutputError("Either --merge-into (files) or --push (the registry) expected, found both.")


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """Of which trial the data are that `export` writes."""

    study_id: Annotated[
        str | None, typer.Option("--study-id", metavar="ID", help="sdtm: STUDYID, the identifier of the trial.")
    ] = None

    def refuse_for(self, kind: ExportFormat) -> None:
        """Refuse the identifier of a trial for other data.

        Raises
        ------
        OutputError
            One was given.
        """
        if kind is not ExportFormat.SDTM and self.study_id is not None:
            raise OutputError(f"--study-id is an option of --format sdtm, found --format {kind}.")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Which outlines `import` takes, and what it makes of them."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be imported; nothing is stored or written.")
    ] = False
    as_revision: Annotated[
        bool,
        typer.Option(
            "--as-revision",
            help="Take an outline that overlaps a lesion by half or more (IoU) as a new revision of that lesion.",
        ),
    ] = False
    reader: Annotated[
        str | None,
        typer.Option("--reader", metavar="NAME", help="Who drew the outlines, where a file does not say it."),
    ] = None
    series: Annotated[
        str | None,
        typer.Option("--series", metavar="UID", help="Series on which they were drawn, where files do not tell it."),
    ] = None
    stack: Annotated[int | None, typer.Option("--stack", metavar="N", help="Stack of that series.")] = None
    segment: Annotated[
        list[str] | None,
        typer.Option("--segment", metavar="NAME", help="Import this outline alone, also a bone or organ; repeatable."),
    ] = None
    key: KeyOption = None
    store: StoreOption = None

    def as_settings(self) -> dict[str, object]:
        """Give the settings that the options change. The ids of the registry come from the store."""
        key = {} if self.key is None else {"key": _as_setting(self.key)}
        return {"record_map": "", **key}


def _as_setting(value: object) -> object:
    # Settings are stored with the results, so a path in them must be valid in any working directory.
    return str(value.absolute()) if isinstance(value, Path) else value


def out_of(out: Path | None) -> Path:
    """Give the folder of the results; `measure` requires one."""
    if out is None:
        raise OutputError("measure needs --out DIR.")
    return out


def inputs_of(paths: Sequence[str] | None, sample: bool = False) -> Sequence[Path]:
    """Give the paths to search: those of the command line without addresses of archives, or that of the samples."""
    from calcimeasure.archive import is_source
    from calcimeasure.sample import sample_folder

    if sample and paths:
        raise InputPathError("Either PATH or --sample, not both.")
    if sample:
        return [sample_folder()]
    if not paths:
        raise InputPathError("At least one PATH is needed (or measure --sample).")
    return [Path(path) for path in paths if not is_source(path)]


def sources_of(paths: Sequence[str] | None) -> "Sequence[Source]":
    """Give the addresses of archives among the paths of the command line."""
    from calcimeasure.archive import is_source, parse_source

    return [parse_source(path) for path in paths or () if is_source(path)]
