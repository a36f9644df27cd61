"""The command line: parse, call, exit code. Results go to stdout, progress to stderr."""

from __future__ import annotations

import io
import json
import os
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calcimeasure.errors import CalcimeasureError, InputPathError, NotBuiltError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.table import Table

    from calcimeasure.model import Failure, Found, Report, Series
    from calcimeasure.settings import Settings

EXIT_ALL_MEASURED, EXIT_SOME_FAILED, EXIT_USAGE, EXIT_NOTHING_TO_MEASURE = 0, 1, 2, 3
_EXIT_INTERRUPTED = 130

_TABLE_ROWS = 60
"""More lesions than this are for lesions.csv, not for a screen."""

_SCAN_WORDS = {"measure": "to measure", "skipped": "skipped", "failed": "failed"}

_PIPED_WIDTH = 160
"""Characters in a line where stdout is no terminal and tells no width."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure calcified masses on CT: folders of DICOM in, lesions.csv out.",
)

PathsArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="PATH...", readable=False, help="Files, folders, a .zip or a DICOMDIR.")
]
SettingsOption = Annotated[Path | None, typer.Option("--settings", metavar="FILE.toml", help="Settings to use.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one setting: --set threshold_hu=250.")
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
    workers: Annotated[int | None, typer.Option("--workers", metavar="N", help="Not built yet.")] = None,
    scheduler: Annotated[str | None, typer.Option("--scheduler", metavar="URL", help="Not built yet.")] = None,
    store: Annotated[str | None, typer.Option("--store", metavar="URL", help="Not built yet.")] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Not built yet.")] = None,
    record_map: Annotated[Path | None, typer.Option("--record-map", metavar="FILE.csv", help="Not built yet.")] = None,
    bone_mask: Annotated[Path | None, typer.Option("--bone-mask", metavar="PATH", help="Not built yet.")] = None,
    time_limit: Annotated[float | None, typer.Option("--time-limit", metavar="SECONDS", help="Not built yet.")] = None,
    all_tissues: Annotated[bool, typer.Option("--all-tissues", help="Not built yet.")] = False,
    remeasure_reviewed: Annotated[bool, typer.Option("--remeasure-reviewed", help="Not built yet.")] = False,
    debug: DebugOption = False,
) -> None:
    """Measure every CT series under PATH and write the tables into DIR."""
    not_built = {
        "--workers": workers,
        "--scheduler": scheduler,
        "--store": store,
        "--key": key,
        "--record-map": record_map,
        "--bone-mask": bone_mask,
        "--time-limit": time_limit,
        "--all-tissues": all_tissues or None,
        "--remeasure-reviewed": remeasure_reviewed or None,
    }
    with _errors_in_one_line(debug):
        for option, value in not_built.items():
            if value is not None:
                raise NotBuiltError(f"{option} is not built yet in this version.")
        if out is None:
            raise OutputError("measure needs --out DIR.")
        options = {"identified": True} if identified else {}
        used = _settings(settings, change, options | ({"report": False} if no_report else {}))
        raise typer.Exit(_measure(_inputs(paths, sample), out, used, debug))


@app.command()
def explain(
    folder: Annotated[Path, typer.Argument(metavar="DIR", readable=False, help="Folder that measure wrote.")],
    lesion: Annotated[str, typer.Option("--lesion", metavar="TRACKING_UID", help="Which one (lesions.csv).")],
    debug: DebugOption = False,
) -> None:
    """Explain a lesion's size (tissue, side and site are not built yet)."""
    with _errors_in_one_line(debug):
        _explain(folder, lesion)


def _not_built(name: str, what: str) -> Callable[[typer.Context], None]:
    def command(context: typer.Context) -> None:
        with _errors_in_one_line(debug="--debug" in context.args):
            raise NotBuiltError(f"{name} is not built yet in this version.")

    command.__doc__ = f"{what} (not built yet)"
    return command


for _name, _what in {
    "review": "Review lesions in napari.",
    "export": "Export CSV, REDCap, SEG, SR or revisions.",
    "import": "Import outlines drawn elsewhere.",
}.items():
    app.command(_name, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        _not_built(_name, _what)
    )


# The work of the commands


def _scan(paths: Sequence[Path], settings: Settings, as_json: bool) -> int:
    from calcimeasure.load import find_series
    from calcimeasure.pipeline import verdict_from_headers

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
    from calcimeasure.export import write_tables, write_whole
    from calcimeasure.load import find_series
    from calcimeasure.model import Report, State
    from calcimeasure.pipeline import analyze_or_fail
    from calcimeasure.settings import format_settings

    private = _prepare(out)
    found = find_series(paths, settings)
    results: list[Report | Failure] = []
    with _log(private / "log.txt") as log, _progress(len(found.series), debug) as progress:
        log(f"measure {' '.join(map(str, paths))}: {len(found.series)} stacks")
        for result in chain((analyze_or_fail(series, settings) for series in found.series), found.unreadable):
            results.append(result)
            log("\n".join((_line(result), *_traceback(result))))
            progress(result)
        # Only now, so that an interrupted run leaves the settings that the tables were made with.
        write_whole(private / "settings.toml", format_settings(settings))
        write_whole(private / "sources.json", _sources(paths, results))
        write_tables(results, out, identified=settings.identified)
    reports = [result for result in results if isinstance(result, Report)]
    _print_lesions(reports)
    _print_summary(results, found, out, settings)
    return _exit_code(len(reports), sum(getattr(result, "state", None) is State.FAILED for result in results))


def _sources(paths: Sequence[Path], results: Iterable[Report | Failure]) -> str:
    """Note where each lesion comes from, so that it can be explained later."""
    from calcimeasure.model import Report

    stacks = {
        lesion.tracking_uid: [report.series.study_uid, report.series.series_uid, report.series.stack_number]
        for report in results
        if isinstance(report, Report)
        for lesion in report.lesions
    }
    return json.dumps({"paths": [str(path.absolute()) for path in paths], "lesions": stacks}, indent=1)


def _explain(folder: Path, tracking_uid: str) -> None:
    from calcimeasure.explain import explain_size
    from calcimeasure.load import find_series, load_image
    from calcimeasure.model import Volume
    from calcimeasure.pipeline import analyze
    from calcimeasure.settings import load_settings

    private = folder / "private"
    try:
        sources = json.loads((private / "sources.json").read_text(encoding="utf-8"))
        study_uid, series_uid, stack_number = sources["lesions"][tracking_uid]
    except (OSError, ValueError) as error:
        raise InputPathError(f"{private / 'sources.json'} cannot be read: {error}. Run measure first.") from error
    except KeyError as error:
        raise InputPathError(f"{folder} has no lesion {tracking_uid}: see tracking_uid in lesions.csv.") from error
    settings = load_settings(private / "settings.toml")
    for series in find_series(sources["paths"], settings).series:
        if (series.study_uid, series.series_uid, series.stack_number) != (study_uid, series_uid, stack_number):
            continue
        volume = load_image(series, settings)
        for lesion in analyze(series, settings).lesions:
            if lesion.tracking_uid == tracking_uid and isinstance(volume, Volume):
                _print("\n".join(explain_size(volume, lesion, settings)))
                return
    raise InputPathError(f"The images of lesion {tracking_uid} are no longer as they were measured.")


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


def _prepare(out: Path) -> Path:
    """Make the output folder and its private folder, which nobody else may read."""
    private = out / "private"
    try:
        out.mkdir(parents=True, exist_ok=True)
        private.mkdir(mode=0o700, exist_ok=True)
        private.chmod(0o700)
    except OSError as error:
        raise OutputError(f"--out {out} cannot be made: {error.strerror or error}.") from error
    for folder in (out, private):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputError(f"--out {out} cannot be written: no permission for {folder}.")
    return private


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
        _say("calcimeasure: interrupted. Tables of an earlier run are as they were.")
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


@contextmanager
def _log(path: Path) -> Iterator[Callable[[str], None]]:
    """Open the log; each line gets its time."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            yield lambda line: print(datetime.now(UTC).isoformat(timespec="seconds"), line, file=file, flush=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def _progress(total: int, debug: bool) -> Iterator[Callable[[Report | Failure], None]]:
    """Yield what is called after each stack: a bar on a terminal, a line each otherwise."""
    if not sys.stderr.isatty():
        yield lambda result: _say(_line(result), *(_traceback(result) if debug else ()))
        return
    from rich.console import Console
    from rich.progress import Progress

    from calcimeasure.model import State

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Measuring", total=total)

        def advance(result: Report | Failure) -> None:
            if getattr(result, "state", None) is State.FAILED:
                _say(_line(result), *(_traceback(result) if debug else ()))
            bar.advance(task)

        yield advance


def _line(result: Report | Failure) -> str:
    from calcimeasure.model import Report

    if isinstance(result, Report):
        return f"{result.series.relative_path}: measured, lesions: {len(result.lesions)}, {result.seconds:.1f} s"
    return f"{result.relative_path}: {result.state} ({result.reason}). {result.message}"


def _traceback(result: Report | Failure) -> list[str]:
    return (getattr(result, "traceback", None) or "").splitlines()


def _print_lesions(reports: Sequence[Report]) -> None:
    folders = Counter(_folder(report.series) for report in reports)
    rows = [(report, lesion) for report in reports for lesion in report.lesions]
    if not rows:
        return
    # Narrow enough for 80 characters, with 15 for the stack.
    table = _table("Stack", "No.", "Long x short\nmm", "Max 3D\nmm", "Volume\nmL", "Mean\nHU", "Large", "Cut\noff")
    for column in table.columns[1:]:
        column.no_wrap = True
    for report, lesion in rows[:_TABLE_ROWS]:
        numbers = lesion.measurements
        table.add_row(
            _printable(_stack_name(report.series, folders)),
            str(lesion.number),
            f"{numbers.long_axis.length_mm:.1f} x {numbers.short_axis.length_mm:.1f}",
            f"{numbers.max_3d_diameter.length_mm:.1f}" if numbers.max_3d_diameter else "",
            f"{numbers.volume_voxels_ml:.2f}" if numbers.volume_voxels_ml is not None else "",
            f"{numbers.mean_hu:.0f}",
            "yes" if numbers.large else "",
            "yes" if numbers.truncated else "",
        )
    _print(table)
    if len(rows) > _TABLE_ROWS:
        _print(f"... and {len(rows) - _TABLE_ROWS} more in lesions.csv")


def _stack_name(series: Series, folders: Mapping[tuple[Path, Path], int]) -> str:
    """Name a stack by its folder; by its first file where others lie there too: many exports are one flat folder."""
    root, folder = _folder(series)
    if folders[root, folder] > 1:
        return str(series.relative_path)
    return str(folder) if folder.name else root.resolve().name


def _folder(series: Series) -> tuple[Path, Path]:
    return series.instances[0].root, series.relative_path.parent


def _print_summary(results: Sequence[Report | Failure], found: Found, out: Path, settings: Settings) -> None:
    from calcimeasure.model import Failure, Report

    counts: dict[str, int] = {}
    for failure in results:
        if isinstance(failure, Failure):
            kind = f"{failure.state}, {failure.reason}"
            counts[kind] = counts.get(kind, 0) + 1
    reports = [result for result in results if isinstance(result, Report)]
    lesions = [lesion for report in reports for lesion in report.lesions]
    large = sum(bool(lesion.measurements.large) for lesion in lesions)
    _print(f"Stacks measured: {len(reports)}. Dense components: {len(lesions)}, large ones: {large}.")
    for kind, count in sorted(counts.items()):
        _print(f"Stacks or files {kind}: {count}.")
    if found.other_file_count:
        _print(f"Files that are no DICOM images: {found.other_file_count}.")
    _print(f"Lesions: {out / 'lesions.csv'}, studies: {out / 'studies.csv'}, every stack: {out / 'private/series.csv'}")
    if reports:
        _print("Bone is not told from calcified masses in this version: every dense component is a row.")
    if not settings.identified:
        _print("Columns that identify a patient are empty; --identified fills them.")


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
