"""An open store: every stack with its outcomes, and every revision of each of its lesions.

A store is open for one reading: the clinical one, or another one by `Store.of_reading`.
Each method is one transaction; the other modules of this package implement the methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.errors import StoreError
from calcimeasure.store import (
    beginning,
    begun,
    chain,
    dicom_objects,
    exports,
    links,
    names,
    queries,
    readings,
    registry,
    remarks,
    reviews,
    revisions,
    runs,
    seen,
    stacks,
    units,
    used_settings,
    verify,
)
from calcimeasure.store.readings import CLINICAL, ReadingRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from calcimeasure.model import Content, Failure, Lesion, Outcome, Report, Revision, Stack, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store.dicom_objects import ObjectLine, WrittenObject
    from calcimeasure.store.exports import Export
    from calcimeasure.store.links import LesionLink, StackPair, StoredMotion
    from calcimeasure.store.queries import MassFacts
    from calcimeasure.store.readings import Reading
    from calcimeasure.store.registry import RegistryForm
    from calcimeasure.store.remarks import Remark
    from calcimeasure.store.runs import Plan
    from calcimeasure.store.transactions import Transactions
    from calcimeasure.store.verify import Verified


class Store:
    """An open store; `open_store` makes one.

    Parameters
    ----------
    transactions
        The transactions of its database.
    place
        The name of the store in messages.
    shared
        False if only this process may write.
    reading
        The rows of the reading that is read and written. What a run stores is always in the clinical one.
    """

    def __init__(self, transactions: Transactions, place: str, shared: bool, reading: ReadingRows = CLINICAL) -> None:
        self._transactions = transactions
        self._reading = reading
        self._reads, self._writes = transactions.reads, transactions.writes
        self._is_checked = False
        self.place = place
        self.shared = shared

    # For a run

    def begin_run(self, paths: Iterable[Path], settings: Settings, software_version: str) -> int:
        """Record the start of a run, and return the number of the run."""
        return self._writes(runs.begin_run, paths, settings, software_version)

    def end_run(self, run_id: int) -> None:
        """Record the end of a run."""
        self._writes(runs.end_run, run_id)

    def note_found(
        self, run_id: int, found: Sequence[Stack], unreadable: Sequence[Failure], paths: Iterable[Path]
    ) -> None:
        """Record the files that cannot be read, the stacks missing from their series, and the paths of images.

        Parameters
        ----------
        run_id
            The number of the run.
        found, unreadable
            The stacks, and the unreadable files, that the run found.
        paths
            The paths that the run searched. Entries of unreadable files under these paths are removed unless they are
            in `unreadable`.
        """
        self._writes(runs.note_found, run_id, found, unreadable, paths)

    def plan(
        self, stack: Stack, settings: Settings, remeasure_reviewed: bool = False, contents: Content | None = None
    ) -> Plan:
        """Make the plan of a run for a stack.

        Parameters
        ----------
        stack
            The stack as found now.
        settings
            The settings of the run.
        remeasure_reviewed
            Whether to measure stacks again about which a reader has decided.
        contents
            What the files of the stack hold beside their headers; None if they were not read: then the headers tell.
        """
        return self._reads(runs.plan_stack, stack, settings, remeasure_reviewed, contents)

    def is_as_read(self, stack: Stack) -> bool:
        """Tell whether the files of a stack have the path, size and time of change with which they were read last."""
        return self._reads(runs.is_as_read, stack)

    def has_pixels(self, stack_id: int, pixel_hash: str) -> bool:
        """Tell whether a stack was measured on some pixels; also if it is not known on which."""
        return self._reads(runs.has_pixels, stack_id, pixel_hash)

    def note_contents(self, stack: Stack, contents: Content, read_since: datetime) -> None:
        """Store that the files of a stack were read, since a moment, and hold what was measured."""
        self._writes(runs.note_contents, stack, contents, read_since)

    def record(self, run_id: int, result: Report | Failure, plan: Plan, settings: Settings) -> bool:
        """Store the result of measuring a stack; all of it or nothing.

        Parameters
        ----------
        run_id
            The number of the run.
        result
            The result for the stack of `plan`.
        plan
            The plan that the result was made from.
        settings
            The settings used for measuring.

        Returns
        -------
        bool
            False if a reader or another run changed the stack in the meantime; then nothing was stored.
        """
        return self._writes(runs.record_result, run_id, result, plan, settings)

    # For a reader

    def append(self, stack_id: int, revisions: Sequence[Revision], settings: Settings) -> None:
        """Append an edit of a reader: all of its revisions, or none.

        Parameters
        ----------
        stack_id
            The number of the stack of the lesions.
        revisions
            Revisions made by `calcimeasure.review`.
        settings
            The settings with which their numbers were computed.

        Raises
        ------
        ConflictError
            Another person changed one of the lesions after it was read.
        """
        self._writes(reviews.append_edit, stack_id, revisions, settings, self._reading)

    def note_seen(self, stack_id: int, reader: str, is_withdrawn: bool = False) -> None:
        """Store that a reader has seen the present images of a stack, or revoke this."""
        self._writes(seen.note_seen, stack_id, reader, is_withdrawn, self._reading)

    def note_remark(self, stack_id: int, remark: Remark) -> None:
        """Append a remark of a reader about a lesion of a stack, or its withdrawal."""
        self._writes(remarks.note_remark, stack_id, remark, self._reading)

    def remarks_of(self, stack_id: int) -> list[Remark]:
        """Give every remark about the lesions of a stack, also those that were taken back, oldest first."""
        return self._reads(remarks.remarks_of, stack_id, self._reading)

    def current_remarks(self) -> dict[int, list[Remark]]:
        """Give for each stack the remarks that hold: of each lesion, kind and reader the newest."""
        return self._reads(remarks.current_remarks, self._reading)

    # Readings

    def every_reading(self) -> list[Reading]:
        """Give every reading, the clinical one first, then in the order in which they began."""
        return self._reads(readings.every_reading)

    def note_reading(self, reading: Reading) -> None:
        """Append a reading; its bases are in the store. It has no rows until it begins in a stack."""
        self._writes(readings.note_reading, reading)

    def of_reading(self, name: str) -> Store:
        """Give this store for a reading: what is asked about readers and lesions is asked about this reading alone.

        Raises
        ------
        StoreError
            There is no reading of this name.
        """
        rows = self._reads(readings.rows_of_reading, name)
        if rows is None:
            known = ", ".join(one.name for one in self.every_reading())
            raise StoreError(
                f"A reading of the store {self.place} expected ({known}), found {name!r}: name one of them."
            )
        return Store(self._transactions, self.place, self.shared, rows)

    @property
    def is_blank(self) -> bool:
        """Whether the reading of this store began without proposals."""
        return self._reading.is_blank

    def begin_stacks(self) -> list[int]:
        """Begin the reading of this store in each measured stack in which it has not begun; give these stacks."""
        return self._writes(beginning.begin_stacks, self._reading)

    def begin_stack_with(self, stack_id: int, revisions: Sequence[Revision], remarks: Sequence[Remark]) -> None:
        """Begin the reading of this store in a stack with other lesions than the proposals, and with notes on them.

        In a stack in which it has begun, they are appended.
        """
        self._writes(beginning.begin_stack_with, self._reading, stack_id, revisions, remarks)

    def begun_stacks(self) -> set[int] | None:
        """Give the stacks in which the reading of this store has begun; None for the clinical one: in all."""
        return self._reads(begun.begun_stacks, self._reading)

    def proposals_of(self, stack_id: int) -> list[Lesion]:
        """Give what the program had proposed in a stack before any reader of the reading decided there."""
        return self._reads(beginning.proposals_of, [stack_id], self._reading).get(stack_id, [])

    def begun_at(self) -> dict[int, datetime]:
        """Give when (UTC) the reading of this store began in each of its stacks; none for the clinical one."""
        return self._reads(begun.begun_at, self._reading)

    def changed_at(self) -> dict[int, datetime]:
        """Give when (UTC) the newest revision of each stack was made."""
        return self._reads(begun.changed_at, self._reading)

    def stacks_on_other_images(self) -> set[int]:
        """Give the stacks whose present images are others than those on which the reading of this store began."""
        return self._reads(begun.stacks_on_other_images, self._reading)

    def is_on_present_images(self, stack_id: int) -> bool:
        """Tell whether the present images of a stack are those on which the reading of this store began."""
        return stack_id not in self.stacks_on_other_images()

    def told_stacks(self) -> set[int] | None:
        """Give the measured stacks of which `outcomes` tells; None for the clinical reading: of all."""
        return self._reads(begun.told_stacks, self._reading)

    # For two dates

    def note_motions(self, motions: Sequence[StoredMotion]) -> None:
        """Append motions between two stacks."""
        self._writes(links.note_motions, motions)

    def motions_between(self, stacks: StackPair) -> list[StoredMotion]:
        """Give every motion between a prior and a current stack, oldest first."""
        return self._reads(links.motions_between, stacks)

    def note_links(self, found: Sequence[LesionLink]) -> None:
        """Append links of lesions of two dates, or their withdrawals."""
        self._writes(links.note_links, found)

    def links_between(self, stacks: StackPair) -> list[LesionLink]:
        """Give every link between a prior and a current stack, also those that were taken back, oldest first."""
        return self._reads(links.links_between, stacks)

    def every_link(self) -> dict[StackPair, list[LesionLink]]:
        """Give every link of every pair of stacks, also those that were taken back, oldest first."""
        return self._reads(links.every_link)

    # Queries

    def outcomes(self) -> Iterator[Outcome]:
        """Yield the outcome of every stack and file: stacks by patient, study, series and number, then files.

        Each outcome has the current lesions in the order of their numbers. Those of a hundred stacks are held in
        memory.

        Raises
        ------
        StoreError
            As in `check`.
        """
        self.check()
        with self._transactions.reading() as connection:
            yield from queries.every_outcome(connection, self._reading)

    def measured_stacks(self) -> dict[int, StackFacts]:
        """Give the facts of every stack that was measured, by its number, in the order of `outcomes`."""
        return self._reads(queries.measured_stacks)

    def worklist(self) -> dict[int, tuple[int, int]]:
        """Count for each stack the lesions that a reader must decide, and those of them that are decided."""
        return self._reads(queries.worklist, self._reading)

    def masses(self) -> dict[int, MassFacts]:
        """Describe for each stack the lesions that are masses, or may be masses."""
        return self._reads(queries.masses, self._reading)

    def newest_rows(self) -> tuple[int, int, int]:
        """Give numbers that change whenever a reader decides, draws, remarks or looks through a stack."""
        return self._reads(queries.newest_rows, self._reading)

    def readers(self) -> dict[int, tuple[str, ...]]:
        """Give for each stack the names of the readers who decided about its lesions."""
        return self._reads(queries.readers, self._reading)

    def seen_by(self) -> dict[int, tuple[str, ...]]:
        """Give for each stack the readers who have looked through all of its present images."""
        return self._reads(seen.seen_by, self._reading)

    def find_stack(self, stack: Stack) -> int | None:
        """Give the number in the store of a stack that was found now; None if the stack is new."""
        return self._reads(stacks.find_stack, stack)

    def thumbnail(self, lesion: Lesion) -> bytes | None:
        """Give the picture of a lesion with its current outline; None if no picture was drawn."""
        return self._reads(queries.thumbnail, lesion)

    def note_thumbnails(self, pictures: Iterable[tuple[Lesion, bytes]]) -> None:
        """Store pictures of lesions with the outlines that they have; the outlines are in the store."""
        self._writes(runs.note_thumbnails, pictures)

    def find_lesion(self, tracking_uid: str) -> tuple[int, Lesion] | None:
        """Find a current lesion by its Tracking UID; return the number of its stack too."""
        return self._reads(revisions.find_lesion, tracking_uid, self._reading)

    def lesions_of(self, stack_id: int) -> list[Lesion]:
        """Give the current lesions of a stack, of any tissue and status, in the order of their numbers."""
        return self._reads(revisions.lesions_of, [stack_id], self._reading).get(stack_id, [])

    def tracking_uids(self) -> list[str]:
        """List the Tracking UID of every lesion that ever was, in their order."""
        return self._reads(revisions.every_tracking_uid, self._reading)

    def files_of(self, stack_id: int) -> list[Path]:
        """List the files of a stack in slice order."""
        return self._reads(queries.files_of, stack_id)

    def is_content(self, stack_id: int, stack: Stack) -> bool:
        """Tell whether a stack that was found now has the images on which the stored stack was measured."""
        return self._reads(stacks.is_content, stack_id, stack)

    def histories(self, stack_id: int) -> dict[str, list[Revision]]:
        """Give every revision of every lesion that a stack ever had, oldest first, by Tracking UID."""
        return self._reads(revisions.histories_of, [stack_id], self._reading).get(stack_id, {})

    def revisions(self) -> Iterator[tuple[StackFacts, Revision]]:
        """Give every revision of every lesion of every stack, also of stacks that no longer exist.

        Raises
        ------
        StoreError
            As in `check`.
        """
        self.check()
        with self._transactions.reading() as connection:
            yield from queries.every_revision(connection, self._reading)

    def settings_toml(self, hash_of_settings: str) -> str:
        """Give the settings that a number was computed with."""
        return self._reads(used_settings.settings_toml, hash_of_settings)

    # The chain

    def last_entry(self) -> int:
        """Give the number of the last entry of the chain: it grows whenever a row is stored or changed."""
        return self._reads(lambda connection: chain.head_of(connection).entry)

    def is_as_at(self, entry: int) -> bool:
        """Tell whether nothing was stored after an entry of the chain but what was exported."""
        return not self._reads(chain.has_after, entry, but=("exports",))

    def settle(self) -> None:
        """Bring what is in the write-ahead log of a file into the file, as far as nobody else reads it just now."""
        self._transactions.settle()

    def use_key(self, key: bytes) -> None:
        """Use a secret key for the chain from now on. A chain that has none of its entries yet is sealed by it."""
        self._transactions.seal(key)

    def check(self) -> None:
        """Compare the rows from which tables are written with the chain, once as long as the store is open.

        Raises
        ------
        StoreError
            A row was changed, lost or added by something else than this program.
        """
        if self._is_checked:
            return
        others = () if self._reading == CLINICAL else units.OF_READINGS
        found = self._reads(lambda connection: list(verify.findings_for_tables(connection, others)))
        if found:
            raise StoreError(
                f"The store {self.place} is damaged, or something else has written to it: {found[0]}"
                f"{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}. calcimeasure verify lists what is "
                "wrong. Bring the store back from a backup; no table was written."
            )
        self._is_checked = True

    def verify(self) -> Verified:
        """Compare every row with the chain, and every entry of the chain with the key that was given (`use_key`)."""
        return self._reads(verify.verify, self._transactions.chain_key)

    def backup(self, to: Path) -> Verified:
        """Copy the store into a file, while others may read and write it; give what was found in the copy.

        Raises
        ------
        StoreError
            The store is a database of PostgreSQL, or is damaged, or the file exists or cannot be written.
        """
        return self._transactions.back_up(to)

    # Audit

    def note_export(self, export: Export) -> None:
        """Record that a table leaves the house, or may leave it: what, when, for whom and where to."""
        self._writes(exports.note_export, export, self._reading)

    def note_object(self, written: WrittenObject) -> None:
        """Record a DICOM object that was written; one that is recorded already is not recorded again.

        Raises
        ------
        ConflictError
            Another export has written an object with its instance number in the meantime.
        """
        self._writes(dicom_objects.note_object, written)

    def objects_of(self, line: ObjectLine) -> list[WrittenObject]:
        """Give the DICOM objects of a line, the oldest first."""
        return self._reads(dicom_objects.objects_of, line)

    def every_object(self) -> list[WrittenObject]:
        """Give every DICOM object that was written, the oldest first."""
        return self._reads(dicom_objects.every_object)

    def note_sent(self, sop_instance_uid: str, archive: str) -> None:
        """Record that an archive has taken a DICOM object; only the first time is recorded."""
        self._writes(dicom_objects.note_sent, sop_instance_uid, archive)

    def sent_to(self, archive: str) -> list[str]:
        """Give the SOP Instance UID of each DICOM object that an archive has taken."""
        return self._reads(dicom_objects.sent_to, archive)

    # The registry

    def give_instances(self, form: RegistryForm, uids: Sequence[str]) -> dict[str, int]:
        """Give each lesion or study its repeating instance in a record: the one that it has, else the next free one."""
        return self._writes(registry.give_instances, form, uids)

    def keep_instances(self, form: RegistryForm, instances: Mapping[str, int]) -> None:
        """Keep the instances that lesions or studies have in a registry, for those that have none here."""
        self._writes(registry.keep_instances, form, instances)

    def registry_forms(self) -> list[RegistryForm]:
        """Give every form of a record in which an instance was ever given."""
        return self._reads(registry.forms)

    def instances_of(self, form: RegistryForm) -> dict[str, int]:
        """Give every instance that was ever given in a form of a record, by the UID of its lesion or study."""
        return self._reads(registry.instances_of, form)

    # Keys and names

    def recall(self, name: str) -> str | None:
        """Give the text that was stored under a name."""
        return self._reads(names.recall, name)

    def remember(self, name: str, value: str) -> None:
        """Store one text under a name."""
        self._writes(names.remember, name, value)

    def record_ids(self) -> dict[str, str]:
        """Give the registry's id of each patient that has one."""
        return self._reads(names.known_record_ids)

    def remember_record_ids(self, ids: Mapping[str, str]) -> None:
        """Add the registry's ids of patients; a new id replaces an earlier one."""
        self._writes(names.remember_record_ids, ids)
