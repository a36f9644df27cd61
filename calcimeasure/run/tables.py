"""Tables written again from the store of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.export import write_lesions, write_revisions, write_tables
from calcimeasure.model import Status
from calcimeasure.results import naming_of, store_that_is_there
from calcimeasure.settings import change_settings
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from calcimeasure.run.progress import Say


def write_revisions_of(folder: Path, to: Path | None, changes: Mapping[str, object], say: Say) -> Path:
    """Write every revision of every lesion.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    to
        The file; None: revisions.csv in the folder.
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
        The file cannot be written.
    """
    path = to or folder / "revisions.csv"
    with store_that_is_there(folder, say) as (store, settings):
        naming = naming_of(store, change_settings(settings, changes), folder, say)
        write_revisions(store.revisions(), path, naming=naming)
    return path


def write_lesions_of(
    folder: Path, to: Path | None, status: str | None, changes: Mapping[str, object], say: Say
) -> Path:
    """Write lesions: all tables of the folder, or some lesions into a file of their own.

    Parameters
    ----------
    folder, to, changes, say
        As in `write_revisions_of`; where `to` and `status` are None, all tables of the folder are written.
    status
        Only lesions with this status; None: all that no reader has rejected.

    Returns
    -------
    Path
        The table of lesions.

    Raises
    ------
    InputPathError, KeyFileError, OutputError
        As in `write_revisions_of`.
    """
    with store_that_is_there(folder, say) as (store, settings):
        naming = naming_of(store, change_settings(settings, changes), folder, say)
        if to is None and status is None:
            write_tables(linked_studies(store.outcomes()), folder, naming=naming, all_tissues=settings.all_tissues)
            return folder / "lesions.csv"
        # lesions.csv must contain all lesions, so a part of them gets another file name.
        path = to or folder / f"lesions_{status}.csv"
        chosen = (Status(status),) if status else (Status.PROPOSED, Status.ACCEPTED)
        studies = linked_studies(store.outcomes())
        write_lesions(studies, path, naming=naming, statuses=chosen, all_tissues=settings.all_tissues)
        return path
