"""The commands: each parses its options, calls the function that does the work, shows the result, and returns a code.

The annotations are read when the program starts, so they must not be strings.
"""

import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimeasure.cli.command import (
    EXIT_ALL_MEASURED,
    EXIT_INTERRUPTED,
    EXIT_NOTHING_TO_MEASURE,
    EXIT_SOME_FAILED,
    TakesSeveral,
    command,
    exit_code,
)
from calcimeasure.cli.completion import Shell, install_completion, show_completion
from calcimeasure.cli.options import (
    Comparison,
    DimseOptions,
    ExportFormat,
    ExportOptions,
    FolderArgument,
    ImportOptions,
    KeyOption,
    MeasureOptions,
    ObjectOptions,
    OutlinesArgument,
    OutOption,
    PathsArgument,
    RedcapOptions,
    SampleOption,
    SendOptions,
    SettingsOptions,
    SourceArgument,
    StoreOption,
    TrialOptions,
    WebOptions,
    inputs_of,
    out_of,
    sources_of,
)
from calcimeasure.cli.process import fill_closed_streams, interrupt_on_signals
from calcimeasure.cli.screen import (
    said_again,
    say,
    show_again,
    show_changes,
    show_done,
    show_explanation,
    show_fetched,
    show_imported,
    show_line,
    show_scan,
    show_scan_as_json,
    show_sent,
    show_verified,
    terminal,
)
from calcimeasure.errors import InputPathError, NotBuiltError, OutputError
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from calcimeasure.run.finished import Repeatable
    from calcimeasure.run.order import Order
    from calcimeasure.run.processes import MeasureStacks
    from calcimeasure.run.redcap import RegistryOrder
    from calcimeasure.settings import Settings

_PICTURE_PIXELS = 512

_INSTALL_REVIEW = "Install it: pip install 'calcimeasure[gui]'."

app = typer.Typer(
    add_completion=False,  # calcimeasure.cli.completion has options that work without a terminal
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text: to load what draws frames around it takes longer than all the rest of --help
    context_settings={"max_content_width": 120},
    help="Measure calcified masses on CT and radiographs: folders of DICOM in, lesions.csv out.",
)


def main() -> None:
    """Run the program."""
    fill_closed_streams()
    interrupt_on_signals()
    for stream in (sys.stdout, sys.stderr):
        # On a terminal or in a file with another character set than UTF-8, unknown characters are shown as codes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="calcimeasure")


def _show_version(wanted: bool) -> None:
    if wanted:
        from calcimeasure.settings.algorithm import ALGORITHM

        typer.echo(f"calcimeasure {software_version()} (algorithm number {ALGORITHM})")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and the algorithm number.",
        ),
    ] = False,
    installed: Annotated[
        Shell | None,
        typer.Option(
            "--install-completion",
            callback=install_completion,
            is_eager=True,
            help="Have this shell complete commands and options with the Tab key.",
        ),
    ] = None,
    shown: Annotated[
        Shell | None,
        typer.Option(
            "--show-completion",
            callback=show_completion,
            is_eager=True,
            help="Print the script with which this shell completes, to install it by hand.",
        ),
    ] = None,
) -> None:
    pass


@command(app)
def scan(
    *,
    paths: PathsArgument = None,
    settings: SettingsOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> int:
    """Say what would be measured, what not and why, from headers alone."""
    if sources_of(paths):
        raise InputPathError("Files expected, found the address of an archive: fetch it first (calcimeasure fetch).")
    inputs, chosen = inputs_of(paths), settings.chosen({})
    from calcimeasure.run.scan import scan_headers

    found = scan_headers(inputs, chosen)
    (show_scan_as_json if as_json else show_scan)(found)
    return exit_code(found.count("measure"), found.count("failed"))


@command(app)
def measure(
    *,
    paths: PathsArgument = None,
    out: OutOption = None,
    settings: SettingsOptions,
    sample: SampleOption = False,
    options: MeasureOptions,
    web: WebOptions,
    debug: bool,
) -> int:
    """Measure every CT and radiograph under PATH and write the tables into DIR; what is measured already stays."""
    folder = out_of(out)
    repeatable = _repeatable(paths, folder, settings, options)
    if repeatable is not None and (before := repeatable.said()) is not None:
        repeatable.log(before)
        show_again(before)
        return before.code
    chosen = settings.chosen(options.as_settings())
    inputs, sources = inputs_of(paths, sample), sources_of(paths)
    access = web.access() if sources else None
    workers = _workers(inputs, folder, chosen)
    from calcimeasure.run.arriving import Arriving
    from calcimeasure.run.run import measure_into

    done = measure_into(folder, inputs, chosen, workers, terminal(debug), Arriving(sources, access))
    show_done(done)
    code = EXIT_INTERRUPTED if done.interrupted else exit_code(done.measured, done.failed)
    if repeatable is not None and done.is_final:
        repeatable.keep(said_again(done, code), [Path(done.key_file)], done.store_seen)
    return code


def _repeatable(
    paths: Sequence[str] | None, out: Path, settings: SettingsOptions, options: MeasureOptions
) -> "Repeatable | None":
    """Give a run that may find everything as a run before left it; None where it needs more than files that it knows.

    On a terminal nothing is repeated: its width decides what stands in a line.
    """
    known = replace(options, workers=None, time_limit_s=None, key=None)
    known = replace(known, no_report=False, identified=False, all_tissues=False)
    if known != MeasureOptions() or settings != SettingsOptions() or sys.stdout.isatty() or not paths:
        return None
    from calcimeasure.run.finished import Repeatable

    return Repeatable(repr((paths, out, options)), [Path(path) for path in paths], out)


@command(app)
def explain(
    folder: FolderArgument,
    lesion: Annotated[
        str | None,
        typer.Option(
            "--lesion", metavar="TRACKING_UID|N", help="Which one: its tracking_uid, or its number with --stack."
        ),
    ] = None,
    stack: Annotated[
        int | None,
        typer.Option(
            "--stack", metavar="N", help="Its stack, as the table of measure numbers them; the only one if none."
        ),
    ] = None,
    track: Annotated[
        str | None,
        typer.Option("--track", metavar="TRACK_UID", help="Explain how a mass changed: its track_uid in changes.csv."),
    ] = None,
    store: StoreOption = None,
) -> int:
    """Explain why a lesion has its size, its tissue, its side and its site, or how a mass changed."""
    if (lesion is None) is (track is None):
        raise InputPathError("Either --lesion or --track expected: a lesion, or a mass from date to date.")
    _agree(store)
    if track is not None:
        from calcimeasure.run.explain_change import explain_change

        show_changes(explain_change(folder, track, say))
        return EXIT_ALL_MEASURED
    from calcimeasure.run.explain import Asked, explain_lesion

    show_explanation(explain_lesion(folder, Asked(lesion or "", stack), _PICTURE_PIXELS, say))
    return EXIT_ALL_MEASURED


@command(app)
def export(
    folder: FolderArgument,
    kind: Annotated[ExportFormat, typer.Option("--format", help="What to write.")],
    options: ExportOptions,
    object_options: ObjectOptions,
    redcap_options: RedcapOptions,
    trial: TrialOptions,
) -> int:
    """Write csv (lesions.csv), revisions (every state), html (a report), seg, sr (DICOM), redcap, sdtm or fhir."""
    for of_some_formats in (options, object_options, redcap_options, trial):
        of_some_formats.refuse_for(kind)
    _agree(options.store)
    if kind in (ExportFormat.SEG, ExportFormat.SR):
        return _export_objects(folder, kind, options, object_options)
    if kind in (ExportFormat.SDTM, ExportFormat.FHIR):
        return _export_for_others(folder, kind, options, trial)
    if kind is ExportFormat.REDCAP:
        return _export_redcap(folder, options, redcap_options)
    from calcimeasure.run.report import write_report_of
    from calcimeasure.run.tables import write_lesions_of, write_revisions_of

    write = {ExportFormat.REVISIONS: write_revisions_of, ExportFormat.HTML: write_report_of}.get(kind, write_lesions_of)
    path = write(folder, _order(options), options.as_settings(), say)
    show_line(f"Written: {path}")
    return EXIT_ALL_MEASURED


def _order(options: ExportOptions) -> "Order":
    from calcimeasure.run.order import Order

    return Order(options.to, options.status, options.identified, options.recipient, options.reading)


def _export_objects(folder: Path, kind: ExportFormat, options: ExportOptions, object_options: ObjectOptions) -> int:
    """Write objects of DICOM; some failed if a stack with lesions has none."""
    from calcimeasure.run.dicom_objects import ObjectOrder, write_segmentations_of
    from calcimeasure.run.dicom_reports import write_reports_of
    from calcimeasure.run.withheld import withheld

    wanted = ObjectOrder(
        _order(options), object_options.with_images, object_options.segmentation_type, object_options.accept_burned_in
    )
    written = {ExportFormat.SEG: write_segmentations_of, ExportFormat.SR: write_reports_of}[kind](
        folder, wanted, options.as_settings(), say
    )
    for path in written.paths:
        show_line(f"Written: {path}")
    for path in written.removed:
        show_line(f"Removed, because it says what is no longer true: {path}")
    for line in written.left:
        say(f"Not written: {withheld(line)}")
    if not written.paths and not written.left:
        say(f"No stack of {folder} has a lesion with the status {wanted.status}: nothing was written.")
    return EXIT_SOME_FAILED if written.left else EXIT_ALL_MEASURED


def _export_redcap(folder: Path, options: ExportOptions, redcap_options: RedcapOptions) -> int:
    """Write the files of a registry, or push into it; some failed if something is left out or was not taken."""
    from calcimeasure.run.redcap import RegistryOrder, write_redcap_of

    wanted = RegistryOrder(_order(options), redcap_options.merge_into, redcap_options.redcap_events)
    if redcap_options.push is not None:
        return _push_redcap(folder, wanted, options, redcap_options)
    written = write_redcap_of(folder, wanted, options.as_settings(), say)
    for path in written.paths:
        show_line(f"Written: {path}")
    for line in written.left:
        say(line)
    return EXIT_SOME_FAILED if written.left else EXIT_ALL_MEASURED


def _push_redcap(folder: Path, wanted: "RegistryOrder", options: ExportOptions, redcap_options: RedcapOptions) -> int:
    from calcimeasure.registry.address import address_of, token_from

    if options.to is not None:
        raise OutputError("Either --to (files) or --push (the registry) expected, found both.")
    if redcap_options.push is None or redcap_options.token_file is None:
        raise OutputError("--push needs --token-file FILE, a file with the API token of the project.")
    address, token = address_of(redcap_options.push), token_from(redcap_options.token_file)
    from calcimeasure.run.redcap_push import PushOrder, push_redcap_of

    order = PushOrder(wanted, address, token, redcap_options.ca, redcap_options.write)
    pushed = push_redcap_of(folder, order, options.as_settings(), say)
    for line in pushed.lines:
        show_line(line)
    for line in (*pushed.left, *pushed.differences):
        say(line)
    return EXIT_SOME_FAILED if pushed.left or pushed.differences else EXIT_ALL_MEASURED


def _export_for_others(folder: Path, kind: ExportFormat, options: ExportOptions, trial: TrialOptions) -> int:
    """Write masses in the format of another standard."""
    from calcimeasure.run.exchange import write_resources_of, write_trial_data_of

    order = _order(options)
    if kind is ExportFormat.FHIR:
        paths: Sequence[Path] = (write_resources_of(folder, order, options.as_settings(), say),)
    else:
        paths = write_trial_data_of(folder, order, trial.study_id, options.as_settings(), say)
    for path in paths:
        show_line(f"Written: {path}")
    return EXIT_ALL_MEASURED


@command(app, "import")
def import_outlines(folder: FolderArgument, files: OutlinesArgument, options: ImportOptions) -> int:
    """Import outlines that were drawn in other programs as lesions, or as revisions of lesions."""
    _agree(options.store)
    from calcimeasure.imports import DONE, OPEN, Order, import_into

    order = Order(
        options.dry_run,
        options.as_revision,
        options.reader,
        options.series,
        options.stack,
        tuple(options.segment or ()),
    )
    imported = import_into(folder, files, order, options.as_settings(), say)
    show_imported(imported)
    return exit_code(imported.count(*DONE), imported.count(*OPEN))


@command(app, cls=TakesSeveral)
def review(
    *,
    folder: FolderArgument,
    reader: Annotated[
        str | None,
        typer.Option("--reader", metavar="NAME", help="Who reads; asked at the first decision where it is not said."),
    ] = None,
    reading: Annotated[
        str,
        typer.Option(
            "--reading",
            metavar="NAME",
            help="Which reading; a new one is blinded: it shows the proposals alone, and nothing of other readings.",
        ),
    ] = "clinical",
    blank: Annotated[bool, typer.Option("--blank", help="Begin a new reading without proposals.")] = False,
    consensus: Annotated[
        list[str] | None,
        typer.Option("--consensus", metavar="A B", help="Begin a new reading with what these two readings accepted."),
    ] = None,
    store: StoreOption = None,
) -> int:
    """Review lesions in napari: go through the worklist, decide, correct, draw."""
    _agree(store)
    from importlib import metadata

    from calcimeasure.review import ReadingWish

    # The window belongs to the plugin, which this package knows by the name of its entry point only.
    windows = list(metadata.entry_points(group="calcimeasure.review", name="napari"))
    try:
        run = windows[0].load() if windows else None
    except ImportError as error:
        raise NotBuiltError(f"review needs napari, and {error}. {_INSTALL_REVIEW}") from error
    if run is None:
        raise NotBuiltError(f"review needs its window, which is not installed here. {_INSTALL_REVIEW}")
    run(folder, ReadingWish(reading, reader, blank, tuple(consensus or ())))
    return EXIT_ALL_MEASURED


@command(app)
def fetch(
    source: SourceArgument,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder for the images.")],
    web: WebOptions,
    dimse: DimseOptions,
) -> int:
    """Fetch images from an archive (DICOMweb, DIMSE); what is there already is not fetched again."""
    from calcimeasure.archive import parse_source
    from calcimeasure.run.fetch import fetch_into

    done = fetch_into(to, parse_source(source), web.access(dimse.ae_title, dimse.receive_port), say)
    show_fetched(done)
    if done.incomplete:
        return EXIT_SOME_FAILED
    return EXIT_ALL_MEASURED if done.series else EXIT_NOTHING_TO_MEASURE


@command(app)
def send(
    folder: FolderArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="ARCHIVE",
            help="dicomweb+https://HOST/dicom-web or dimse://AETITLE@HOST:PORT of the archive.",
        ),
    ],
    web: WebOptions,
    dimse: DimseOptions,
    options: SendOptions,
) -> int:
    """Send to an archive what `export` wrote as DICOM; what is there already is one object."""
    _agree(options.store)
    from calcimeasure.archive import parse_address
    from calcimeasure.run.send import Parcel, send_from

    parcel = Parcel(parse_address(to), web.access(dimse.ae_title), options.identified, options.recipient)
    done = send_from(folder, parcel, say)
    show_sent(done)
    return EXIT_SOME_FAILED if done.problems else EXIT_ALL_MEASURED


@command(app)
def follow(
    *,
    folder: FolderArgument,
    comparison: Annotated[
        Comparison, typer.Option("--comparison", help="Each date with the first one, or with the one before.")
    ] = Comparison.BASELINE,
    patient: Annotated[
        str | None, typer.Option("--patient", metavar="KEY", help="One patient (patient_key in lesions.csv).")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events",
            metavar="FILE.csv",
            help="What happened: patient_key, date, event (surgery, drainage, ...), site, laterality, tracking_uid.",
        ),
    ] = None,
    no_images: Annotated[
        bool, typer.Option("--no-images", help="Read no image: links that are stored alone count.")
    ] = False,
    store: StoreOption = None,
) -> int:
    """Follow each mass from date to date: changes.csv and responses.csv."""
    _agree(store)
    from calcimeasure.run.follow import FollowOrder, follow_folder

    done = follow_folder(folder, FollowOrder(comparison, patient, events, not no_images), say)
    show_line(f"Written: {done.changes} (rows: {done.rows}, patients: {done.patients}), {done.responses}")
    if done.undecided:
        show_line(f"Rows with the state undecided, of which the program does not know: {done.undecided}.")
    return EXIT_ALL_MEASURED if done.patients else EXIT_NOTHING_TO_MEASURE


@command(app, cls=TakesSeveral)
def agreement(
    *,
    folder: FolderArgument,
    other: Annotated[
        Path | None, typer.Argument(metavar="DIR2", readable=False, help="A second folder, of the same images.")
    ] = None,
    readings: Annotated[
        list[str] | None,
        typer.Option(
            "--readings",
            metavar="A B ...",
            help="Readings, each compared with each; program: what was proposed. All if none; of two folders one each.",
        ),
    ] = None,
    store: StoreOption = None,
) -> int:
    """Compare readings of the same images: agreement.csv, agreement_pairs.csv and agreement.html."""
    _agree(store)
    from calcimeasure.run.agreement import AgreementOrder, compare_readings

    done = compare_readings(folder, AgreementOrder(tuple(readings or ()), other), say)
    show_line(f"Pairs of readings compared: {done.pairs}, on stacks: {done.stacks}.")
    for path in done.paths:
        show_line(f"Written: {path}")
    return EXIT_ALL_MEASURED if done.pairs else EXIT_NOTHING_TO_MEASURE


@command(app)
def verify(folder: FolderArgument, key: KeyOption = None, store: StoreOption = None) -> int:
    """Find rows of the store that were changed, lost or damaged since they were stored."""
    _agree(store)
    from calcimeasure.run.verify import verify_folder

    verified = verify_folder(folder, key, say)
    show_verified(verified)
    return EXIT_ALL_MEASURED if verified.is_whole else EXIT_SOME_FAILED


@command(app)
def backup(
    folder: FolderArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="File to write; it must not exist yet.")],
    key: KeyOption = None,
    store: StoreOption = None,
) -> int:
    """Copy the store into a file, also while others read and write it, and verify the copy."""
    _agree(store)
    from calcimeasure.run.verify import back_up_folder

    show_verified(back_up_folder(folder, to, key, say))
    show_line(f"Written: {to}")
    return EXIT_ALL_MEASURED


def _agree(store: str | None) -> None:
    """Note that the user has named a database as a store."""
    if store:
        from calcimeasure.agreed import agree

        agree(store)


def _workers(inputs: Sequence[Path], out: Path, settings: "Settings") -> "AbstractContextManager[MeasureStacks]":
    """Choose the workers that the settings name: processes of this machine, or a cluster.

    Processes begin to load the modules for measuring at once, before the rest of the program is loaded here.
    """
    from calcimeasure.load import check_paths
    from calcimeasure.settings import measures_on_cluster

    check_paths(inputs)  # before anything is started
    if measures_on_cluster(settings):
        from calcimeasure.run.cluster import on_cluster

        return on_cluster(settings, say)
    from calcimeasure.run.processes import in_processes, load_ahead

    # If the folder already has tables, there may be nothing to measure.
    if not (out / "lesions.csv").exists():
        load_ahead()
    return in_processes(settings)
