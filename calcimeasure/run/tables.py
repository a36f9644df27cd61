"""Tables written again from the store of a folder."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.errors import KeyFileError, OutputError
from calcimeasure.export import Identified, write_identified_tables, write_lesions, write_revisions, write_series
from calcimeasure.model import Status
from calcimeasure.results import (
    audit_of,
    identified_folder,
    pseudonyms_of,
    store_that_is_there,
    use_key_of,
    write_tables_of,
)
from calcimeasure.settings import change_settings
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from calcimeasure.export import Naming
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported, and where to.

    Parameters
    ----------
    to
        The file; None: a file in the folder, in private/identified if the export is identified.
    status
        Only lesions with this status; None: all that no reader has rejected.
    identified
        Whether patients and images are named as in their headers.
    recipient
        For whom it is; kept in the store.
    """

    to: Path | None = None
    status: str | None = None
    identified: bool = False
    recipient: str | None = None


def write_revisions_of(folder: Path, order: Order, changes: Mapping[str, object], say: Say) -> Path:
    """Write every revision of every lesion.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    order
        Where to, and with which names; its status does not count.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``.
    KeyFileError
        The key cannot be used, or is another one than that of the folder's pseudonyms.
    OutputError
        The file cannot be written, or an identified file would lie in a folder that may leave.
    """
    with _opened(folder, changes, say) as (store, settings):
        path = _goal(folder, order, "revisions.csv")
        naming = _naming(store, settings, folder, order, say)
        audit = audit_of(store, "export revisions", order.recipient)
        write_revisions(store.revisions(), path, naming=naming, audit=audit)
    return path


def write_lesions_of(folder: Path, order: Order, changes: Mapping[str, object], say: Say) -> Path:
    """Write lesions: all tables of the folder, or some lesions into a file of their own.

    Parameters
    ----------
    folder, changes, say
        As in `write_revisions_of`.
    order
        Which lesions, where to, and with which names. Without `to` and `status` all tables are written, with
        `identified` those of private/identified and private/series.csv.

    Returns
    -------
    Path
        The table of lesions.

    Raises
    ------
    InputPathError, KeyFileError, OutputError
        As in `write_revisions_of`.
    """
    with _opened(folder, changes, say) as (store, settings):
        # lesions.csv must contain all lesions, so a part of them gets another file name.
        path = _goal(folder, order, f"lesions_{order.status}.csv" if order.status else "lesions.csv")
        naming = _naming(store, settings, folder, order, say)
        audit = audit_of(store, "export csv", order.recipient)
        studies = linked_studies(store.outcomes())
        if order.to is not None or order.status is not None:
            chosen = (Status(order.status),) if order.status else (Status.PROPOSED, Status.ACCEPTED)
            every = settings.all_tissues
            write_lesions(studies, path, naming=naming, statuses=chosen, all_tissues=every, audit=audit)
        elif isinstance(naming, Identified):
            write_identified_tables(studies, path.parent, all_tissues=settings.all_tissues, audit=audit)
            write_series(store.outcomes(), folder)
        else:
            write_tables_of(store, settings, folder, naming, audit=audit)
    return path


@contextmanager
def _opened(folder: Path, changes: Mapping[str, object], say: Say) -> Iterator[tuple[Store, Settings]]:
    with store_that_is_there(folder, say) as (store, settings):
        yield store, change_settings(settings, changes)


def _naming(store: Store, settings: Settings, folder: Path, order: Order, say: Say) -> Naming:
    if not order.identified:
        return pseudonyms_of(store, settings, folder, say)
    with suppress(KeyFileError):  # that the tables left is kept in any case, without the key as not verified
        use_key_of(store, settings, folder, say, may_make=False)
    return Identified()


def _goal(folder: Path, order: Order, name: str) -> Path:
    """Choose the file: an identified one lies where nothing leaves, or in a folder that somebody chose for it."""
    if order.to is None:
        return (identified_folder(folder) if order.identified else folder) / name
    if order.identified:
        _refuse_among_what_leaves(order.to, folder)
    return order.to


def _refuse_among_what_leaves(path: Path, folder: Path) -> None:
    """Refuse an identified file in any folder of results, but for its folder private/identified.

    Raises
    ------
    OutputError
        The file would lie there.
    """
    goal = path.absolute().parent.resolve() / path.name
    for parent in goal.parents:
        is_folder_of_results = (parent / "private" / "settings.toml").is_file() or (
            parent.exists() and parent.samefile(folder)
        )
        if is_folder_of_results and not goal.is_relative_to(parent / "private" / "identified"):
            raise OutputError(
                f"A place for identified tables outside of {parent} expected, found --to {path}: what is in it may "
                "leave, but for its folder private. Leave --to out (private/identified), or name a file elsewhere."
            )
