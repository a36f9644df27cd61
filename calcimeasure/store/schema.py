"""The tables of the store.

Rows of lesion revisions, outcomes, outlines, seen stacks, remarks, readings, registrations, lesion links, exports,
DICOM objects, registry instances and the chain are never changed; the database refuses changes.
`current_lesions` and `current_stacks` are the views to read with plain SQL. `all_stacks` also has the stacks that no
longer exist, for the history of their lesions. What the clinical reading decided is in `lesion_revisions`; every other
reading has rows of its own in `reading_revisions`, and `current_reading_lesions` is their view. So no query about the
clinical reading can show the rows of another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from calcimeasure.store.columns import Outside, revision_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

SCHEMA_VERSION = 9
"""The schema that this version of the program writes. The table `about` of a store holds the schema of the store."""

metadata = MetaData()

about = Table(
    "about",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="What there is one of: schema_version, store_id, fingerprint and place of the key for pseudonyms.",
)

settings_used = Table(
    "settings_used",
    metadata,
    Column("settings_hash", Text, primary_key=True),
    Column("settings_toml", Text, nullable=False),
    comment="The settings that numbers were computed with.",
)

record_ids = Table(
    "record_ids",
    metadata,
    Column("patient_id", Outside, primary_key=True),
    Column("record_id", Outside, nullable=False),
    comment="The registry's id of a patient (--record-map).",
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("begun_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("paths", Text, nullable=False),
    Column("settings_toml", Text, nullable=False),
    Column("software_version", Text, nullable=False),
    comment="One row a call of calcimeasure measure; ended_at is empty where it was killed. Times are UTC.",
)

stacks = Table(
    "stacks",
    metadata,
    Column("stack_id", Integer, primary_key=True),
    Column("study_uid", Outside, nullable=False),
    Column("series_uid", Outside, nullable=False),
    Column("stack_number", Integer, nullable=False),
    Column("folder", Outside, nullable=False),
    Column("is_gone", Boolean, nullable=False, default=False),
    UniqueConstraint("study_uid", "series_uid", "stack_number", "folder", name="stack_once"),
    comment="Each grid of each series. folder tells series without a UID apart; is_gone: its series no longer has it.",
)

readings = Table(
    "readings",
    metadata,
    Column("reading_id", Integer, primary_key=True),
    Column("name", Outside, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reader", Outside),
    Column("is_blinded", Boolean, nullable=False),
    Column("is_blank", Boolean, nullable=False),
    Column("first_base_id", ForeignKey("readings.reading_id")),
    Column("second_base_id", ForeignKey("readings.reading_id")),
    Column("begun_at", DateTime),
    UniqueConstraint("name", name="reading_once"),
    comment="Readings of the stacks, each independent: kind clinical (the first row), study or consensus; is_blinded: "
    "it shows nothing of other readings; is_blank: it began without proposals; a consensus begins with two others "
    "(first_base_id, second_base_id). Times are UTC.",
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("outcome_id", Integer, primary_key=True),
    Column("stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("message", Outside),
    Column("traceback", Outside),
    Column("seconds", Double, nullable=False),
    Column("settings_hash", Text, nullable=False),
    Column("software_version", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("modality", Outside, nullable=False),
    Column("root", Outside, nullable=False),
    Column("path", Outside, nullable=False),
    Column("image_count", Integer, nullable=False),
    Column("patient_id", Outside),
    Column("study_date", Date),
    Column("series_number", Integer),
    Column("description", Outside),
    Column("slice_thickness_mm", Double),
    Column("kvp", Double),
    Column("convolution_kernel", Outside),
    Column("contrast_agent", Boolean),
    Column("frame_of_reference_uid", Outside),
    Column("row_spacing_mm", Double),
    Column("column_spacing_mm", Double),
    Column("slice_spacing_mm", Double),
    Column("midline_normal", Text),
    Column("midline_offset_mm", Double),
    Column("midline_uncertainty_mm", Double),
    Column("midline_quality", Double),
    Column("midline_is_between_limbs", Boolean),
    Column("view_position", Outside),
    Column("patient_orientation", Outside),
    Column("pixel_hash", Text),
    Column("mask_hash", Text),
    Column("notices", Text),
    Column("person", Outside),
    Index("outcomes_of_stack", "stack_id", "outcome_id"),
    comment="What each run made of a stack, with what its headers say; the newest row of a stack counts.",
)

files = Table(
    "files",
    metadata,
    Column("stack_id", ForeignKey("stacks.stack_id"), primary_key=True),
    Column("slice_number", Integer, primary_key=True),
    Column("root", Outside, nullable=False),
    Column("path", Outside, nullable=False),
    Column("member", Outside),
    Column("frame_number", Integer, nullable=False),
    Column("sop_uid", Outside, nullable=False),
    Column("instance_number", Integer),
    Column("size_bytes", BigInteger),
    Column("modified_ns", BigInteger),
    comment="Where the images of a stack lie, in slice order from 0; member: inside a .zip.",
)

unreadable_files = Table(
    "unreadable_files",
    metadata,
    Column("file_id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False),
    Column("root", Outside, nullable=False),
    Column("path", Outside, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Outside, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_gone", Boolean, nullable=False, default=False),
    comment="Files that claim to be DICOM and cannot be read. is_gone: a later run did not find them so again.",
)

outlines = Table(
    "outlines",
    metadata,
    Column("outline_hash", Text, primary_key=True),
    *(Column(f"{end}_{axis}", Integer, nullable=False) for end in ("start", "stop") for axis in "kji"),
    Column("packed_bits", LargeBinary, nullable=False),
    comment="Masks: the box in the stack (slice k, row j, column i), its voxels as bits (numpy.packbits), by zlib.",
)

lesion_revisions = Table(
    "lesion_revisions",
    metadata,
    *revision_columns(),
    UniqueConstraint("tracking_uid", "stack_id", "revision_number", name="one_revision_of_a_base"),
    UniqueConstraint("stack_id", "lesion_number", "revision_number", name="number_given_once"),
    # The index has every column of the query for the worklist, so that the database need not read the long rows.
    Index("worklist", "stack_id", "tracking_uid", "revision_number", "is_withdrawn", "status", "tissue"),
    comment="Every state that every lesion ever had, each complete; the newest of a lesion counts. Times are UTC.",
)

reading_stacks = Table(
    "reading_stacks",
    metadata,
    Column("reading_stack_id", Integer, primary_key=True),
    Column("reading_id", ForeignKey("readings.reading_id"), nullable=False),
    Column("stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("outcome_id", ForeignKey("outcomes.outcome_id"), nullable=False),
    Column("begun_at", DateTime, nullable=False),
    UniqueConstraint("reading_id", "stack_id", name="stack_begun_once"),
    comment="The outcome of each stack with which a reading other than the clinical one began. Times are UTC.",
)

reading_revisions = Table(
    "reading_revisions",
    metadata,
    *revision_columns(),
    Column("reading_id", ForeignKey("readings.reading_id"), nullable=False),
    UniqueConstraint(
        "reading_id", "tracking_uid", "stack_id", "revision_number", name="one_revision_of_a_base_in_a_reading"
    ),
    UniqueConstraint(
        "reading_id", "stack_id", "lesion_number", "revision_number", name="number_given_once_in_a_reading"
    ),
    Index("reading_worklist", "reading_id", "stack_id", "tracking_uid", "revision_number"),
    comment="As lesion_revisions, of the readings other than the clinical one. A reading begins with the proposals of "
    "the program (made_by is empty). Times are UTC.",
)

thumbnails = Table(
    "thumbnails",
    metadata,
    Column("tracking_uid", Text, primary_key=True),
    Column("outline_hash", ForeignKey("outlines.outline_hash"), primary_key=True),
    Column("png", LargeBinary, nullable=False),
    comment="A picture of a lesion on the slice of its long axis.",
)

seen_stacks = Table(
    "looks",
    metadata,
    Column("look_id", Integer, primary_key=True),
    Column("stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("reader", Outside, nullable=False),
    Column("looked_at", DateTime, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("pixel_hash", Text),
    Column("reading_id", ForeignKey("readings.reading_id")),
    Index("looks_at_stack", "stack_id", "look_id"),
    comment="Who looked through a stack as a whole, at which images, and when (UTC); a reader's newest row counts. "
    "reading_id: empty for the clinical reading.",
)

exports = Table(
    "exports",
    metadata,
    Column("export_id", Integer, primary_key=True),
    Column("made_at", DateTime, nullable=False),
    Column("made_by", Outside),
    Column("what", Text, nullable=False),
    Column("is_identified", Boolean, nullable=False),
    Column("destination", Outside, nullable=False),
    Column("recipient", Outside),
    Column("key_fingerprint", Text),
    Column("row_count", Integer),
    Column("file_count", Integer),
    Column("content_hash", Text),
    Column("software_version", Text, nullable=False),
    Column("reading_id", ForeignKey("readings.reading_id")),
    comment="What left the store, when (UTC), for whom and where to; what: the format and the tables. reading_id: "
    "empty for the clinical reading.",
)

remarks = Table(
    "remarks",
    metadata,
    Column("remark_id", Integer, primary_key=True),
    Column("stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("tracking_uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reader", Outside, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("said", Outside, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("reading_id", ForeignKey("readings.reading_id")),
    Index("remarks_on_lesion", "stack_id", "tracking_uid", "remark_id"),
    comment="What readers noted about a lesion (kind note) and where they want a second reader (kind unsure), with the "
    "time (UTC); of each reader and kind the newest row of a lesion counts. reading_id: empty for the clinical "
    "reading.",
)

dicom_objects = Table(
    "dicom_objects",
    metadata,
    Column("object_id", Integer, primary_key=True),
    Column("stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("key_fingerprint", Text, nullable=False),
    Column("study_uid", Outside, nullable=False),
    Column("series_uid", Outside, nullable=False),
    Column("sop_instance_uid", Outside, nullable=False),
    Column("instance_number", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("is_preliminary", Boolean, nullable=False),
    Column("predecessor_uid", Outside),
    Column("segmentation_uid", Outside),
    Column("written_at", DateTime, nullable=False),
    Column("software_version", Text, nullable=False),
    UniqueConstraint("sop_instance_uid", name="object_once"),
    UniqueConstraint(
        "stack_id", "kind", "part", "key_fingerprint", "instance_number", name="one_object_of_an_instance_number"
    ),
    comment="DICOM objects written about a stack: kind seg or sr; part: which lesions; key_fingerprint: the key of its "
    "UIDs and pseudonyms, or nothing if it is identified; predecessor_uid: the object that it replaces; "
    "segmentation_uid: the SEG that an SR refers to. Times are UTC.",
)

sent_objects = Table(
    "sent_objects",
    metadata,
    Column("sending_id", Integer, primary_key=True),
    Column("sop_instance_uid", Outside, nullable=False),
    Column("archive", Outside, nullable=False),
    Column("sent_at", DateTime, nullable=False),
    UniqueConstraint("sop_instance_uid", "archive", name="sent_once"),
    comment="Which DICOM objects an archive has taken, and when first (UTC).",
)

registry_instances = Table(
    "registry_instances",
    metadata,
    Column("registry_instance_id", Integer, primary_key=True),
    Column("record_id", Outside, nullable=False),
    Column("event", Outside, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("repeat_instance", Integer, nullable=False),
    Column("uid", Outside, nullable=False),
    Column("given_at", DateTime, nullable=False),
    UniqueConstraint("record_id", "event", "instrument", "repeat_instance", name="one_uid_of_an_instance"),
    UniqueConstraint("record_id", "event", "instrument", "uid", name="instance_given_once"),
    comment="The repeating instance that a lesion (uid: its Tracking UID) or a study (its Study Instance UID) has in a "
    "record of the registry; given once and kept. event: nothing in a project without events.",
)

registrations = Table(
    "registrations",
    metadata,
    Column("registration_id", Integer, primary_key=True),
    Column("prior_stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("current_stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("prior_tracking_uid", Text),
    Column("matrix", Text, nullable=False),
    Column("bone_share", Double, nullable=False),
    Column("similarity", Double, nullable=False),
    Column("carries", Boolean, nullable=False),
    Column("made_from", Text, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("software_version", Text, nullable=False),
    Index("registrations_of_pair", "prior_stack_id", "current_stack_id", "registration_id"),
    comment="Motions between two stacks, prior to current in LPS mm (matrix: JSON, 4 x 4): of the whole body, or of "
    "the neighborhood of a lesion (prior_tracking_uid); made_from: what they were found from; the newest rows count. "
    "Times are UTC.",
)

lesion_links = Table(
    "lesion_links",
    metadata,
    Column("link_id", Integer, primary_key=True),
    Column("prior_stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("current_stack_id", ForeignKey("stacks.stack_id"), nullable=False),
    Column("prior_tracking_uid", Text),
    Column("prior_revision_number", Integer),
    Column("current_tracking_uid", Text),
    Column("current_revision_number", Integer),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("reader", Outside),
    Column("made_at", DateTime, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("made_from", Text, nullable=False),
    Column("software_version", Text, nullable=False),
    Index("lesion_links_of_pair", "prior_stack_id", "current_stack_id", "link_id"),
    comment="Which lesion of a prior stack is which of a current stack, and what became of those that are none "
    "(state), with the revisions that were compared; detail: the change as JSON. A link is withdrawn by a row of its "
    "own; a reader's counts before the program's, then the newest. Times are UTC.",
)

chain = Table(
    "chain",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("table_name", Text, nullable=False),
    Column("row_id", Outside, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("mac", Text, nullable=False),
    Column("is_keyed", Boolean, nullable=False),
    Index("chain_of_row", "table_name", "row_id", "entry"),
    comment="The hash of each row when it was stored; mac covers the entry and the mac of the entry before it.",
)

_VIEWS = {
    "current_lesions": """
        SELECT * FROM lesion_revisions AS this
        WHERE NOT is_withdrawn AND NOT EXISTS (
            SELECT 1 FROM lesion_revisions AS later
            WHERE later.tracking_uid = this.tracking_uid AND later.stack_id = this.stack_id
              AND later.revision_number > this.revision_number)
    """,
    "current_reading_lesions": """
        SELECT * FROM reading_revisions AS this
        WHERE NOT is_withdrawn AND NOT EXISTS (
            SELECT 1 FROM reading_revisions AS later
            WHERE later.reading_id = this.reading_id AND later.tracking_uid = this.tracking_uid
              AND later.stack_id = this.stack_id AND later.revision_number > this.revision_number)
    """,
    "all_stacks": """
        SELECT stacks.study_uid, stacks.series_uid, stacks.stack_number, stacks.folder, stacks.is_gone, this.*
        FROM stacks JOIN outcomes AS this ON this.stack_id = stacks.stack_id
        WHERE NOT EXISTS (
            SELECT 1 FROM outcomes AS later
            WHERE later.stack_id = this.stack_id AND later.outcome_id > this.outcome_id)
    """,
    "current_stacks": "SELECT * FROM all_stacks WHERE NOT is_gone",
}

APPEND_ONLY = (
    "chain",
    "dicom_objects",
    "exports",
    "lesion_links",
    "lesion_revisions",
    "looks",
    "outcomes",
    "outlines",
    "reading_revisions",
    "reading_stacks",
    "readings",
    "registrations",
    "registry_instances",
    "remarks",
    "sent_objects",
)


def _view(name: str, *sources: Table) -> Table:
    """Describe the columns of a view, for queries."""
    columns = {column.name: column.type for table in sources for column in table.columns}
    return Table(name, MetaData(), *(Column(column, kind) for column, kind in columns.items()))


current_lesions = _view("current_lesions", lesion_revisions)
current_reading_lesions = _view("current_reading_lesions", reading_revisions)
all_stacks = _view("all_stacks", stacks, outcomes)
current_stacks = _view("current_stacks", stacks, outcomes)


@event.listens_for(metadata, "after_create")
def _create_views_and_guards(_: MetaData, connection: Connection, **__: object) -> None:
    for statement in views().values():
        connection.execute(text(statement))
    if connection.dialect.name == "postgresql":
        connection.execute(text(_REFUSE_CHANGE))
    for statement in guards_of(connection.dialect.name).values():
        connection.execute(text(statement))


_REFUSE_CHANGE = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''% is append-only'', TG_TABLE_NAME; END'"
)


def views() -> dict[str, str]:
    """Give the statement that makes each view."""
    return {name: f"CREATE VIEW {name} AS {select}" for name, select in _VIEWS.items()}


def guards_of(database: str) -> dict[str, str]:
    """Give the statement that makes each trigger in a kind of database ("sqlite", "postgresql")."""
    guards = {"sqlite": _guards_in_sqlite, "postgresql": _guards_in_postgresql}[database]
    return {name: statement for table in APPEND_ONLY for name, statement in guards(table)}


def _guards_in_sqlite(table: str) -> Iterator[tuple[str, str]]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for verb in ("UPDATE", "DELETE"):
        name = f"{table}_refuses_{verb.lower()}"
        yield name, f"CREATE TRIGGER {name} BEFORE {verb} ON {table} {refuse}"
    # INSERT OR REPLACE removes the row that is there without the trigger for DELETE.
    known = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{name} = NEW.{name}' for name in names)})"  # noqa: S608 - columns of the schema
        for names in _unique_keys(metadata.tables[table])
    )
    name = f"{table}_refuses_replacement"
    yield name, f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {known} {refuse}"


def _unique_keys(table: Table) -> list[list[str]]:
    """List the columns of each key that a table has once: first the primary key."""
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = [table.primary_key, *sorted(unique, key=lambda one: str(one.name))]
    return [[column.name for column in key.columns] for key in keys]


def _guards_in_postgresql(table: str) -> Iterator[tuple[str, str]]:
    name = f"{table}_is_append_only"
    yield (
        name,
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    )
