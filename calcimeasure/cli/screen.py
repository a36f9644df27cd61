"""The output on the terminal: lines, tables, the summary of a run, its progress."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

from calcimeasure.codes import NOTICES
from calcimeasure.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.progress import ProgressColumn, Task
    from rich.table import Table

    from calcimeasure.imports import Imported
    from calcimeasure.model import Measurements, RadiographMeasurements
    from calcimeasure.run.explain import Explanation
    from calcimeasure.run.explain_change import ChangeExplanation
    from calcimeasure.run.fetch import FetchDone
    from calcimeasure.run.finished import Said
    from calcimeasure.run.progress import Progress, Screen
    from calcimeasure.run.run import Done
    from calcimeasure.run.scan import Scan, ScannedStack
    from calcimeasure.run.send import SendDone
    from calcimeasure.run.summary import Listed, NoticeCount
    from calcimeasure.store import Verified

_SCAN_WORDS = {"measure": "to measure", "skipped": "skipped", "failed": "failed"}

_SCAN_COLUMNS = {
    "path": "First file",
    "modality": "Modality",
    "series_number": "Series",
    "stack_number": "Stack",
    "images": "Images",
    "state": "State",
    "reason": "Reason",
    "notices": "Notices",
}

_PIPED_WIDTH = 160
"""Characters in a line where stdout is no terminal and has no width."""

_LOWER_BOUND = ">"
"""Stands before the axes of a mass that was cut off."""

_SHOWN_ABOVE_THE_BAR = ("failed", "changed", "reviewed")
"""States of stacks that a person has to see during the run."""


# Lines


def say(*lines: str) -> None:
    """Print lines on stderr at once."""
    # The program that read stderr may have ended: a line that cannot be printed must not stop the batch.
    with suppress(OSError, ValueError):
        for line in lines:
            print(_shown(" ".join(line.splitlines())), file=sys.stderr, flush=True)  # noqa: T201 - the command line


def show_line(line: str) -> None:
    """Print a line of the results on stdout, however long."""
    _print(_shown(line))


def _printable(text: str) -> str:
    """Replace characters that cannot be printed by their codes; names of files may contain invalid characters."""
    return text.encode("utf-8", "backslashreplace").decode()


def _shown(text: str) -> str:
    """Show text of others as one line that changes nothing on the screen."""
    return one_line(_printable(text))


def _print(what: object) -> None:
    from rich.console import Console

    # The program that read stdout may have ended (rich then ends this one): the command is done all the same.
    with suppress(OSError, ValueError, SystemExit):
        width = None if sys.stdout.isatty() else _PIPED_WIDTH
        Console(width=width, markup=False, emoji=False, highlight=False, soft_wrap=isinstance(what, str)).print(what)


def _table(*names: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


# The progress of a run


def terminal(debug: bool) -> Screen:
    """Give the screen of a run: stderr.

    Parameters
    ----------
    debug
        Whether tracebacks are shown too.
    """
    from calcimeasure.run.progress import Screen

    return Screen(say, partial(_bar_or_lines, debug=debug))


@contextmanager
def _bar_or_lines(total: int, *, debug: bool) -> Iterator[Progress]:
    """Show a progress bar for a number of stacks, with important lines above; without a terminal, a line per stack."""

    def lines(text: str) -> list[str]:
        return text.splitlines() if debug else text.splitlines()[:1]

    if not sys.stderr.isatty():
        yield lambda text, _: say(*lines(text))
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[ProgressColumn] = [
        TextColumn("Measuring"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("failed: {task.fields[failed]}"),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="", failed=0)
        failed = 0

        def advance(text: str, state: str) -> None:
            nonlocal failed
            failed += state in ("failed", "changed")
            if state in _SHOWN_ABOVE_THE_BAR:
                say(*lines(text))
            bar.update(task, advance=1, failed=failed, rate=_rate(bar.tasks[0]))

        yield advance


def _rate(task: Task) -> str:
    return f"{60 * task.speed:.3g} stacks/min" if task.speed else ""


# The result of a run


def show_done(done: Done) -> None:
    """Print the lesions, the results of the stacks, and the paths of the files."""
    summary, states = done.summary, done.states
    if summary.listed:
        _print(_lesions(summary.listed))
        if summary.masses > len(summary.listed):
            _print(f"... and {summary.masses - len(summary.listed)} more in lesions.csv")
        if any(one.lesion.measurements.truncated for one in summary.listed):
            _print(f"{_LOWER_BOUND}: the mass reaches the edge of the image, its true size is larger.")
    _print(f"Stacks measured: {summary.measured}. Calcified masses: {summary.masses}, large ones: {summary.large}.")
    if summary.unsure:
        _print(f"Not surely calcified masses, for a reader to see: {summary.unsure} (--all-tissues lists them).")
    _show_left_alone(states)
    for kind, count in summary.not_measured:
        _print(f"Stacks or files {kind}: {count}.")
    if done.found.other_file_count:
        _print(f"Files that are no DICOM images: {done.found.other_file_count}.")
    tables = (("Lesions", "lesions.csv"), ("studies", "studies.csv"), ("every stack", "private/series.csv"))
    _print(", ".join(f"{what}: {done.out / name}" for what, name in tables))
    _print("In these tables patients and images have pseudonyms, and dates are shifted.")
    if done.settings.identified:
        _print(f"With names, dates and UIDs of the headers: {done.out / 'private' / 'identified' / 'lesions.csv'}")
    else:
        _print(
            "--identified also writes tables with the names, dates and UIDs of the headers, into private/identified."
        )
    _show_notices(summary.notices)
    for line in done.to_look_at:
        _print(_shown(line))
    if done.interrupted:
        say(
            f"calcimeasure: interrupted, {sum(states.values())} of {len(done.found.series)} stacks are done. "
            "Run it again to go on."
        )


def said_again(done: Done, code: int) -> Said:
    """Give what a run says that finds everything as this one leaves it, on no terminal, with its exit code."""
    from calcimeasure.run.finished import Said

    with redirect_stdout(io.StringIO()) as shown:
        show_done(replace(done, states=Counter(state for _, state in done.again)))
    # Stacks are told of in the order in which they were found, not in that in which they were done.
    place = {str(stack.relative_path): number for number, stack in enumerate(done.found.series)}
    lines = sorted(done.again, key=lambda one: place.get(one[0].partition(": ")[0], len(place)))
    return Said(lines, shown.getvalue(), code)


def show_again(said: Said) -> None:
    """Print what a run says that has found everything as it was left."""
    on_terminal = sys.stderr.isatty()
    say(*(line for line, state in said.lines if not on_terminal or state in _SHOWN_ABOVE_THE_BAR))
    with suppress(OSError, ValueError):
        sys.stdout.write(said.shown)
        sys.stdout.flush()


def _show_notices(notices: Sequence[NoticeCount]) -> None:
    """Print the notices that a person has to look at, with what they mean."""
    if not notices:
        return
    _print("For a person to look at (private/series.csv names every stack):")
    for one in notices:
        stacks = f"{one.stack_count} stack{'s' if one.stack_count > 1 else ''}, first {_shown(one.first)}"
        _print(f"  {one.code} ({stacks}). {NOTICES[one.code]}")


def _show_left_alone(states: Mapping[str, int]) -> None:
    """Print how many stacks were not measured again, and why."""
    if states.get("unchanged"):
        _print(f"Stacks that were measured before and are unchanged: {states['unchanged']}.")
    if states.get("reviewed"):
        _print(
            f"Stacks left alone because a reader has decided about them: {states['reviewed']} "
            "(--remeasure-reviewed measures them too)."
        )


def _lesions(listed: Sequence[Listed]) -> Table:
    # Narrow enough for 80 characters, with 17 for the number and the name of the stack.
    table = _table("Stack", "No.", "Side", "Site", "Long x short\nmm", "Max 3D\nmm", "Volume\nmL", "Mean\nHU", "Parts")
    table.padding = (0, 0)
    for column in table.columns[1:]:
        column.no_wrap = True
    for column in (table.columns[1], *table.columns[4:]):
        column.justify = "right"
    for one in listed:
        lesion, numbers = one.lesion, one.lesion.measurements
        table.add_row(
            _shown(f"{one.position} {one.stack}"),
            str(lesion.number),
            lesion.side.laterality if lesion.side else "",
            lesion.site.body_site if lesion.site else "",
            (_LOWER_BOUND if numbers.truncated else "") + _axes(numbers),
            # Numbers that a radiograph does not have stay empty.
            _rounded(numbers.max_3d_diameter_mm, 1),
            _rounded(numbers.volume_ml, 2),
            _rounded(numbers.mean_hu, 0),
            _rounded(numbers.parts, 0),
        )
    return table


def _axes(numbers: Measurements | RadiographMeasurements) -> str:
    """Write long and short axis; in pixels for a radiograph without millimeters."""
    if numbers.long_axis_mm is not None and numbers.short_axis_mm is not None:
        return f"{numbers.long_axis_mm:.1f} x {numbers.short_axis_mm:.1f}"
    return f"{numbers.long_axis_px:.0f} x {numbers.short_axis_px:.0f} px"


def _rounded(number: float | None, digits: int) -> str:
    return "" if number is None else f"{number:.{digits}f}"


# The result of a scan


def show_scan_as_json(scan: Scan) -> None:
    """Print each stack with its state, for a program to read."""
    _print(json.dumps({"stacks": [*map(_scan_row, scan.stacks)], "files_not_dicom": scan.files_not_dicom}, indent=2))


def show_scan(scan: Scan) -> None:
    """Print each stack with its state, how many there are of each, and why stacks failed."""
    rows = [*map(_scan_row, scan.stacks)]
    table = _table(*_SCAN_COLUMNS.values())
    for row in rows:
        table.add_row(*(_scan_cell(row[name]) for name in _SCAN_COLUMNS))
    _print(table)
    counts = ", ".join(f"{word}: {scan.count(state)}" for state, word in _SCAN_WORDS.items())
    _print(f"Stacks {counts}. Files that are no DICOM images: {scan.files_not_dicom}.")
    for row in rows:
        if row["state"] == "failed":
            _print(_shown(f"{row['path']}: {row['message']}"))


def _scan_cell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else _shown(str(value))


def _scan_row(stack: ScannedStack) -> dict[str, object]:
    texts = {"path": stack.path, "message": stack.message}
    return asdict(stack) | {name: text and _printable(text) for name, text in texts.items()}


# Archives


def show_fetched(done: FetchDone) -> None:
    """Print how many images came from an archive."""
    if not done.series:
        show_line("The archive has nothing that was asked for.")
        return
    show_line(
        f"Studies: {done.studies}. Series: {done.series}. Images fetched: {done.fetched}, there before: "
        f"{done.there_before}. Folder: {done.to}"
    )
    if done.incomplete:
        show_line(f"Series that are not complete: {done.incomplete}. The same command fetches what is missing.")


def show_sent(done: SendDone) -> None:
    """Print what an archive took, what it did not, and what is outdated there."""
    show_line(f"Objects that the archive has: {done.stored} of {done.stored + len(done.problems)}.")
    for line in (*done.problems, *done.remarks):
        show_line(line)
    if done.outdated:
        show_line(
            "Outdated in the archive, replaced by later objects; an administrator of the archive can remove them:"
        )
        for line in done.outdated:
            show_line(f"  {line}")


# Imported outlines


def show_imported(imported: Imported) -> None:
    """Print what became of each outline, and what a person has to do."""
    from calcimeasure.imports import Verdict

    columns = ("File", "Outline", "Result", "Lesion", "IoU", "Voxels", "Long x short\nmm", "Volume\nmL")
    table = _table(*columns)
    for one in imported.outlines:
        numbers = one.lesion.measurements if one.lesion else None
        table.add_row(
            _shown(one.file.name),
            _shown(one.text),
            str(one.verdict),
            f"{one.lesion.number}, {one.lesion.status}" if one.lesion else "",
            _rounded(one.overlap, 2),
            str(one.voxel_count or ""),
            _axes(numbers) if numbers else "",
            _rounded(numbers.volume_ml, 2) if numbers else "",
        )
    if imported.outlines:
        _print(table)
    for one in imported.outlines:
        if one.message:
            _print(_shown(f"{one.file.name}{f' ({one.text})' if one.text else ''}: {one.message}"))
    for line in imported.remarks:
        _print(_shown(line))
    counts = ", ".join(f"{verdict}: {count}" for verdict in Verdict if (count := imported.count(verdict)))
    _print(f"Outlines {counts or 'found: none'}.")
    if imported.count(Verdict.OFFERED):
        _print("--as-revision takes the offered outlines as revisions of the lesions that they overlap.")
    if imported.count(Verdict.ANATOMY):
        _print("--segment NAME imports a bone or an organ too. --bone-mask of measure takes bones.")
    if imported.dry_run:
        _print("Nothing was stored (--dry-run).")


# The store


def show_verified(verified: Verified) -> None:
    """Print what is wrong in a store, and what that says."""
    for line in verified.findings:
        _print(_shown(line))
    _print(f"Rows: {verified.rows}. Entries of the chain: {verified.entries}.")
    if verified.findings:
        _print("The store is damaged, or something else has written to it. Bring it back from a backup.")
    elif not verified.has_key:
        _print(
            "No row is damaged or lost. Not verified: without the key changes on purpose are not found (--key FILE)."
        )
    elif verified.entries_without_key:
        _print(f"Not verified: {verified.entries_without_key} entries were made without the key.")
    else:
        _print("Verified: every row is as it was stored.")


# The explanation of a lesion


def show_changes(explanations: Sequence[ChangeExplanation]) -> None:
    """Print the parts of the explanation of each change, and write its picture."""
    for one in explanations:
        _print("\n\n".join("\n".join(map(_shown, part)) for part in one.parts))
        picture = one.write_picture()
        _print("")
        if picture is not None:
            _print(f"Picture: {picture} (earlier date, later date laid on it, and what came in red and went in blue)")
            _print("")


def show_explanation(explanation: Explanation) -> None:
    """Print the parts of an explanation, and write its pictures."""
    _print("\n\n".join("\n".join(map(_shown, part)) for part in explanation.parts))
    picture, surroundings, markers = explanation.write_pictures()
    _print("")
    if markers is not None:
        _print(f"Picture: {markers} (the side markers on the image; a name beside them would be seen)")
    if surroundings is not None:
        _print(f"Picture: {surroundings} (what the network looked at; the lower row shows more around it)")
    _print(f"Picture: {picture} (its outline, long and short axis on the image of the long axis)")
