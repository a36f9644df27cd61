"""The files of a registry: forms for a new and for an existing project, and the records to import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import OutputError
from calcimeasure.export.atomic import open_atomic, open_atomic_bytes
from calcimeasure.export.columns import Leaving
from calcimeasure.export.redcap.check_dictionary import dictionary_problems
from calcimeasure.export.redcap.check_records import records_problems
from calcimeasure.export.redcap.dictionary import csv_line, entries_of
from calcimeasure.export.redcap.events import events_of, read_events
from calcimeasure.export.redcap.fields import FORMS
from calcimeasure.export.redcap.howto import howto_text
from calcimeasure.export.redcap.instruments import instrument_zip
from calcimeasure.export.redcap.merge import merged, read_dictionary
from calcimeasure.export.redcap.project_xml import RECORD_ID, project_xml
from calcimeasure.export.redcap.records import table
from calcimeasure.model import Status
from calcimeasure.results import audit_of
from calcimeasure.run.order import folder_of, naming_of, opened
from calcimeasure.run.registry_entries import gather
from calcimeasure.store import RegistryForm
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.export.redcap.records import Entry
    from calcimeasure.run.order import Order
    from calcimeasure.run.progress import Say
    from calcimeasure.run.registry_entries import Gathered
    from calcimeasure.store import Store

_TITLE: Final = "Calcified masses"
_MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class RegistryOrder:
    """What is to be written for a registry.

    Parameters
    ----------
    order
        Where to (a folder), with which names, for whom; lesions are those that are accepted.
    merge_into
        The data dictionary of a project, to write it with the forms added.
    events
        File that names the event of each study; None for a project without events.
    """

    order: Order
    merge_into: Path | None = None
    events: Path | None = None


@dataclass(frozen=True, slots=True)
class RegistryFiles:
    """What was written.

    Parameters
    ----------
    paths
        The files.
    left
        What was left out and why, in sentences.
    """

    paths: Sequence[Path]
    left: Sequence[str]


def write_redcap_of(folder: Path, wanted: RegistryOrder, changes: Mapping[str, object], say: Say) -> RegistryFiles:
    """Write project.xml, an instrument zip for each form, import.csv and HOWTO.txt.

    Each lesion and study gets its repeating instance, once; the store keeps it.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    wanted
        What is to be written.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``, or a file of the order cannot be used.
    KeyFileError
        The key cannot be used, or is another one than that of the folder's pseudonyms.
    OutputError
        Another status than accepted was ordered, REDCap would refuse what would be written, a file cannot be written,
        or an identified one would lie in a folder that may leave.
    """
    refuse_other_status(wanted.order)
    rules = read_events(wanted.events) if wanted.events else ()
    theirs = read_dictionary(wanted.merge_into) if wanted.merge_into else None
    together = merged(theirs, FORMS, f"--merge-into {wanted.merge_into}") if theirs else None
    record_field = theirs.record_field if theirs else RECORD_ID
    with opened(folder, changes, say) as (store, settings):
        goal = folder_of(folder, wanted.order, "redcap")
        gathered = gather(store, naming_of(store, settings, folder, wanted.order, say), rules)
        header, rows = table(record_field, _with_instances(store, gathered), longitudinal=bool(rules))
        refuse_what_redcap_refuses(header, rows, longitudinal=bool(rules))
        texts = {
            "project.xml": project_xml(FORMS, _TITLE, datetime.now(UTC), software_version(), events_of(rules)),
            "HOWTO.txt": howto_text(record_field, events_of(rules)),
            **({"merged_dictionary.csv": together.text} if together else {}),
        }
        paths = [*_write_texts(goal, texts), *_write_zips(goal)]
        paths.append(_write_records(store, wanted.order, goal / "import.csv", header, rows))
    if together is not None and not together.added:
        say(f"{wanted.merge_into} has all fields of both forms already: merged_dictionary.csv is the same.")
    return RegistryFiles(paths, gathered.left)


def refuse_other_status(order: Order) -> None:
    """Refuse an order of lesions that no reader has accepted.

    Raises
    ------
    OutputError
        It is one.
    """
    if order.status not in (None, Status.ACCEPTED):
        raise OutputError(
            f"--status accepted or no --status expected for --format redcap, found --status {order.status}: a registry "
            "gets what a reader has accepted."
        )


def refuse_what_redcap_refuses(header: Sequence[str], rows: Sequence[Sequence[str]], *, longitudinal: bool) -> None:
    """Check the forms and the records by the published rules.

    Raises
    ------
    OutputError
        A rule is broken.
    """
    problems = [
        *dictionary_problems(entries_of(FORMS)),
        *records_problems(header, rows, FORMS, longitudinal=longitudinal),
    ]
    if problems:
        more = f" And {len(problems) - _MOST_PROBLEMS} more." if len(problems) > _MOST_PROBLEMS else ""
        said = "; ".join(map(str, problems[:_MOST_PROBLEMS]))
        raise OutputError(
            f"Records that REDCap takes expected; nothing was written. In the records (import.csv) {said}.{more}"
        )


def in_forms(entries: Iterable[Entry]) -> dict[RegistryForm, list[Entry]]:
    """Group entries by the form of a record that holds them."""
    forms: dict[RegistryForm, list[Entry]] = {}
    for entry in entries:
        forms.setdefault(RegistryForm(entry.record_id, entry.form, entry.event), []).append(entry)
    return forms


def _with_instances(store: Store, gathered: Gathered) -> Iterator[tuple[Entry, int]]:
    """Give each entry its instance; the store is written only where one is new."""
    for form, entries in in_forms(gathered.entries).items():
        given = gathered.given.get(form, {})
        if any(entry.uid not in given for entry in entries):
            given = store.give_instances(form, [entry.uid for entry in entries])
        yield from sorted(((entry, given[entry.uid]) for entry in entries), key=lambda one: one[1])


def _write_texts(goal: Path, texts: Mapping[str, str]) -> Iterator[Path]:
    for name, text in texts.items():
        with open_atomic(goal / name) as file:
            file.write(text)
        yield goal / name


def _write_zips(goal: Path) -> Iterator[Path]:
    for form in FORMS:
        path = goal / f"{form.name}.zip"
        with open_atomic_bytes(path) as file:
            file.write(instrument_zip(form))
        yield path


def _write_records(
    store: Store, order: Order, path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Path:
    """Write import.csv; what leaves is kept in the store before it is there."""

    def keep(file: Path) -> None:
        audit_of(store, "export redcap", order.recipient)(Leaving.of(file, path, len(rows), order.identified))

    with open_atomic(path, only_for_owner=order.identified, before_it_is_there=keep) as file:
        for cells in (header, *rows):
            file.write(csv_line(cells))
    return path
