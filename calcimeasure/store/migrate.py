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

_TO_4_SQLITE = (
    *_DROP_VIEWS,
    "ALTER TABLE outcomes ADD COLUMN pixel_hash TEXT",
    "ALTER TABLE outcomes ADD COLUMN mask_hash TEXT",
    "ALTER TABLE outcomes ADD COLUMN notices TEXT",
    "ALTER TABLE outcomes ADD COLUMN person TEXT",
    "ALTER TABLE looks ADD COLUMN pixel_hash TEXT",
    "ALTER TABLE files ADD COLUMN size_bytes BIGINT",
    "ALTER TABLE files ADD COLUMN modified_ns BIGINT",
    """
    CREATE TABLE exports (
        export_id INTEGER NOT NULL,
        made_at DATETIME NOT NULL,
        made_by TEXT,
        what TEXT NOT NULL,
        is_identified BOOLEAN NOT NULL,
        destination TEXT NOT NULL,
        recipient TEXT,
        key_fingerprint TEXT,
        row_count INTEGER,
        file_count INTEGER,
        content_hash TEXT,
        software_version TEXT NOT NULL,
        PRIMARY KEY (export_id)
    )
    """,
    """
    CREATE TABLE chain (
        entry INTEGER NOT NULL,
        table_name TEXT NOT NULL,
        row_id TEXT NOT NULL,
        row_hash TEXT NOT NULL,
        mac TEXT NOT NULL,
        is_keyed BOOLEAN NOT NULL,
        PRIMARY KEY (entry)
    )
    """,
    "CREATE INDEX chain_of_row ON chain (table_name, row_id, entry)",
    "CREATE TRIGGER chain_refuses_update BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'chain is append-only'); END",
    "CREATE TRIGGER chain_refuses_delete BEFORE DELETE ON chain BEGIN SELECT RAISE(ABORT, 'chain is append-only'); END",
    "CREATE TRIGGER exports_refuses_update BEFORE UPDATE ON exports "
    "BEGIN SELECT RAISE(ABORT, 'exports is append-only'); END",
    "CREATE TRIGGER exports_refuses_delete BEFORE DELETE ON exports "
    "BEGIN SELECT RAISE(ABORT, 'exports is append-only'); END",
    """
    CREATE TRIGGER chain_refuses_replacement
    BEFORE INSERT ON chain
    WHEN EXISTS (SELECT 1 FROM chain WHERE entry = NEW.entry)
    BEGIN SELECT RAISE(ABORT, 'chain is append-only'); END
    """,
    """
    CREATE TRIGGER exports_refuses_replacement
    BEFORE INSERT ON exports
    WHEN EXISTS (SELECT 1 FROM exports WHERE export_id = NEW.export_id)
    BEGIN SELECT RAISE(ABORT, 'exports is append-only'); END
    """,
    """
    CREATE TRIGGER lesion_revisions_refuses_replacement
    BEFORE INSERT ON lesion_revisions
    WHEN EXISTS (SELECT 1 FROM lesion_revisions WHERE revision_id = NEW.revision_id)
        OR EXISTS (SELECT 1 FROM lesion_revisions WHERE stack_id = NEW.stack_id
            AND lesion_number = NEW.lesion_number AND revision_number = NEW.revision_number)
        OR EXISTS (SELECT 1 FROM lesion_revisions WHERE tracking_uid = NEW.tracking_uid
            AND stack_id = NEW.stack_id AND revision_number = NEW.revision_number)
    BEGIN SELECT RAISE(ABORT, 'lesion_revisions is append-only'); END
    """,
    """
    CREATE TRIGGER looks_refuses_replacement
    BEFORE INSERT ON looks
    WHEN EXISTS (SELECT 1 FROM looks WHERE look_id = NEW.look_id)
    BEGIN SELECT RAISE(ABORT, 'looks is append-only'); END
    """,
    """
    CREATE TRIGGER outcomes_refuses_replacement
    BEFORE INSERT ON outcomes
    WHEN EXISTS (SELECT 1 FROM outcomes WHERE outcome_id = NEW.outcome_id)
    BEGIN SELECT RAISE(ABORT, 'outcomes is append-only'); END
    """,
    """
    CREATE TRIGGER outlines_refuses_replacement
    BEFORE INSERT ON outlines
    WHEN EXISTS (SELECT 1 FROM outlines WHERE outline_hash = NEW.outline_hash)
    BEGIN SELECT RAISE(ABORT, 'outlines is append-only'); END
    """,
    *_CREATE_VIEWS,
)
_TO_4_POSTGRESQL = (
    *_DROP_VIEWS,
    "ALTER TABLE outcomes ADD COLUMN pixel_hash TEXT",
    "ALTER TABLE outcomes ADD COLUMN mask_hash TEXT",
    "ALTER TABLE outcomes ADD COLUMN notices TEXT",
    'ALTER TABLE outcomes ADD COLUMN person VARCHAR COLLATE "C"',
    "ALTER TABLE looks ADD COLUMN pixel_hash TEXT",
    "ALTER TABLE files ADD COLUMN size_bytes BIGINT",
    "ALTER TABLE files ADD COLUMN modified_ns BIGINT",
    """
    CREATE TABLE exports (
        export_id SERIAL NOT NULL,
        made_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        made_by VARCHAR COLLATE "C",
        what TEXT NOT NULL,
        is_identified BOOLEAN NOT NULL,
        destination VARCHAR COLLATE "C" NOT NULL,
        recipient VARCHAR COLLATE "C",
        key_fingerprint TEXT,
        row_count INTEGER,
        file_count INTEGER,
        content_hash TEXT,
        software_version TEXT NOT NULL,
        PRIMARY KEY (export_id)
    )
    """,
    """
    CREATE TABLE chain (
        entry INTEGER NOT NULL,
        table_name TEXT NOT NULL,
        row_id VARCHAR COLLATE "C" NOT NULL,
        row_hash TEXT NOT NULL,
        mac TEXT NOT NULL,
        is_keyed BOOLEAN NOT NULL,
        PRIMARY KEY (entry)
    )
    """,
    "CREATE INDEX chain_of_row ON chain (table_name, row_id, entry)",
    "COMMENT ON TABLE about IS 'What there is one of: schema_version, store_id, fingerprint and place of the key for "
    "pseudonyms.'",
    "COMMENT ON TABLE exports IS 'What left the store, when (UTC), for whom and where to; what: the format and the "
    "tables.'",
    "COMMENT ON TABLE chain IS 'The hash of each row when it was stored; mac covers the entry and the mac of the entry "
    "before it.'",
    "CREATE TRIGGER chain_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON chain "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER exports_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exports "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    *_CREATE_VIEWS,
)

_TO_5_SQLITE = (
    *_DROP_VIEWS,
    "ALTER TABLE lesion_revisions ADD COLUMN parts INTEGER",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_ml DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_u95_ml DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN fill_fraction DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN morphology TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN morphology_confidence DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN fluid_level BOOLEAN",
    "ALTER TABLE lesion_revisions ADD COLUMN skin_distance_mm DOUBLE",
    *_CREATE_VIEWS,
)
_TO_5_POSTGRESQL = (
    *_DROP_VIEWS,
    "ALTER TABLE lesion_revisions ADD COLUMN parts INTEGER",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_ml DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_u95_ml DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN fill_fraction DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN morphology TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN morphology_confidence DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN fluid_level BOOLEAN",
    "ALTER TABLE lesion_revisions ADD COLUMN skin_distance_mm DOUBLE PRECISION",
    *_CREATE_VIEWS,
)

_TO_6_SQLITE = (
    *_DROP_VIEWS,
    "ALTER TABLE lesion_revisions ADD COLUMN canal TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN canal_narrowed_percent DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_px DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_u95_px DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_mm2 DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_u95_mm2 DOUBLE",
    "ALTER TABLE lesion_revisions ADD COLUMN morphology_source TEXT",
    *_CREATE_VIEWS,
)
_TO_6_POSTGRESQL = (
    *_DROP_VIEWS,
    "ALTER TABLE lesion_revisions ADD COLUMN canal TEXT",
    "ALTER TABLE lesion_revisions ADD COLUMN canal_narrowed_percent DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_px DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_u95_px DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_mm2 DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN envelope_u95_mm2 DOUBLE PRECISION",
    "ALTER TABLE lesion_revisions ADD COLUMN morphology_source TEXT",
    *_CREATE_VIEWS,
)

_TO_7_SQLITE = (
    """
    CREATE TABLE remarks (
        remark_id INTEGER NOT NULL,
        stack_id INTEGER NOT NULL,
        tracking_uid TEXT NOT NULL,
        kind TEXT NOT NULL,
        reader TEXT NOT NULL,
        made_at DATETIME NOT NULL,
        said TEXT NOT NULL,
        is_withdrawn BOOLEAN NOT NULL,
        PRIMARY KEY (remark_id),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX remarks_on_lesion ON remarks (stack_id, tracking_uid, remark_id)",
    "CREATE TRIGGER remarks_refuses_update BEFORE UPDATE ON remarks BEGIN SELECT RAISE(ABORT, 'remarks is append-"
    "only'); END",
    "CREATE TRIGGER remarks_refuses_delete BEFORE DELETE ON remarks BEGIN SELECT RAISE(ABORT, 'remarks is append-"
    "only'); END",
    "CREATE TRIGGER remarks_refuses_replacement BEFORE INSERT ON remarks WHEN EXISTS (SELECT 1 FROM remarks WHERE "
    "remark_id = NEW.remark_id) BEGIN SELECT RAISE(ABORT, 'remarks is append-only'); END",
    """
    CREATE TABLE dicom_objects (
        object_id INTEGER NOT NULL,
        stack_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        part TEXT NOT NULL,
        key_fingerprint TEXT NOT NULL,
        study_uid TEXT NOT NULL,
        series_uid TEXT NOT NULL,
        sop_instance_uid TEXT NOT NULL,
        instance_number INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        is_preliminary BOOLEAN NOT NULL,
        predecessor_uid TEXT,
        segmentation_uid TEXT,
        written_at DATETIME NOT NULL,
        software_version TEXT NOT NULL,
        PRIMARY KEY (object_id),
        CONSTRAINT object_once UNIQUE (sop_instance_uid),
        CONSTRAINT one_object_of_an_instance_number UNIQUE (stack_id, kind, part, key_fingerprint, instance_number),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE TRIGGER dicom_objects_refuses_update BEFORE UPDATE ON dicom_objects BEGIN SELECT RAISE(ABORT, "
    "'dicom_objects is append-only'); END",
    "CREATE TRIGGER dicom_objects_refuses_delete BEFORE DELETE ON dicom_objects BEGIN SELECT RAISE(ABORT, "
    "'dicom_objects is append-only'); END",
    "CREATE TRIGGER dicom_objects_refuses_replacement BEFORE INSERT ON dicom_objects WHEN EXISTS (SELECT 1 FROM "
    "dicom_objects WHERE object_id = NEW.object_id) OR EXISTS (SELECT 1 FROM dicom_objects WHERE sop_instance_uid = "
    "NEW.sop_instance_uid) OR EXISTS (SELECT 1 FROM dicom_objects WHERE stack_id = NEW.stack_id AND kind = NEW.kind "
    "AND part = NEW.part AND key_fingerprint = NEW.key_fingerprint AND instance_number = NEW.instance_number) BEGIN "
    "SELECT RAISE(ABORT, 'dicom_objects is append-only'); END",
    """
    CREATE TABLE sent_objects (
        sending_id INTEGER NOT NULL,
        sop_instance_uid TEXT NOT NULL,
        archive TEXT NOT NULL,
        sent_at DATETIME NOT NULL,
        PRIMARY KEY (sending_id),
        CONSTRAINT sent_once UNIQUE (sop_instance_uid, archive)
    )
    """,
    "CREATE TRIGGER sent_objects_refuses_update BEFORE UPDATE ON sent_objects BEGIN SELECT RAISE(ABORT, "
    "'sent_objects is append-only'); END",
    "CREATE TRIGGER sent_objects_refuses_delete BEFORE DELETE ON sent_objects BEGIN SELECT RAISE(ABORT, "
    "'sent_objects is append-only'); END",
    "CREATE TRIGGER sent_objects_refuses_replacement BEFORE INSERT ON sent_objects WHEN EXISTS (SELECT 1 FROM "
    "sent_objects WHERE sending_id = NEW.sending_id) OR EXISTS (SELECT 1 FROM sent_objects WHERE sop_instance_uid = "
    "NEW.sop_instance_uid AND archive = NEW.archive) BEGIN SELECT RAISE(ABORT, 'sent_objects is append-only'); END",
    """
    CREATE TABLE registry_instances (
        registry_instance_id INTEGER NOT NULL,
        record_id TEXT NOT NULL,
        event TEXT NOT NULL,
        instrument TEXT NOT NULL,
        repeat_instance INTEGER NOT NULL,
        uid TEXT NOT NULL,
        given_at DATETIME NOT NULL,
        PRIMARY KEY (registry_instance_id),
        CONSTRAINT one_uid_of_an_instance UNIQUE (record_id, event, instrument, repeat_instance),
        CONSTRAINT instance_given_once UNIQUE (record_id, event, instrument, uid)
    )
    """,
    "CREATE TRIGGER registry_instances_refuses_update BEFORE UPDATE ON registry_instances BEGIN SELECT RAISE(ABORT, "
    "'registry_instances is append-only'); END",
    "CREATE TRIGGER registry_instances_refuses_delete BEFORE DELETE ON registry_instances BEGIN SELECT RAISE(ABORT, "
    "'registry_instances is append-only'); END",
    "CREATE TRIGGER registry_instances_refuses_replacement BEFORE INSERT ON registry_instances WHEN EXISTS (SELECT 1"
    " FROM registry_instances WHERE registry_instance_id = NEW.registry_instance_id) OR EXISTS (SELECT 1 FROM "
    "registry_instances WHERE record_id = NEW.record_id AND event = NEW.event AND instrument = NEW.instrument AND "
    "uid = NEW.uid) OR EXISTS (SELECT 1 FROM registry_instances WHERE record_id = NEW.record_id AND event = "
    "NEW.event AND instrument = NEW.instrument AND repeat_instance = NEW.repeat_instance) BEGIN SELECT RAISE(ABORT, "
    "'registry_instances is append-only'); END",
)
_TO_7_POSTGRESQL = (
    """
    CREATE TABLE remarks (
        remark_id SERIAL NOT NULL,
        stack_id INTEGER NOT NULL,
        tracking_uid TEXT NOT NULL,
        kind TEXT NOT NULL,
        reader VARCHAR COLLATE "C" NOT NULL,
        made_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        said VARCHAR COLLATE "C" NOT NULL,
        is_withdrawn BOOLEAN NOT NULL,
        PRIMARY KEY (remark_id),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX remarks_on_lesion ON remarks (stack_id, tracking_uid, remark_id)",
    "COMMENT ON TABLE remarks IS 'What readers noted about a lesion (kind note) and where they want a second reader "
    "(kind unsure), with the time (UTC); of each reader and kind the newest row of a lesion counts.'",
    "CREATE TRIGGER remarks_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON remarks FOR EACH STATEMENT EXECUTE"
    " FUNCTION refuse_change()",
    """
    CREATE TABLE dicom_objects (
        object_id SERIAL NOT NULL,
        stack_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        part TEXT NOT NULL,
        key_fingerprint TEXT NOT NULL,
        study_uid VARCHAR COLLATE "C" NOT NULL,
        series_uid VARCHAR COLLATE "C" NOT NULL,
        sop_instance_uid VARCHAR COLLATE "C" NOT NULL,
        instance_number INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        is_preliminary BOOLEAN NOT NULL,
        predecessor_uid VARCHAR COLLATE "C",
        segmentation_uid VARCHAR COLLATE "C",
        written_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        software_version TEXT NOT NULL,
        PRIMARY KEY (object_id),
        CONSTRAINT object_once UNIQUE (sop_instance_uid),
        CONSTRAINT one_object_of_an_instance_number UNIQUE (stack_id, kind, part, key_fingerprint, instance_number),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "COMMENT ON TABLE dicom_objects IS 'DICOM objects written about a stack: kind seg or sr; part: which lesions; "
    "key_fingerprint: the key of its UIDs and pseudonyms, or nothing if it is identified; predecessor_uid: the "
    "object that it replaces; segmentation_uid: the SEG that an SR refers to. Times are UTC.'",
    "CREATE TRIGGER dicom_objects_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dicom_objects FOR EACH "
    "STATEMENT EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE sent_objects (
        sending_id SERIAL NOT NULL,
        sop_instance_uid VARCHAR COLLATE "C" NOT NULL,
        archive VARCHAR COLLATE "C" NOT NULL,
        sent_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        PRIMARY KEY (sending_id),
        CONSTRAINT sent_once UNIQUE (sop_instance_uid, archive)
    )
    """,
    "COMMENT ON TABLE sent_objects IS 'Which DICOM objects an archive has taken, and when first (UTC).'",
    "CREATE TRIGGER sent_objects_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sent_objects FOR EACH "
    "STATEMENT EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE registry_instances (
        registry_instance_id SERIAL NOT NULL,
        record_id VARCHAR COLLATE "C" NOT NULL,
        event VARCHAR COLLATE "C" NOT NULL,
        instrument TEXT NOT NULL,
        repeat_instance INTEGER NOT NULL,
        uid VARCHAR COLLATE "C" NOT NULL,
        given_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        PRIMARY KEY (registry_instance_id),
        CONSTRAINT one_uid_of_an_instance UNIQUE (record_id, event, instrument, repeat_instance),
        CONSTRAINT instance_given_once UNIQUE (record_id, event, instrument, uid)
    )
    """,
    "COMMENT ON TABLE registry_instances IS 'The repeating instance that a lesion (uid: its Tracking UID) or a study"
    " (its Study Instance UID) has in a record of the registry; given once and kept. event: nothing in a project "
    "without events.'",
    "CREATE TRIGGER registry_instances_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_instances FOR "
    "EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

_TO_8_SQLITE = (
    """
    CREATE TABLE registrations (
        registration_id INTEGER NOT NULL,
        prior_stack_id INTEGER NOT NULL,
        current_stack_id INTEGER NOT NULL,
        prior_tracking_uid TEXT,
        matrix TEXT NOT NULL,
        bone_share DOUBLE NOT NULL,
        similarity DOUBLE NOT NULL,
        carries BOOLEAN NOT NULL,
        made_from TEXT NOT NULL,
        made_at DATETIME NOT NULL,
        software_version TEXT NOT NULL,
        PRIMARY KEY (registration_id),
        FOREIGN KEY(prior_stack_id) REFERENCES stacks (stack_id),
        FOREIGN KEY(current_stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX registrations_of_pair ON registrations (prior_stack_id, current_stack_id, registration_id)",
    "CREATE TRIGGER registrations_refuses_update BEFORE UPDATE ON registrations BEGIN SELECT RAISE(ABORT,"
    " 'registrations is append-only'); END",
    "CREATE TRIGGER registrations_refuses_delete BEFORE DELETE ON registrations BEGIN SELECT RAISE(ABORT,"
    " 'registrations is append-only'); END",
    "CREATE TRIGGER registrations_refuses_replacement BEFORE INSERT ON registrations WHEN EXISTS (SELECT "
    "1 FROM registrations WHERE registration_id = NEW.registration_id) BEGIN SELECT RAISE(ABORT, "
    "'registrations is append-only'); END",
    """
    CREATE TABLE lesion_links (
        link_id INTEGER NOT NULL,
        prior_stack_id INTEGER NOT NULL,
        current_stack_id INTEGER NOT NULL,
        prior_tracking_uid TEXT,
        prior_revision_number INTEGER,
        current_tracking_uid TEXT,
        current_revision_number INTEGER,
        state TEXT NOT NULL,
        source TEXT NOT NULL,
        confidence DOUBLE NOT NULL,
        reader TEXT,
        made_at DATETIME NOT NULL,
        is_withdrawn BOOLEAN NOT NULL,
        detail TEXT NOT NULL,
        made_from TEXT NOT NULL,
        software_version TEXT NOT NULL,
        PRIMARY KEY (link_id),
        FOREIGN KEY(prior_stack_id) REFERENCES stacks (stack_id),
        FOREIGN KEY(current_stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX lesion_links_of_pair ON lesion_links (prior_stack_id, current_stack_id, link_id)",
    "CREATE TRIGGER lesion_links_refuses_update BEFORE UPDATE ON lesion_links BEGIN SELECT RAISE(ABORT, "
    "'lesion_links is append-only'); END",
    "CREATE TRIGGER lesion_links_refuses_delete BEFORE DELETE ON lesion_links BEGIN SELECT RAISE(ABORT, "
    "'lesion_links is append-only'); END",
    "CREATE TRIGGER lesion_links_refuses_replacement BEFORE INSERT ON lesion_links WHEN EXISTS (SELECT 1 "
    "FROM lesion_links WHERE link_id = NEW.link_id) BEGIN SELECT RAISE(ABORT, 'lesion_links is "
    "append-only'); END",
)

_TO_8_POSTGRESQL = (
    """
    CREATE TABLE registrations (
        registration_id SERIAL NOT NULL,
        prior_stack_id INTEGER NOT NULL,
        current_stack_id INTEGER NOT NULL,
        prior_tracking_uid TEXT,
        matrix TEXT NOT NULL,
        bone_share DOUBLE PRECISION NOT NULL,
        similarity DOUBLE PRECISION NOT NULL,
        carries BOOLEAN NOT NULL,
        made_from TEXT NOT NULL,
        made_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        software_version TEXT NOT NULL,
        PRIMARY KEY (registration_id),
        FOREIGN KEY(prior_stack_id) REFERENCES stacks (stack_id),
        FOREIGN KEY(current_stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX registrations_of_pair ON registrations (prior_stack_id, current_stack_id, registration_id)",
    "COMMENT ON TABLE registrations IS 'Motions between two stacks, prior to current in LPS mm (matrix: "
    "JSON, 4 x 4): of the whole body, or of the neighborhood of a lesion (prior_tracking_uid); made_from: what "
    "they were found from; the newest rows count. Times are UTC.'",
    "CREATE TRIGGER registrations_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registrations FOR"
    " EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    """
    CREATE TABLE lesion_links (
        link_id SERIAL NOT NULL,
        prior_stack_id INTEGER NOT NULL,
        current_stack_id INTEGER NOT NULL,
        prior_tracking_uid TEXT,
        prior_revision_number INTEGER,
        current_tracking_uid TEXT,
        current_revision_number INTEGER,
        state TEXT NOT NULL,
        source TEXT NOT NULL,
        confidence DOUBLE PRECISION NOT NULL,
        reader VARCHAR COLLATE "C",
        made_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
        is_withdrawn BOOLEAN NOT NULL,
        detail TEXT NOT NULL,
        made_from TEXT NOT NULL,
        software_version TEXT NOT NULL,
        PRIMARY KEY (link_id),
        FOREIGN KEY(prior_stack_id) REFERENCES stacks (stack_id),
        FOREIGN KEY(current_stack_id) REFERENCES stacks (stack_id)
    )
    """,
    "CREATE INDEX lesion_links_of_pair ON lesion_links (prior_stack_id, current_stack_id, link_id)",
    "COMMENT ON TABLE lesion_links IS 'Which lesion of a prior stack is which of a current stack, and "
    "what became of those that are none (state), with the revisions that were compared; detail: the "
    "change as JSON. A link is withdrawn by a row of its own; a reader''s counts before the program''s, "
    "then the newest. Times are UTC.'",
    "CREATE TRIGGER lesion_links_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lesion_links FOR "
    "EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

_TO_9 = (
    """
    CREATE TABLE readings (
        reading_id {serial} NOT NULL, name {outside} NOT NULL, kind TEXT NOT NULL, reader {outside},
        is_blinded BOOLEAN NOT NULL, is_blank BOOLEAN NOT NULL, first_base_id INTEGER, second_base_id INTEGER,
        begun_at {time}, PRIMARY KEY (reading_id), CONSTRAINT reading_once UNIQUE (name),
        FOREIGN KEY(first_base_id) REFERENCES readings (reading_id),
        FOREIGN KEY(second_base_id) REFERENCES readings (reading_id)
    )
    """,
    """
    CREATE TABLE reading_stacks (
        reading_stack_id {serial} NOT NULL, reading_id INTEGER NOT NULL, stack_id INTEGER NOT NULL,
        outcome_id INTEGER NOT NULL, begun_at {time} NOT NULL, PRIMARY KEY (reading_stack_id),
        CONSTRAINT stack_begun_once UNIQUE (reading_id, stack_id),
        FOREIGN KEY(reading_id) REFERENCES readings (reading_id), FOREIGN KEY(stack_id) REFERENCES stacks (stack_id),
        FOREIGN KEY(outcome_id) REFERENCES outcomes (outcome_id)
    )
    """,
    """
    CREATE TABLE reading_revisions (
        revision_id {serial} NOT NULL, stack_id INTEGER NOT NULL, run_id INTEGER, tracking_uid TEXT NOT NULL,
        revision_number INTEGER NOT NULL, base_revision_number INTEGER, lesion_number INTEGER NOT NULL,
        made_at {time} NOT NULL, made_by {outside}, why {outside} NOT NULL, edit_uid TEXT,
        is_withdrawn BOOLEAN NOT NULL, outline_hash TEXT NOT NULL, status TEXT NOT NULL, algorithm_type TEXT NOT NULL,
        reader {outside}, reviewed_at {time}, tissue TEXT, tissue_confidence {double}, laterality TEXT,
        laterality_source TEXT, laterality_confidence {double}, laterality_conflict BOOLEAN, laterality_hint TEXT,
        laterality_evidence {outside}, distance_to_midline_mm {double}, site TEXT, site_source TEXT,
        site_detail {outside}, long_axis_mm {double}, long_axis_ends_lps_mm TEXT, short_axis_mm {double},
        short_axis_ends_lps_mm TEXT, max_3d_diameter_mm {double}, max_3d_diameter_ends_lps_mm TEXT,
        long_axis_slice INTEGER, long_axis_sop_uid {outside}, long_axis_instance_number INTEGER, centroid_lps_mm TEXT,
        extents_lps_mm TEXT, truncated BOOLEAN, touches_bone BOOLEAN, bone_contact_mm2 {double}, large BOOLEAN,
        mean_hu {double}, median_hu {double}, sd_hu {double}, max_hu {double}, volume_ml {double},
        volume_mesh_ml {double}, volume_voxels_ml {double}, surface_area_mm2 {double}, sphericity {double},
        area_mm2 {double}, boundary_hu {double}, long_axis_u95_mm {double}, max_3d_diameter_u95_mm {double},
        volume_u95_ml {double}, long_axis_px {double}, long_axis_ends_px TEXT, short_axis_px {double},
        short_axis_ends_px TEXT, area_px {double}, centroid_px TEXT, pixel_aspect {double},
        column_spacing_mm {double}, spacing_source TEXT, mean_contrast {double}, boundary {double},
        long_axis_u95_px {double}, parts INTEGER, envelope_ml {double}, envelope_u95_ml {double},
        envelope_mm2 {double}, envelope_u95_mm2 {double}, fill_fraction {double}, morphology TEXT,
        morphology_confidence {double}, morphology_source TEXT, fluid_level BOOLEAN, skin_distance_mm {double},
        canal TEXT, canal_narrowed_percent {double}, envelope_px {double}, envelope_u95_px {double},
        measurement_notices TEXT NOT NULL, notices TEXT NOT NULL, settings_hash TEXT NOT NULL,
        software_version TEXT NOT NULL, reading_id INTEGER NOT NULL, PRIMARY KEY (revision_id),
        CONSTRAINT one_revision_of_a_base_in_a_reading UNIQUE (reading_id, tracking_uid, stack_id, revision_number),
        CONSTRAINT number_given_once_in_a_reading UNIQUE (reading_id, stack_id, lesion_number, revision_number),
        FOREIGN KEY(stack_id) REFERENCES stacks (stack_id), FOREIGN KEY(run_id) REFERENCES runs (run_id),
        FOREIGN KEY(outline_hash) REFERENCES outlines (outline_hash),
        FOREIGN KEY(reading_id) REFERENCES readings (reading_id)
    )
    """,
    "CREATE INDEX reading_worklist ON reading_revisions (reading_id, stack_id, tracking_uid, revision_number)",
    "ALTER TABLE looks ADD COLUMN reading_id INTEGER REFERENCES readings (reading_id)",
    "ALTER TABLE exports ADD COLUMN reading_id INTEGER REFERENCES readings (reading_id)",
    "ALTER TABLE remarks ADD COLUMN reading_id INTEGER REFERENCES readings (reading_id)",
    "CREATE VIEW current_reading_lesions AS SELECT * FROM reading_revisions AS this WHERE NOT is_withdrawn AND "
    "NOT EXISTS ( SELECT 1 FROM reading_revisions AS later WHERE later.reading_id = this.reading_id AND "
    "later.tracking_uid = this.tracking_uid AND later.stack_id = this.stack_id AND later.revision_number > "
    "this.revision_number)",
    "INSERT INTO readings (name, kind, is_blinded, is_blank) VALUES ('clinical', 'clinical', false, false)",
)
_TO_9_SQLITE = (
    *(one.format(serial="INTEGER", time="DATETIME", double="DOUBLE", outside="TEXT") for one in _TO_9),
    "CREATE TRIGGER reading_revisions_refuses_update BEFORE UPDATE ON reading_revisions BEGIN SELECT RAISE(ABORT,"
    " 'reading_revisions is append-only'); END",
    "CREATE TRIGGER reading_revisions_refuses_delete BEFORE DELETE ON reading_revisions BEGIN SELECT RAISE(ABORT,"
    " 'reading_revisions is append-only'); END",
    "CREATE TRIGGER reading_revisions_refuses_replacement BEFORE INSERT ON reading_revisions WHEN EXISTS (SELECT "
    "1 FROM reading_revisions WHERE revision_id = NEW.revision_id) OR EXISTS (SELECT 1 FROM reading_revisions "
    "WHERE reading_id = NEW.reading_id AND stack_id = NEW.stack_id AND lesion_number = NEW.lesion_number AND "
    "revision_number = NEW.revision_number) OR EXISTS (SELECT 1 FROM reading_revisions WHERE reading_id = "
    "NEW.reading_id AND tracking_uid = NEW.tracking_uid AND stack_id = NEW.stack_id AND revision_number = "
    "NEW.revision_number) BEGIN SELECT RAISE(ABORT, 'reading_revisions is append-only'); END",
    "CREATE TRIGGER reading_stacks_refuses_update BEFORE UPDATE ON reading_stacks BEGIN SELECT RAISE(ABORT, "
    "'reading_stacks is append-only'); END",
    "CREATE TRIGGER reading_stacks_refuses_delete BEFORE DELETE ON reading_stacks BEGIN SELECT RAISE(ABORT, "
    "'reading_stacks is append-only'); END",
    "CREATE TRIGGER reading_stacks_refuses_replacement BEFORE INSERT ON reading_stacks WHEN EXISTS (SELECT 1 FROM"
    " reading_stacks WHERE reading_stack_id = NEW.reading_stack_id) OR EXISTS (SELECT 1 FROM reading_stacks WHERE"
    " reading_id = NEW.reading_id AND stack_id = NEW.stack_id) BEGIN SELECT RAISE(ABORT, 'reading_stacks is "
    "append-only'); END",
    "CREATE TRIGGER readings_refuses_update BEFORE UPDATE ON readings BEGIN SELECT RAISE(ABORT, 'readings is "
    "append-only'); END",
    "CREATE TRIGGER readings_refuses_delete BEFORE DELETE ON readings BEGIN SELECT RAISE(ABORT, 'readings is "
    "append-only'); END",
    "CREATE TRIGGER readings_refuses_replacement BEFORE INSERT ON readings WHEN EXISTS (SELECT 1 FROM readings "
    "WHERE reading_id = NEW.reading_id) OR EXISTS (SELECT 1 FROM readings WHERE name = NEW.name) BEGIN SELECT "
    "RAISE(ABORT, 'readings is append-only'); END",
)
_TO_9_POSTGRESQL = (
    *(
        one.format(
            serial="SERIAL",
            time="TIMESTAMP WITHOUT TIME ZONE",
            double="DOUBLE PRECISION",
            outside='VARCHAR COLLATE "C"',
        )
        for one in _TO_9
    ),
    "CREATE TRIGGER reading_revisions_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reading_revisions FOR"
    " EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER reading_stacks_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reading_stacks FOR EACH "
    "STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER readings_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON readings FOR EACH STATEMENT "
    "EXECUTE FUNCTION refuse_change()",
    "COMMENT ON TABLE readings IS 'Readings of the stacks, each independent: kind clinical (the first row), study"
    " or consensus; is_blinded: it shows nothing of other readings; is_blank: it began without proposals; a "
    "consensus begins with two others (first_base_id, second_base_id). Times are UTC.'",
    "COMMENT ON TABLE reading_stacks IS 'The outcome of each stack with which a reading other than the clinical "
    "one began. Times are UTC.'",
    "COMMENT ON TABLE reading_revisions IS 'As lesion_revisions, of the readings other than the clinical one. A "
    "reading begins with the proposals of the program (made_by is empty). Times are UTC.'",
    "COMMENT ON TABLE looks IS 'Who looked through a stack as a whole, at which images, and when (UTC); a "
    "reader''s newest row counts. reading_id: empty for the clinical reading.'",
    "COMMENT ON TABLE exports IS 'What left the store, when (UTC), for whom and where to; what: the format and "
    "the tables. reading_id: empty for the clinical reading.'",
    "COMMENT ON TABLE remarks IS 'What readers noted about a lesion (kind note) and where they want a second "
    "reader (kind unsure), with the time (UTC); of each reader and kind the newest row of a lesion counts. "
    "reading_id: empty for the clinical reading.'",
)

STEPS: Mapping[int, Mapping[str, Sequence[str]]] = {
    # Radiographs: numbers in pixels, and the pixel spacing.
    1: {"sqlite": _TO_2_SQLITE, "postgresql": _TO_2_POSTGRESQL},
    # Readers who have seen a stack in which nothing was found.
    2: {"sqlite": _TO_3_SQLITE, "postgresql": _TO_3_POSTGRESQL},
    # The contents of images and masks, who is imaged, what left the store, and a chain of the hashes of all rows.
    3: {"sqlite": _TO_4_SQLITE, "postgresql": _TO_4_POSTGRESQL},
    # Masses of several pieces: their envelope, look, fluid-calcium level and distance from the skin.
    4: {"sqlite": _TO_5_SQLITE, "postgresql": _TO_5_POSTGRESQL},
    # The vertebral canal, the envelope on radiographs, and who named the look of a mass.
    5: {"sqlite": _TO_6_SQLITE, "postgresql": _TO_6_POSTGRESQL},
    # Remarks of readers, DICOM objects that were written and sent, and the repeating instances of a registry.
    6: {"sqlite": _TO_7_SQLITE, "postgresql": _TO_7_POSTGRESQL},
    # Motions between two dates, and which lesions of two dates are one mass.
    7: {"sqlite": _TO_8_SQLITE, "postgresql": _TO_8_POSTGRESQL},
    # Readings: the decisions until now are the clinical one; others have rows of their own.
    8: {"sqlite": _TO_9_SQLITE, "postgresql": _TO_9_POSTGRESQL},
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
