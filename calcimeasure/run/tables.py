"""Tables written again from the store of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.export import Identified, write_identified_tables, write_lesions, write_revisions, write_series
from calcimeasure.model import Status
from calcimeasure.results import audit_of, write_tables_of
from calcimeasure.run.order import goal_of, naming_of, opened
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from calcimeasure.run.order import Order
    from calcimeasure.run.progress import Say


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
    with opened(folder, changes, say, order.reading) as (store, settings):
        path = goal_of(folder, order, "revisions.csv")
        naming = naming_of(store, settings, folder, order, say)
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
        Which lesions, where to, and with which names. Without `to` and `status` all tables of the clinical reading are
        written, with `identified` those of private/identified and private/series.csv; of another reading the lesions.

    Returns
    -------
    Path
        The table of lesions.

    Raises
    ------
    InputPathError, KeyFileError, OutputError
        As in `write_revisions_of`.
    """
    with opened(folder, changes, say, order.reading) as (store, settings):
        # lesions.csv must contain all lesions, so a part of them gets another file name.
        path = goal_of(folder, order, f"lesions_{order.status}.csv" if order.status else "lesions.csv")
        naming = naming_of(store, settings, folder, order, say)
        audit = audit_of(store, "export csv", order.recipient)
        studies = linked_studies(store.outcomes())
        if order.to is not None or order.status is not None or not order.is_clinical:
            chosen = (Status(order.status),) if order.status else (Status.PROPOSED, Status.ACCEPTED)
            every = settings.all_tissues
            write_lesions(studies, path, naming=naming, statuses=chosen, all_tissues=every, audit=audit)
        elif isinstance(naming, Identified):
            write_identified_tables(studies, path.parent, all_tissues=settings.all_tissues, audit=audit)
            write_series(store.outcomes(), folder)
        else:
            write_tables_of(store, settings, folder, naming, audit=audit)
    return path
