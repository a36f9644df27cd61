"""What a person orders to be exported: which lesions, where to, with which names."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.errors import KeyFileError, OutputError
from calcimeasure.export import Identified
from calcimeasure.results import identified_folder, pseudonyms_of, store_that_is_there, use_key_of
from calcimeasure.settings import change_settings
from calcimeasure.store import CLINICAL_READING

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
    reading
        Whose decisions leave. Without `to`, those of another reading than the clinical one go into readings/NAME.
    """

    to: Path | None = None
    status: str | None = None
    identified: bool = False
    recipient: str | None = None
    reading: str = CLINICAL_READING

    @property
    def is_clinical(self) -> bool:
        """Whether the decisions of the clinical reading leave."""
        return self.reading == CLINICAL_READING


@contextmanager
def opened(
    folder: Path, changes: Mapping[str, object], say: Say, reading: str = CLINICAL_READING
) -> Iterator[tuple[Store, Settings]]:
    """Open the store of a folder that measure wrote for a reading, with the settings of its last run and changes.

    Raises
    ------
    StoreError
        There is no reading of this name.
    """
    with store_that_is_there(folder, say) as (store, settings):
        of_reading = store.of_reading(reading)
        told = of_reading.told_stacks()
        untold = 0 if told is None else len(store.measured_stacks().keys() - told)
        if untold:
            say(f"Stacks that {reading} has not read, or read on other images, which are left out: {untold}.")
        yield of_reading, change_settings(settings, changes)


def _home(folder: Path, order: Order) -> Path:
    """Give the folder for what an order writes: that of results, its private/identified, and there that of a reading.

    Raises
    ------
    OutputError
        It cannot be made.
    """
    home = identified_folder(folder) if order.identified else folder
    if order.is_clinical:
        return home
    of_reading = home / "readings" / order.reading
    try:
        of_reading.mkdir(mode=0o700 if order.identified else 0o777, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{of_reading} cannot be made: {error.strerror or error}.") from error
    return of_reading


def naming_of(store: Store, settings: Settings, folder: Path, order: Order, say: Say) -> Naming:
    """Give the names that stand in what leaves: pseudonyms, unless the order is identified."""
    if not order.identified:
        return pseudonyms_of(store, settings, folder, say)
    with suppress(KeyFileError):  # that the tables left is kept in any case, without the key as not verified
        use_key_of(store, settings, folder, say, may_make=False)
    return Identified()


def goal_of(folder: Path, order: Order, name: str) -> Path:
    """Choose the file: an identified one lies where nothing leaves, or in a folder that somebody chose for it."""
    if order.to is None:
        return _home(folder, order) / name
    if order.identified:
        refuse_among_what_leaves(order.to, folder)
    return order.to


def folder_of(folder: Path, order: Order, name: str) -> Path:
    """Make the folder for files of a kind: in that of results, in its private/identified, or where the order says.

    Raises
    ------
    OutputError
        It cannot be made, or identified files would lie where what is in it may leave.
    """
    if order.to is None:
        goal = _home(folder, order) / name
    else:
        goal = order.to
        if order.identified:
            refuse_among_what_leaves(goal / name, folder)
    try:
        goal.mkdir(mode=0o700 if order.identified else 0o777, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{goal} cannot be made: {error.strerror or error}.") from error
    return goal


def refuse_among_what_leaves(path: Path, folder: Path) -> None:
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
