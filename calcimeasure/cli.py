"""The command line: parse, call, exit code. Results go to stdout, progress to stderr."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from calcimeasure.errors import CalcimeasureError, InputPathError, NotBuiltError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.table import Table

    from calcimeasure.model import (
        Failure,
        FilmMeasurements,
        Found,
        Lesion,
        Measurements,
        Outcome,
        Series,
        StackFacts,
    )
    from calcimeasure.settings import Settings

EXIT_ALL_MEASURED, EXIT_SOME_FAILED, EXIT_USAGE, EXIT_NOTHING_TO_MEASURE = 0, 1, 2, 3
_EXIT_INTERRUPTED = 130

_TABLE_ROWS = 60
"""More lesions than this are for lesions.csv, not for a screen."""

_SCAN_WORDS = {"measure": "to measure", "skipped": "skipped", "failed": "failed"}

_SHOWN = {"max_3d_diameter_mm": 1, "volume_voxels_ml": 2, "mean_hu": 0}
"""Numbers on the screen with their decimals; what a radiograph does not have stays empty."""

_PICTURE_PIXELS = 512

_PIPED_WIDTH = 160
"""Characters in a line where stdout is no terminal and tells no width."""


class ExportFormat(StrEnum):
    """What `export` can write."""

    CSV = "csv"
    REVISIONS = "revisions"
    REDCAP = "redcap"
    SEG = "seg"
    SR = "sr"


_INSTALL_REVIEW = "Install it: pip install 'calcimeasure[gui]'."

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure calcified masses on CT and radiographs: folders of DICOM in, lesions.csv out.",
)

PathsArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="PATH...", readable=False, help="Files, folders, a .zip or a DICOMDIR.")
]
SettingsOption = Annotated[Path | None, typer.Option("--settings", metavar="FILE.toml", help="Settings to use.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one setting: --set threshold_hu=250.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Key for pseudonyms; made on first use, outside of DIR.")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]


def main() -> None:
    """Run the program."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a file of another character set than UTF-8 gets codes for what it cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="calcimeasure")


@app.command()
def scan(
    paths: PathsArgument = None,
    settings: SettingsOption = None,
    change: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    debug: DebugOption = False,
) -> None:
    """Say what would be measured, what not and why, from headers alone."""
    with _errors_in_one_line(debug):
        raise typer.Exit(_scan(_inputs(paths, sample=False), _settings(settings, change, {}), as_json))


@app.command()
def measure(
    paths: PathsArgument = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results.")] = None,
    settings: SettingsOption = None,
    change: SetOption = None,
    sample: Annotated[bool, typer.Option("--sample", help="Measure the package's samples instead of PATH.")] = False,
    identified: Annotated[
        bool, typer.Option("--identified", help="Write PatientID, dates and UIDs into the tables.")
    ] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Do not write report.html.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", help="Processes that measure; as many as cores and memory allow if none."
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="URL", help="Dask scheduler whose workers measure: tcp://HOST:8786."),
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", metavar="URL", help="Database of the store; a file in DIR/private if none.")
    ] = None,
    key: KeyOption = None,
    record_map: Annotated[
        Path | None, typer.Option("--record-map", metavar="FILE.csv", help="patient_id to the registry's record_id.")
    ] = None,
    bone_mask: Annotated[
        Path | None,
        typer.Option("--bone-mask", metavar="PATH", help="Bones outlined elsewhere: DICOM SEG, RTSTRUCT, NIfTI."),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="SECONDS", help="Give up a stack that takes longer.")
    ] = None,
    all_tissues: Annotated[
        bool,
        typer.Option("--all-tissues", help="Write what is no calcified mass, or not surely, into lesions.csv too."),
    ] = False,
    remeasure_reviewed: Annotated[
        bool, typer.Option("--remeasure-reviewed", help="Measure again what readers have decided; decisions stay.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Measure every CT and radiograph under PATH and write the tables into DIR; what is measured already stays."""
    with _errors_in_one_line(debug):
        if out is None:
            raise OutputError("measure needs --out DIR.")
        options = {
            "identified": identified or None,
            "report": False if no_report else None,
            "store": store,
            "workers": workers,
            "scheduler": scheduler,
            "time_limit_s": time_limit,
            "key": str(key.absolute()) if key else None,
            "record_map": str(record_map.absolute()) if record_map else None,
            "remeasure_reviewed": remeasure_reviewed or None,
            "all_tissues": all_tissues or None,
            "bone_mask": str(bone_mask.absolute()) if bone_mask else None,
        }
        used = _settings(settings, change, {name: value for name, value in options.items() if value is not None})
        raise typer.Exit(_measure(_inputs(paths, sample), out, used, debug))


@app.command()
def explain(
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="Folder that measure wrote.")],
    lesion: Annotated[str, typer.Option("--lesion", metavar="TRACKING_UID", help="Which one (lesions.csv).")],
    debug: DebugOption = False,
) -> None:
    """Explain why a lesion has its size, its tissue, its side and its site."""
    with _errors_in_one_line(debug):
        _explain(folder, lesion)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="Folder that measure wrote.")],
    kind: Annotated[ExportFormat, typer.Option("--format", help="What to write (redcap, seg, sr: not built yet).")],
    to: Annotated[Path | None, typer.Option("--to", metavar="PATH", help="File to write; in DIR if none.")] = None,
    status: Annotated[
        Literal["proposed", "accepted", "rejected"] | None,
        typer.Option("--status", help="Only these lesions; all that are not rejected if none."),
    ] = None,
    identified: Annotated[
        bool, typer.Option("--identified", help="Write PatientID, dates and UIDs as the headers have them.")
    ] = False,
    with_images: Annotated[bool, typer.Option("--with-images", help="Not built yet.")] = False,
    key: KeyOption = None,
    debug: DebugOption = False,
) -> None:
    """Write tables anew from what is stored: csv (lesions.csv) or revisions (every state of every lesion)."""
    with _errors_in_one_line(debug):
        if kind not in (ExportFormat.CSV, ExportFormat.REVISIONS):
            raise NotBuiltError(f"--format {kind} is not built yet in this version.")
        if with_images:
            raise NotBuiltError("--with-images is not built yet in this version.")
        options: dict[str, object] = {"identified": identified}
        if key is not None:
            options["key"] = str(key.absolute())
        _export(folder, kind, to, status, options)


@app.command()
def review(
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="Folder that measure wrote.")],
    reader: Annotated[
        str | None, typer.Option("--reader", metavar="NAME", help="Who reads; asked once where it is not said.")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Review lesions in napari: go through the worklist, decide, correct, draw."""
    with _errors_in_one_line(debug):
        _review(folder, reader)


def _not_built(name: str, what: str) -> Callable[[typer.Context], None]:
    def command(context: typer.Context) -> None:
        with _errors_in_one_line(debug="--debug" in context.args):
            raise NotBuiltError(f"{name} is not built yet in this version.")

    command.__doc__ = f"{what} (not built yet)"
    return command


for _name, _what in {
    "import": "Import outlines drawn elsewhere.",
}.items():
    app.command(_name, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        _not_built(_name, _what)
    )


# The work of the commands


def _scan(paths: Sequence[Path], settings: Settings, as_json: bool) -> int:
    from calcimeasure.analysis.pipeline import verdict_from_headers
    from calcimeasure.load import find_series

    found = find_series(paths, settings)
    verdicts = [(series, verdict_from_headers(series, settings)) for series in found.series]
    rows = [_scan_row(series, failure) for series, failure in verdicts]
    rows += [_scan_row(None, failure) for failure in found.unreadable]
    if as_json:
        _print(json.dumps({"stacks": rows, "files_not_dicom": found.other_file_count}, indent=2))
    else:
        _print_scan(rows, found)
    states = [row["state"] for row in rows]
    return _exit_code(states.count("measure"), states.count("failed"))


def _measure(paths: Sequence[Path], out: Path, settings: Settings, debug: bool) -> int:
    from calcimeasure.load import check_paths, find_bone_masks, find_series
    from calcimeasure.run.processes import load_ahead
    from calcimeasure.settings import format_settings, measures_on_cluster

    check_paths(paths)
    # Before the rest is loaded here. Where this folder has its tables there may be nothing to measure.
    if not (measures_on_cluster(settings) or (out / "lesions.csv").exists()):
        load_ahead()
    from calcimeasure.export import write_tables, write_whole
    from calcimeasure.run.progress import bar_or_lines, log_to, stop_on_interrupt
    from calcimeasure.run.results import naming_of, prepare, store_of, with_the_store_of
    from calcimeasure.run.run import LEFT_ALONE, measure_found, workers_of

    find_bone_masks(settings)  # what cannot be read at all is said before anything is done
    private = prepare(out)
    settings = with_the_store_of(out, settings)
    with store_of(out, settings, _say) as store:
        naming = naming_of(store, settings, out, _say)
        write_whole(private / "settings.toml", format_settings(settings))
        with workers_of(settings, _say) as measure_stacks:
            found = find_series(paths, settings)
            with (
                log_to(private / "log.txt") as log,
                bar_or_lines(len(found.series), debug, _say) as progress,
                stop_on_interrupt(_say) as stopped,
            ):
                log(f"measure {' '.join(map(str, paths))}: {len(found.series)} stacks")
                states = measure_found(
                    found,
                    paths,
                    store,
                    settings,
                    out,
                    measure_stacks=measure_stacks,
                    say=_say,
                    log=log,
                    progress=progress,
                    stopped=stopped,
                )
        summary = _Summary()
        write_tables(summary.counting(store.outcomes()), out, naming=naming, all_tissues=settings.all_tissues)
    summary.show(found, states, out, settings)
    if stopped():
        done = sum(states.values())
        _say(f"calcimeasure: interrupted, {done} of {len(found.series)} stacks are done. Run it again to go on.")
        return _EXIT_INTERRUPTED
    return _exit_code(
        measured=sum(states[state] for state in ("measured", *LEFT_ALONE)),
        failed=states["failed"] + states["changed"] + len(found.unreadable),
    )


def _export(
    folder: Path, kind: ExportFormat, to: Path | None, status: str | None, options: Mapping[str, object]
) -> None:
    from calcimeasure.export import write_lesions, write_revisions, write_tables
    from calcimeasure.model import Status
    from calcimeasure.run.results import naming_of, store_that_is_there
    from calcimeasure.settings import change_settings

    with store_that_is_there(folder, _say) as (store, settings):
        naming = naming_of(store, change_settings(settings, {**options, "record_map": ""}), folder, _say)
        if kind is ExportFormat.REVISIONS:
            path = to or folder / "revisions.csv"
            write_revisions(store.revisions(), path, naming=naming)
        elif to is None and status is None:
            path = folder / "lesions.csv"
            write_tables(store.outcomes(), folder, naming=naming, all_tissues=settings.all_tissues)
        else:
            # A part of the lesions must not stand where a reader of the table expects all.
            path = to or folder / f"lesions_{status}.csv"
            chosen = (Status(status),) if status else (Status.PROPOSED, Status.ACCEPTED)
            write_lesions(store.outcomes(), path, naming=naming, statuses=chosen, all_tissues=settings.all_tissues)
    _print(f"Written: {path}")


def _explain(folder: Path, tracking_uid: str) -> None:
    from calcimeasure.analysis.explain import explain_judgements, explain_size
    from calcimeasure.analysis.picture import draw
    from calcimeasure.load import bones_of, load_image
    from calcimeasure.run.results import series_of, store_that_is_there
    from calcimeasure.settings import parse_settings

    with store_that_is_there(folder, _say) as (store, _):
        known = store.find_lesion(tracking_uid)
        if known is None:
            raise InputPathError(f"{folder} has no lesion {tracking_uid}: see tracking_uid in lesions.csv.")
        stack_id, lesion = known
        settings = parse_settings(store.settings_toml(lesion.settings_hash), where=store.place)
        series = series_of(store, stack_id, settings)
    image = load_image(series, settings)
    bones, _ = bones_of(image, settings)
    parts = (explain_size(image, lesion, settings), *explain_judgements(image, lesion, settings, bones))
    _print("\n\n".join("\n".join(part) for part in parts))
    picture = folder / "private" / f"{tracking_uid}.png"
    try:
        picture.write_bytes(draw(image, lesion, _PICTURE_PIXELS))
    except OSError as error:
        raise OutputError(f"{picture} cannot be written: {error.strerror or error}.") from error
    _print(f"\nPicture: {picture} (its outline, long and short axis on the image of the long axis)")


def _review(folder: Path, reader: str | None) -> None:
    """Start the window, which this package knows by the name of its entry point only."""
    from importlib.metadata import entry_points

    windows = list(entry_points(group="calcimeasure.review", name="napari"))
    try:
        run = windows[0].load() if windows else None
    except ImportError as error:
        raise NotBuiltError(f"review needs napari, and {error}. {_INSTALL_REVIEW}") from error
    if run is None:
        raise NotBuiltError(f"review needs its window, which is not installed here. {_INSTALL_REVIEW}")
    run(folder, reader)


def _exit_code(measured: int, failed: int) -> int:
    if failed:
        return EXIT_SOME_FAILED
    return EXIT_ALL_MEASURED if measured else EXIT_NOTHING_TO_MEASURE


def _inputs(paths: Sequence[Path] | None, sample: bool) -> Sequence[Path]:
    from calcimeasure.sample import sample_folder

    if sample and paths:
        raise InputPathError("Either PATH or --sample, not both.")
    if sample:
        return [sample_folder()]
    if not paths:
        raise InputPathError("At least one PATH is needed (or measure --sample).")
    return paths


def _settings(file: Path | None, assignments: Iterable[str] | None, options: Mapping[str, object]) -> Settings:
    """Put settings together: the file, over it --set, over it the options."""
    from calcimeasure.settings import Settings, change_settings, load_settings, parse_assignment

    settings = load_settings(file) if file else Settings()
    settings = change_settings(settings, dict(map(parse_assignment, assignments or ())), where="--set")
    return change_settings(settings, options)


# What is said


@contextmanager
def _errors_in_one_line(debug: bool) -> Iterator[None]:
    """Turn errors into one line and an exit code; with --debug let them through."""
    try:
        yield
    except typer.Exit:
        raise
    except CalcimeasureError as error:
        if debug:
            raise
        _say(f"calcimeasure: {error}")
        raise typer.Exit(EXIT_USAGE) from None
    except KeyboardInterrupt:
        _say("calcimeasure: stopped. What was measured is kept; run it again to go on. The tables are as they were.")
        raise typer.Exit(_EXIT_INTERRUPTED) from None
    except Exception as error:
        if debug:
            raise
        _say(f"calcimeasure: internal error, {type(error).__name__}: {error}. Run again with --debug and report it.")
        raise typer.Exit(EXIT_SOME_FAILED) from None


def _say(*lines: str) -> None:
    # Whoever read it may have gone: what is said on the way must not stop the batch.
    with suppress(OSError):
        for line in lines:
            print(_printable(" ".join(line.splitlines())), file=sys.stderr, flush=True)  # noqa: T201 - the command line


def _printable(text: str) -> str:
    """Names of files need not be valid text; what cannot be printed is shown as its code."""
    return text.encode("utf-8", "backslashreplace").decode()


class _Summary:
    """What is in a folder, counted as it is written into the tables."""

    def __init__(self) -> None:
        self.rows: list[tuple[StackFacts, Lesion]] = []
        self.masses = self.large = self.measured = self.unsure = 0
        self.kinds: Counter[str] = Counter()
        self.folders: Counter[tuple[str, str]] = Counter()

    def counting(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Pass outcomes on, and count them."""
        from calcimeasure.model import State, Tissue, largest_first

        for outcome in outcomes:
            if outcome.state is State.MEASURED:
                self.measured += 1
            else:
                self.kinds[f"{outcome.state}, {outcome.reason}"] += 1
            if outcome.stack is not None:
                self.folders[_folder(outcome.stack)] += 1
                self.unsure += sum(one.tissue is Tissue.UNKNOWN for one in outcome.lesions)
                for lesion in sorted(outcome.masses, key=largest_first):
                    self.masses += 1
                    self.large += bool(lesion.measurements.large)
                    if len(self.rows) < _TABLE_ROWS:
                        self.rows.append((outcome.stack, lesion))
            yield outcome

    def show(self, found: Found, states: Mapping[str, int], out: Path, settings: Settings) -> None:
        """Print the lesions, what became of the stacks, and where the files are."""
        if self.rows:
            _print(self._lesions())
            if self.masses > len(self.rows):
                _print(f"... and {self.masses - len(self.rows)} more in lesions.csv")
        _print(f"Stacks measured: {self.measured}. Calcified masses: {self.masses}, large ones: {self.large}.")
        if self.unsure:
            _print(f"Not surely calcified masses, for a reader to see: {self.unsure} (--all-tissues lists them).")
        if states.get("unchanged"):
            _print(f"Stacks that were measured before and are unchanged: {states['unchanged']}.")
        if states.get("reviewed"):
            _print(
                f"Stacks left alone because a reader has decided about them: {states['reviewed']} "
                "(--remeasure-reviewed measures them too)."
            )
        for kind, count in sorted(self.kinds.items()):
            _print(f"Stacks or files {kind}: {count}.")
        if found.other_file_count:
            _print(f"Files that are no DICOM images: {found.other_file_count}.")
        tables = (("Lesions", "lesions.csv"), ("studies", "studies.csv"), ("every stack", "private/series.csv"))
        _print(", ".join(f"{what}: {out / name}" for what, name in tables))
        if not settings.identified:
            _print("Patients and images have pseudonyms, dates are shifted; --identified writes the real ones.")

    def _lesions(self) -> Table:
        # Narrow enough for 80 characters, with 15 for the stack.
        table = _table("Stack", "No.", "Long x short\nmm", "Max 3D\nmm", "Volume\nmL", "Mean\nHU", "Large", "Cut\noff")
        for column in table.columns[1:]:
            column.no_wrap = True
        for stack, lesion in self.rows:
            numbers = lesion.measurements
            table.add_row(
                _printable(self._name(stack)),
                str(lesion.number),
                _axes(numbers),
                *(_rounded(getattr(numbers, name, None), digits) for name, digits in _SHOWN.items()),
                "yes" if numbers.large else "",
                "yes" if numbers.truncated else "",
            )
        return table

    def _name(self, stack: StackFacts) -> str:
        """Name a stack by its folder; by its first file where others lie there too: exports are often one folder."""
        root, folder = _folder(stack)
        if self.folders[root, folder] > 1:
            return stack.path
        return folder if folder != "." else Path(root).resolve().name


def _axes(numbers: Measurements | FilmMeasurements) -> str:
    """Say long and short axis; of a radiograph without millimeters in pixels."""
    if numbers.long_axis_mm is not None and numbers.short_axis_mm is not None:
        return f"{numbers.long_axis_mm:.1f} x {numbers.short_axis_mm:.1f}"
    lengths = (getattr(axis, "length_px", 0.0) for axis in (numbers.long_axis, numbers.short_axis))
    return " x ".join(f"{length:.0f}" for length in lengths) + " px"


def _rounded(number: float | None, digits: int) -> str:
    return "" if number is None else f"{number:.{digits}f}"


def _folder(stack: StackFacts) -> tuple[str, str]:
    return stack.root, str(PurePosixPath(stack.path).parent)


def _scan_row(series: Series | None, failure: Failure | None) -> dict[str, object]:
    path = series.relative_path if series else failure.relative_path if failure else Path()
    return {
        "path": _printable(path.as_posix()),
        "modality": series.modality if series else None,
        "series_number": series.series_number if series else None,
        "stack_number": series.stack_number if series else None,
        "images": len(series.instances) if series else None,
        "state": str(failure.state) if failure else "measure",
        "reason": failure.reason if failure else None,
        "message": _printable(failure.message) if failure else None,
        "notices": list(series.notices) if series else [],
    }


def _print_scan(rows: Sequence[dict[str, Any]], found: Found) -> None:
    table = _table("First file", "Modality", "Series", "Stack", "Images", "State", "Reason")
    for row in rows:
        names = ("path", "modality", "series_number", "stack_number", "images", "state", "reason")
        table.add_row(*("" if row[name] is None else str(row[name]) for name in names))
    _print(table)
    states = [row["state"] for row in rows]
    counts = ", ".join(f"{word}: {states.count(state)}" for state, word in _SCAN_WORDS.items())
    _print(f"Stacks {counts}. Files that are no DICOM images: {found.other_file_count}.")
    for row in rows:
        if row["state"] == "failed":
            _print(f"{row['path']}: {row['message']}")


def _table(*names: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _print(what: object) -> None:
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    Console(width=width, markup=False, emoji=False, highlight=False, soft_wrap=isinstance(what, str)).print(what)
