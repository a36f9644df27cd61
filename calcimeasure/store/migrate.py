"""Migration of a store from the schema of an earlier version to the present one, step by step.

The text of a step is never changed after the release of a version that contains it. So all versions migrate a store in
the same way. Nothing here depends on the present tables (`calcimeasure.store.schema`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

# A database stores the columns that "*" meant when a view was made. So if a table gets a column, its views are made
# again.
_DROP_VIEWS = ("DROP VIEW current_stacks", "DROP VIEW all_stacks", "DROP VIEW current_lesions")
_CREATE_VIEWS = (
    """
    CREATE VIEW current_lesions AS
        SELECT * FROM lesion_revisions AS this
        WHERE NOT is_withdrawn AND NOT EXISTS (
            SELECT 1 FROM lesion_revisions AS later
            WHERE later.tracking_uid = this.tracking_uid AND later.stack_id = this.stack_id
              AND later.revision_number > this.revision_number)
    """,
    """
    CREATE VIEW all_stacks AS
        SELECT stacks.study_uid, stacks.series_uid, stacks.stack_number, stacks.folder, stacks.is_gone, this.*
        FROM stacks JOIN outcomes AS this ON this.stack_id = stacks.stack_id
        WHERE NOT EXISTS (
            SELECT 1 FROM outcomes AS later
            WHERE later.stack_id = this.stack_id AND later.outcome_id > this.outcome_id)
    """,
    "CREATE VIEW current_stacks AS SELECT * FROM all_stacks WHERE NOT is_gone",
)

_TO_2_SQLITE = (
    *_DROP_VIEWS,
    "ALTER TABLE outcomes ADD COLUMN view_position TEXT",
    "ALTER TABLE outcomes ADD COLUMN patient_orientation TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN long_axis_px DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN long_axis_ends_px TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN short_axis_px DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN short_axis_ends_px TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN area_px DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN centroid_px TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN pixel_aspect DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN column_spacing_mm DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN spacing_source TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN mean_contrast DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN boundary DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN long_axis_u95_px DOUBLE",
    *_CREATE_VIEWS,
)
_TO_2_POSTGRESQL = (
    *_DROP_VIEWS,
    'ALTER TABLE outcomes ADD COLUMN view_position VARCHAR COLLATE "C"',
    'ALTER TABLE outcomes ADD COLUMN patient_orientation VARCHAR COLLATE "C"',
    "ALTER TABLE lesion_revisions ADD COLUMN long_axis_px DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN long_axis_ends_px TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN short_axis_px DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN short_axis_ends_px TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN area_px DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN centroid_px TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN pixel_aspect DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN column_spacing_mm DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN spacing_source TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN mean_contrast DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN boundary DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN long_axis_u95_px DOUBLE PRECISION",
    *_CREATE_VIEWS,
)

_TO_3_SQLITE = (
    """
    CREATE TABLE looks (
        look_id INTEGER NOT NULL,
        stack_id INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        reader TEXT NOT NULL,
        looked_at DATETIME NOT NULL,
        is_withdrawn BOOLEAN NOT NULL,
        PRIMARY KEY (look_id),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX looks_at_stack ON looks (stack_id, look_id)",
    "CREATE TRIGGER looks_refuses_update BEFORE UPDATE ON looks BEGIN SELECT RAISE(ABORT, 'looks is append-only'); END",
    "CREATE TRIGGER looks_refuses_delete BEFORE DELETE ON looks BEGIN SELECT RAISE(ABORT, 'looks is append-only'); END",
)
_TO_3_POSTGRESQL = (
    """
    CREATE TABLE looks (
        look_id SERIAL NOT NULL,
        stack_id INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        reader VARCHAR COLLATE "C" NOT NULL,
        looked_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        is_withdrawn BOOLEAN NOT NULL,
        PRIMARY KEY (look_id),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX looks_at_stack ON looks (stack_id, look_id)",
    "COMMENT ON TABLE looks IS 'Who looked through a stack as a whole, at which images, and when (UTC); "
    "a reader''s newest row counts.'",
    "CREATE TRIGGER looks_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON looks "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

STEPS: Mapping[int, Mapping[str, Sequence[str]]] = {
    # Radiographs: numbers in pixels, and the pixel spacing.
    1: {"sqlite": _TO_2_SQLITE, "postgresql": _TO_2_POSTGRESQL},
    # Readers who have seen a stack in which nothing was found.
    2: {"sqlite": _TO_3_SQLITE, "postgresql": _TO_3_POSTGRESQL},
}
"""For each schema version (from 1) and kind of database, the statements that migrate a store to the next version."""


def migrate(connection: Connection, found: int, wanted: int) -> None:
    """Bring a store to a later schema, inside the transaction of its connection.

    Parameters
    ----------
    connection
        A connection with an open transaction: either all steps are done or none.
    found, wanted
        The present and the wanted schema version.
    """
    for version in range(found, wanted):
        for statement in STEPS[version][connection.dialect.name]:
            connection.exec_driver_sql(statement)
    if found < wanted:
        noted = text("UPDATE about SET value = :version WHERE name = 'schema_version'")
        connection.execute(noted, {"version": str(wanted)})
