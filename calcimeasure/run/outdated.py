"""Objects that earlier exports wrote and that say what is no longer true: they are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.archive.file_meta import file_meta_of
from calcimeasure.errors import OutputError
from calcimeasure.model import Status
from calcimeasure.run.object_lines import PROPOSED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from calcimeasure.store import Store, WrittenObject


def remove_outdated(
    store: Store, folders: Iterable[Path], written: Collection[Path], all_tissues: bool = False
) -> list[Path]:
    """Remove the objects that this program wrote into some folders and that no longer hold.

    An object holds as long as its stack is measured, has lesions as those in it, and nothing was changed since. A file
    that the store does not know is left alone.

    Parameters
    ----------
    store
        The store that the objects were made from.
    folders
        Folders of objects; one need not exist.
    written
        The objects that were written just now.
    all_tissues
        Whether lesions leave that are no calcified masses.

    Returns
    -------
    list of Path
        The files that were removed.

    Raises
    ------
    OutputError
        One cannot be removed.
    """
    known = {one.sop_instance_uid: one for one in store.every_object()}
    stacks = store.measured_stacks().keys()
    removed = []
    for path in sorted(path for folder in folders for path in folder.glob("*.dcm") if path not in written):
        meta = file_meta_of(path)
        found = known.get(meta[1]) if meta else None
        if found is None or (found.line.stack_id in stacks and _holds(store, found, all_tissues)):
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"{path} says what is no longer true, and cannot be removed: {error.strerror or error}. Remove it."
            ) from error
        removed.append(path)
    return removed


def _holds(store: Store, written: WrittenObject, all_tissues: bool) -> bool:
    """Tell whether a stack has lesions as those in an object, and none was changed since it was written."""
    lesions = [one for one in store.lesions_of(written.line.stack_id) if all_tissues or one.is_mass]
    is_proposed = written.line.part.startswith(PROPOSED)
    if not any((one.status is not Status.ACCEPTED) == is_proposed for one in lesions):
        return False
    histories = store.histories(written.line.stack_id).values()
    return all(one.made_at <= written.written_at for history in histories for one in history)
