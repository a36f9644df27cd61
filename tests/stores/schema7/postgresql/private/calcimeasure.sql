CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$;





CREATE TABLE public.about (
    name text NOT NULL,
    value text NOT NULL
);



COMMENT ON TABLE public.about IS 'What there is one of: schema_version, store_id, fingerprint and place of the key for pseudonyms.';



CREATE TABLE public.outcomes (
    outcome_id integer NOT NULL,
    stack_id integer NOT NULL,
    run_id integer NOT NULL,
    made_at timestamp without time zone NOT NULL,
    state text NOT NULL,
    reason text,
    message character varying COLLATE pg_catalog."C",
    traceback character varying COLLATE pg_catalog."C",
    seconds double precision NOT NULL,
    settings_hash text NOT NULL,
    software_version text NOT NULL,
    content_hash text NOT NULL,
    modality character varying NOT NULL COLLATE pg_catalog."C",
    root character varying NOT NULL COLLATE pg_catalog."C",
    path character varying NOT NULL COLLATE pg_catalog."C",
    image_count integer NOT NULL,
    patient_id character varying COLLATE pg_catalog."C",
    study_date date,
    series_number integer,
    description character varying COLLATE pg_catalog."C",
    slice_thickness_mm double precision,
    kvp double precision,
    convolution_kernel character varying COLLATE pg_catalog."C",
    contrast_agent boolean,
    frame_of_reference_uid character varying COLLATE pg_catalog."C",
    row_spacing_mm double precision,
    column_spacing_mm double precision,
    slice_spacing_mm double precision,
    midline_normal text,
    midline_offset_mm double precision,
    midline_uncertainty_mm double precision,
    midline_quality double precision,
    midline_is_between_limbs boolean,
    view_position character varying COLLATE pg_catalog."C",
    patient_orientation character varying COLLATE pg_catalog."C",
    pixel_hash text,
    mask_hash text,
    notices text,
    person character varying COLLATE pg_catalog."C"
);



COMMENT ON TABLE public.outcomes IS 'What each run made of a stack, with what its headers say; the newest row of a stack counts.';



CREATE TABLE public.stacks (
    stack_id integer NOT NULL,
    study_uid character varying NOT NULL COLLATE pg_catalog."C",
    series_uid character varying NOT NULL COLLATE pg_catalog."C",
    stack_number integer NOT NULL,
    folder character varying NOT NULL COLLATE pg_catalog."C",
    is_gone boolean NOT NULL
);



COMMENT ON TABLE public.stacks IS 'Each grid of each series. folder tells series without a UID apart; is_gone: its series no longer has it.';



CREATE VIEW public.all_stacks AS
 SELECT stacks.study_uid,
    stacks.series_uid,
    stacks.stack_number,
    stacks.folder,
    stacks.is_gone,
    this.outcome_id,
    this.stack_id,
    this.run_id,
    this.made_at,
    this.state,
    this.reason,
    this.message,
    this.traceback,
    this.seconds,
    this.settings_hash,
    this.software_version,
    this.content_hash,
    this.modality,
    this.root,
    this.path,
    this.image_count,
    this.patient_id,
    this.study_date,
    this.series_number,
    this.description,
    this.slice_thickness_mm,
    this.kvp,
    this.convolution_kernel,
    this.contrast_agent,
    this.frame_of_reference_uid,
    this.row_spacing_mm,
    this.column_spacing_mm,
    this.slice_spacing_mm,
    this.midline_normal,
    this.midline_offset_mm,
    this.midline_uncertainty_mm,
    this.midline_quality,
    this.midline_is_between_limbs,
    this.view_position,
    this.patient_orientation,
    this.pixel_hash,
    this.mask_hash,
    this.notices,
    this.person
   FROM (public.stacks
     JOIN public.outcomes this ON ((this.stack_id = stacks.stack_id)))
  WHERE (NOT (EXISTS ( SELECT 1
           FROM public.outcomes later
          WHERE ((later.stack_id = this.stack_id) AND (later.outcome_id > this.outcome_id)))));



CREATE TABLE public.chain (
    entry integer NOT NULL,
    table_name text NOT NULL,
    row_id character varying NOT NULL COLLATE pg_catalog."C",
    row_hash text NOT NULL,
    mac text NOT NULL,
    is_keyed boolean NOT NULL
);



COMMENT ON TABLE public.chain IS 'The hash of each row when it was stored; mac covers the entry and the mac of the entry before it.';



CREATE TABLE public.lesion_revisions (
    revision_id integer NOT NULL,
    stack_id integer NOT NULL,
    run_id integer,
    tracking_uid text NOT NULL,
    revision_number integer NOT NULL,
    base_revision_number integer,
    lesion_number integer NOT NULL,
    made_at timestamp without time zone NOT NULL,
    made_by character varying COLLATE pg_catalog."C",
    why character varying NOT NULL COLLATE pg_catalog."C",
    edit_uid text,
    is_withdrawn boolean NOT NULL,
    outline_hash text NOT NULL,
    status text NOT NULL,
    algorithm_type text NOT NULL,
    reader character varying COLLATE pg_catalog."C",
    reviewed_at timestamp without time zone,
    tissue text,
    tissue_confidence double precision,
    laterality text,
    laterality_source text,
    laterality_confidence double precision,
    laterality_conflict boolean,
    laterality_hint text,
    laterality_evidence character varying COLLATE pg_catalog."C",
    distance_to_midline_mm double precision,
    site text,
    site_source text,
    site_detail character varying COLLATE pg_catalog."C",
    long_axis_mm double precision,
    long_axis_ends_lps_mm text,
    short_axis_mm double precision,
    short_axis_ends_lps_mm text,
    max_3d_diameter_mm double precision,
    max_3d_diameter_ends_lps_mm text,
    long_axis_slice integer,
    long_axis_sop_uid character varying COLLATE pg_catalog."C",
    long_axis_instance_number integer,
    centroid_lps_mm text,
    extents_lps_mm text,
    truncated boolean,
    touches_bone boolean,
    bone_contact_mm2 double precision,
    large boolean,
    mean_hu double precision,
    median_hu double precision,
    sd_hu double precision,
    max_hu double precision,
    volume_ml double precision,
    volume_mesh_ml double precision,
    volume_voxels_ml double precision,
    surface_area_mm2 double precision,
    sphericity double precision,
    area_mm2 double precision,
    boundary_hu double precision,
    long_axis_u95_mm double precision,
    max_3d_diameter_u95_mm double precision,
    volume_u95_ml double precision,
    long_axis_px double precision,
    long_axis_ends_px text,
    short_axis_px double precision,
    short_axis_ends_px text,
    area_px double precision,
    centroid_px text,
    pixel_aspect double precision,
    column_spacing_mm double precision,
    spacing_source text,
    mean_contrast double precision,
    boundary double precision,
    long_axis_u95_px double precision,
    parts integer,
    envelope_ml double precision,
    envelope_u95_ml double precision,
    envelope_mm2 double precision,
    envelope_u95_mm2 double precision,
    fill_fraction double precision,
    morphology text,
    morphology_confidence double precision,
    morphology_source text,
    fluid_level boolean,
    skin_distance_mm double precision,
    canal text,
    canal_narrowed_percent double precision,
    envelope_px double precision,
    envelope_u95_px double precision,
    measurement_notices text NOT NULL,
    notices text NOT NULL,
    settings_hash text NOT NULL,
    software_version text NOT NULL
);



COMMENT ON TABLE public.lesion_revisions IS 'Every state that every lesion ever had, each complete; the newest of a lesion counts. Times are UTC.';



CREATE VIEW public.current_lesions AS
 SELECT this.revision_id,
    this.stack_id,
    this.run_id,
    this.tracking_uid,
    this.revision_number,
    this.base_revision_number,
    this.lesion_number,
    this.made_at,
    this.made_by,
    this.why,
    this.edit_uid,
    this.is_withdrawn,
    this.outline_hash,
    this.status,
    this.algorithm_type,
    this.reader,
    this.reviewed_at,
    this.tissue,
    this.tissue_confidence,
    this.laterality,
    this.laterality_source,
    this.laterality_confidence,
    this.laterality_conflict,
    this.laterality_hint,
    this.laterality_evidence,
    this.distance_to_midline_mm,
    this.site,
    this.site_source,
    this.site_detail,
    this.long_axis_mm,
    this.long_axis_ends_lps_mm,
    this.short_axis_mm,
    this.short_axis_ends_lps_mm,
    this.max_3d_diameter_mm,
    this.max_3d_diameter_ends_lps_mm,
    this.long_axis_slice,
    this.long_axis_sop_uid,
    this.long_axis_instance_number,
    this.centroid_lps_mm,
    this.extents_lps_mm,
    this.truncated,
    this.touches_bone,
    this.bone_contact_mm2,
    this.large,
    this.mean_hu,
    this.median_hu,
    this.sd_hu,
    this.max_hu,
    this.volume_ml,
    this.volume_mesh_ml,
    this.volume_voxels_ml,
    this.surface_area_mm2,
    this.sphericity,
    this.area_mm2,
    this.boundary_hu,
    this.long_axis_u95_mm,
    this.max_3d_diameter_u95_mm,
    this.volume_u95_ml,
    this.long_axis_px,
    this.long_axis_ends_px,
    this.short_axis_px,
    this.short_axis_ends_px,
    this.area_px,
    this.centroid_px,
    this.pixel_aspect,
    this.column_spacing_mm,
    this.spacing_source,
    this.mean_contrast,
    this.boundary,
    this.long_axis_u95_px,
    this.parts,
    this.envelope_ml,
    this.envelope_u95_ml,
    this.envelope_mm2,
    this.envelope_u95_mm2,
    this.fill_fraction,
    this.morphology,
    this.morphology_confidence,
    this.morphology_source,
    this.fluid_level,
    this.skin_distance_mm,
    this.canal,
    this.canal_narrowed_percent,
    this.envelope_px,
    this.envelope_u95_px,
    this.measurement_notices,
    this.notices,
    this.settings_hash,
    this.software_version
   FROM public.lesion_revisions this
  WHERE ((NOT this.is_withdrawn) AND (NOT (EXISTS ( SELECT 1
           FROM public.lesion_revisions later
          WHERE ((later.tracking_uid = this.tracking_uid) AND (later.stack_id = this.stack_id) AND (later.revision_number > this.revision_number))))));



CREATE VIEW public.current_stacks AS
 SELECT all_stacks.study_uid,
    all_stacks.series_uid,
    all_stacks.stack_number,
    all_stacks.folder,
    all_stacks.is_gone,
    all_stacks.outcome_id,
    all_stacks.stack_id,
    all_stacks.run_id,
    all_stacks.made_at,
    all_stacks.state,
    all_stacks.reason,
    all_stacks.message,
    all_stacks.traceback,
    all_stacks.seconds,
    all_stacks.settings_hash,
    all_stacks.software_version,
    all_stacks.content_hash,
    all_stacks.modality,
    all_stacks.root,
    all_stacks.path,
    all_stacks.image_count,
    all_stacks.patient_id,
    all_stacks.study_date,
    all_stacks.series_number,
    all_stacks.description,
    all_stacks.slice_thickness_mm,
    all_stacks.kvp,
    all_stacks.convolution_kernel,
    all_stacks.contrast_agent,
    all_stacks.frame_of_reference_uid,
    all_stacks.row_spacing_mm,
    all_stacks.column_spacing_mm,
    all_stacks.slice_spacing_mm,
    all_stacks.midline_normal,
    all_stacks.midline_offset_mm,
    all_stacks.midline_uncertainty_mm,
    all_stacks.midline_quality,
    all_stacks.midline_is_between_limbs,
    all_stacks.view_position,
    all_stacks.patient_orientation,
    all_stacks.pixel_hash,
    all_stacks.mask_hash,
    all_stacks.notices,
    all_stacks.person
   FROM public.all_stacks
  WHERE (NOT all_stacks.is_gone);



CREATE TABLE public.dicom_objects (
    object_id integer NOT NULL,
    stack_id integer NOT NULL,
    kind text NOT NULL,
    part text NOT NULL,
    key_fingerprint text NOT NULL,
    study_uid character varying NOT NULL COLLATE pg_catalog."C",
    series_uid character varying NOT NULL COLLATE pg_catalog."C",
    sop_instance_uid character varying NOT NULL COLLATE pg_catalog."C",
    instance_number integer NOT NULL,
    content_hash text NOT NULL,
    is_preliminary boolean NOT NULL,
    predecessor_uid character varying COLLATE pg_catalog."C",
    segmentation_uid character varying COLLATE pg_catalog."C",
    written_at timestamp without time zone NOT NULL,
    software_version text NOT NULL
);



COMMENT ON TABLE public.dicom_objects IS 'DICOM objects written about a stack: kind seg or sr; part: which lesions; key_fingerprint: the key of its UIDs and pseudonyms, or nothing if it is identified; predecessor_uid: the object that it replaces; segmentation_uid: the SEG that an SR refers to. Times are UTC.';



CREATE SEQUENCE public.dicom_objects_object_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.dicom_objects_object_id_seq OWNED BY public.dicom_objects.object_id;



CREATE TABLE public.exports (
    export_id integer NOT NULL,
    made_at timestamp without time zone NOT NULL,
    made_by character varying COLLATE pg_catalog."C",
    what text NOT NULL,
    is_identified boolean NOT NULL,
    destination character varying NOT NULL COLLATE pg_catalog."C",
    recipient character varying COLLATE pg_catalog."C",
    key_fingerprint text,
    row_count integer,
    file_count integer,
    content_hash text,
    software_version text NOT NULL
);



COMMENT ON TABLE public.exports IS 'What left the store, when (UTC), for whom and where to; what: the format and the tables.';



CREATE SEQUENCE public.exports_export_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.exports_export_id_seq OWNED BY public.exports.export_id;



CREATE TABLE public.files (
    stack_id integer NOT NULL,
    slice_number integer NOT NULL,
    root character varying NOT NULL COLLATE pg_catalog."C",
    path character varying NOT NULL COLLATE pg_catalog."C",
    member character varying COLLATE pg_catalog."C",
    frame_number integer NOT NULL,
    sop_uid character varying NOT NULL COLLATE pg_catalog."C",
    instance_number integer,
    size_bytes bigint,
    modified_ns bigint
);



COMMENT ON TABLE public.files IS 'Where the images of a stack lie, in slice order from 0; member: inside a .zip.';



CREATE SEQUENCE public.lesion_revisions_revision_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.lesion_revisions_revision_id_seq OWNED BY public.lesion_revisions.revision_id;



CREATE TABLE public.looks (
    look_id integer NOT NULL,
    stack_id integer NOT NULL,
    content_hash text NOT NULL,
    reader character varying NOT NULL COLLATE pg_catalog."C",
    looked_at timestamp without time zone NOT NULL,
    is_withdrawn boolean NOT NULL,
    pixel_hash text
);



COMMENT ON TABLE public.looks IS 'Who looked through a stack as a whole, at which images, and when (UTC); a reader''s newest row counts.';



CREATE SEQUENCE public.looks_look_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.looks_look_id_seq OWNED BY public.looks.look_id;



CREATE SEQUENCE public.outcomes_outcome_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.outcomes_outcome_id_seq OWNED BY public.outcomes.outcome_id;



CREATE TABLE public.outlines (
    outline_hash text NOT NULL,
    start_k integer NOT NULL,
    start_j integer NOT NULL,
    start_i integer NOT NULL,
    stop_k integer NOT NULL,
    stop_j integer NOT NULL,
    stop_i integer NOT NULL,
    packed_bits bytea NOT NULL
);



COMMENT ON TABLE public.outlines IS 'Masks: the box in the stack (slice k, row j, column i), its voxels as bits (numpy.packbits), by zlib.';



CREATE TABLE public.record_ids (
    patient_id character varying NOT NULL COLLATE pg_catalog."C",
    record_id character varying NOT NULL COLLATE pg_catalog."C"
);



COMMENT ON TABLE public.record_ids IS 'The registry''s id of a patient (--record-map).';



CREATE TABLE public.registry_instances (
    registry_instance_id integer NOT NULL,
    record_id character varying NOT NULL COLLATE pg_catalog."C",
    event character varying NOT NULL COLLATE pg_catalog."C",
    instrument text NOT NULL,
    repeat_instance integer NOT NULL,
    uid character varying NOT NULL COLLATE pg_catalog."C",
    given_at timestamp without time zone NOT NULL
);



COMMENT ON TABLE public.registry_instances IS 'The repeating instance that a lesion (uid: its Tracking UID) or a study (its Study Instance UID) has in a record of the registry; given once and kept. event: nothing in a project without events.';



CREATE SEQUENCE public.registry_instances_registry_instance_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.registry_instances_registry_instance_id_seq OWNED BY public.registry_instances.registry_instance_id;



CREATE TABLE public.remarks (
    remark_id integer NOT NULL,
    stack_id integer NOT NULL,
    tracking_uid text NOT NULL,
    kind text NOT NULL,
    reader character varying NOT NULL COLLATE pg_catalog."C",
    made_at timestamp without time zone NOT NULL,
    said character varying NOT NULL COLLATE pg_catalog."C",
    is_withdrawn boolean NOT NULL
);



COMMENT ON TABLE public.remarks IS 'What readers noted about a lesion (kind note) and where they want a second reader (kind unsure), with the time (UTC); of each reader and kind the newest row of a lesion counts.';



CREATE SEQUENCE public.remarks_remark_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.remarks_remark_id_seq OWNED BY public.remarks.remark_id;



CREATE TABLE public.runs (
    run_id integer NOT NULL,
    begun_at timestamp without time zone NOT NULL,
    ended_at timestamp without time zone,
    paths text NOT NULL,
    settings_toml text NOT NULL,
    software_version text NOT NULL
);



COMMENT ON TABLE public.runs IS 'One row a call of calcimeasure measure; ended_at is empty where it was killed. Times are UTC.';



CREATE SEQUENCE public.runs_run_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.runs_run_id_seq OWNED BY public.runs.run_id;



CREATE TABLE public.sent_objects (
    sending_id integer NOT NULL,
    sop_instance_uid character varying NOT NULL COLLATE pg_catalog."C",
    archive character varying NOT NULL COLLATE pg_catalog."C",
    sent_at timestamp without time zone NOT NULL
);



COMMENT ON TABLE public.sent_objects IS 'Which DICOM objects an archive has taken, and when first (UTC).';



CREATE SEQUENCE public.sent_objects_sending_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.sent_objects_sending_id_seq OWNED BY public.sent_objects.sending_id;



CREATE TABLE public.settings_used (
    settings_hash text NOT NULL,
    settings_toml text NOT NULL
);



COMMENT ON TABLE public.settings_used IS 'The settings that numbers were computed with.';



CREATE SEQUENCE public.stacks_stack_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.stacks_stack_id_seq OWNED BY public.stacks.stack_id;



CREATE TABLE public.thumbnails (
    tracking_uid text NOT NULL,
    outline_hash text NOT NULL,
    png bytea NOT NULL
);



COMMENT ON TABLE public.thumbnails IS 'A picture of a lesion on the slice of its long axis.';



CREATE TABLE public.unreadable_files (
    file_id integer NOT NULL,
    run_id integer NOT NULL,
    root character varying NOT NULL COLLATE pg_catalog."C",
    path character varying NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL,
    message character varying NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    is_gone boolean NOT NULL
);



COMMENT ON TABLE public.unreadable_files IS 'Files that claim to be DICOM and cannot be read. is_gone: a later run did not find them so again.';



CREATE SEQUENCE public.unreadable_files_file_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.unreadable_files_file_id_seq OWNED BY public.unreadable_files.file_id;



ALTER TABLE ONLY public.dicom_objects ALTER COLUMN object_id SET DEFAULT nextval('public.dicom_objects_object_id_seq'::regclass);



ALTER TABLE ONLY public.exports ALTER COLUMN export_id SET DEFAULT nextval('public.exports_export_id_seq'::regclass);



ALTER TABLE ONLY public.lesion_revisions ALTER COLUMN revision_id SET DEFAULT nextval('public.lesion_revisions_revision_id_seq'::regclass);



ALTER TABLE ONLY public.looks ALTER COLUMN look_id SET DEFAULT nextval('public.looks_look_id_seq'::regclass);



ALTER TABLE ONLY public.outcomes ALTER COLUMN outcome_id SET DEFAULT nextval('public.outcomes_outcome_id_seq'::regclass);



ALTER TABLE ONLY public.registry_instances ALTER COLUMN registry_instance_id SET DEFAULT nextval('public.registry_instances_registry_instance_id_seq'::regclass);



ALTER TABLE ONLY public.remarks ALTER COLUMN remark_id SET DEFAULT nextval('public.remarks_remark_id_seq'::regclass);



ALTER TABLE ONLY public.runs ALTER COLUMN run_id SET DEFAULT nextval('public.runs_run_id_seq'::regclass);



ALTER TABLE ONLY public.sent_objects ALTER COLUMN sending_id SET DEFAULT nextval('public.sent_objects_sending_id_seq'::regclass);



ALTER TABLE ONLY public.stacks ALTER COLUMN stack_id SET DEFAULT nextval('public.stacks_stack_id_seq'::regclass);



ALTER TABLE ONLY public.unreadable_files ALTER COLUMN file_id SET DEFAULT nextval('public.unreadable_files_file_id_seq'::regclass);



INSERT INTO public.about VALUES ('schema_version', '7');
INSERT INTO public.about VALUES ('store_id', '3a7d4e28-631d-4410-8367-4684e90e2acb');
INSERT INTO public.about VALUES ('key_fingerprint', '6e4d893c2cce1b32');
INSERT INTO public.about VALUES ('key_place', '/data/calcinosis/pseudonyms.key');



INSERT INTO public.chain VALUES (1, 'about', 'schema_version', 'dab8c186511e147ab9a6ae0e2b9a349f', 'df3c0d73aac4cee471352fa853a5bd6b', false);
INSERT INTO public.chain VALUES (2, 'about', 'store_id', 'abe925d6b308305730df066d33c0d165', '13b1c7daa5d71e07de937674a9917910', false);
INSERT INTO public.chain VALUES (3, 'chain', '', '', '5163b43839a17ffba560763d78119256', true);
INSERT INTO public.chain VALUES (4, 'about', 'key_fingerprint', '64b53aa48651ef81c8ab8d646bfee1de', '2b6c6a1f36a69cf976826af3f70d7e55', true);
INSERT INTO public.chain VALUES (5, 'about', 'key_place', '919ef634306c44f4a4acbe300cb0a340', 'ee242bca18905df2d148aed6391737fd', true);
INSERT INTO public.chain VALUES (6, 'record_ids', 'CALCI-1', 'dd337615477e42cc62f5c3ffe9447d30', '95e57b13a108f0c63b2d34d105815a4e', true);
INSERT INTO public.chain VALUES (7, 'record_ids', 'CALCI-3', '09677a18edd82b3a780460d256c12df0', 'c109211cc68efe60a8a3becbea2b7e01', true);
INSERT INTO public.chain VALUES (8, 'runs', '1', 'c7db66e794656850868b52c6788f3311', 'fed87b6b9f39a4488196783fd13d0227', true);
INSERT INTO public.chain VALUES (9, 'settings_used', '856cfbdae0f6', 'fb9f540af100a5c35887b9a6c8d25451', 'e7368a1d8b1d84190bbf71bbe25edc30', true);
INSERT INTO public.chain VALUES (10, 'unreadable_files', '1', '97d0ac9bcbcb95b8dc17ca0b2e962a65', '2f083e6bd698c15cb154738d17a78bc0', true);
INSERT INTO public.chain VALUES (11, 'files', '1', '8d58a7220e958ecc5b6242e9e7da3cc6', '03fdee2380d212e9f3b056efd7db6200', true);
INSERT INTO public.chain VALUES (12, 'outcomes', '1', 'ebe667b80b588adca4e78e165f1faba3', 'd5a425240e1cc01709621f830a6ac24a', true);
INSERT INTO public.chain VALUES (13, 'stacks', '1', 'e0b900d47673464cae4ab1fcd6fe1cfe', 'f8fd7339e761b36a844638587ca21938', true);
INSERT INTO public.chain VALUES (14, 'files', '2', 'bcb6e5be28f6a618c47325f71dc09c3e', 'df317399a48d9ff6b68bf59497b0cac9', true);
INSERT INTO public.chain VALUES (15, 'outcomes', '2', '75575e54e397366198302f964255b361', '83611d3ac752c532296fcd602d7eec46', true);
INSERT INTO public.chain VALUES (16, 'stacks', '2', '817cf8daf96c56969bf4d9cef665e8c4', '18daf299b42b03229ad2f0894fefd2f4', true);
INSERT INTO public.chain VALUES (17, 'files', '3', '3125309e219d1be23aa1731abf6ec707', 'c79da760d34c43aa76d0695d2e3ff16c', true);
INSERT INTO public.chain VALUES (18, 'lesion_revisions', '1', '6196442c64f7d3285302be6cc90c51d1', '7486f1400cf4b68665bec683e5904bf8', true);
INSERT INTO public.chain VALUES (19, 'lesion_revisions', '2', '500d25a04d26fba2e4f50546f149802a', 'e9794be6052219b6cdff54c2562001db', true);
INSERT INTO public.chain VALUES (20, 'outcomes', '3', '9f22fe3e071488a7a139b6a2ebd6f313', '72492063cbe1f0cf81827d2a598ee625', true);
INSERT INTO public.chain VALUES (21, 'outlines', '6ba7aedf5c29e504ea2b2bcd879ca63c', 'd09dfd96456170250cfd67350775976f', '2f4206e29aaea57264b8655795d0e7b6', true);
INSERT INTO public.chain VALUES (22, 'outlines', 'c7a94bad6927083f88a6479553c75c0e', 'c1e6cc14e1b563796732972dbaab4455', 'c1a562e84e65d7e52d9bdd61bbbf0924', true);
INSERT INTO public.chain VALUES (23, 'stacks', '3', '9f796bbdb6dc833acaaa3cc843d8e4c5', 'b060922ff5939330576cbbbdbddfdb4f', true);
INSERT INTO public.chain VALUES (24, 'thumbnails', '2.25.19852388069410633441424762749712198860', '0027eb14e2352e5e3cb435d91aa1c41b', '4f84dad4406f143c2d0a5c964d7c0870', true);
INSERT INTO public.chain VALUES (25, 'thumbnails', '2.25.210748420118641270869531087809751486009', 'ca5fef415e7b43d759682c42c7452828', 'd5d197d83049ed05f4353bb07b08f131', true);
INSERT INTO public.chain VALUES (26, 'files', '4', '0b10f4531753bc929442152e397c68f3', 'b36a186bc1bc2850b18e9948291ab25b', true);
INSERT INTO public.chain VALUES (27, 'outcomes', '4', '7a25e81c4de908358b54934aeb378540', 'd2e96723561dd69cbd3270fce87d3c94', true);
INSERT INTO public.chain VALUES (28, 'stacks', '4', '8e8bac09a5abc507055d93193216e3f0', 'e281ef0817007431067ff762046f0990', true);
INSERT INTO public.chain VALUES (29, 'runs', '1', '8a4c2a23a6bdd113f2daac88f77c8cbc', '28565b21da8cd9f7fb8836b6f7b272e5', true);
INSERT INTO public.chain VALUES (30, 'lesion_revisions', '3', 'b8dc8476e313c99b432269cbb2f15990', '8b528ee093599781bf1f88e6c1d81476', false);
INSERT INTO public.chain VALUES (31, 'lesion_revisions', '4', '6b466fed9767a802804d9111ad9f9231', 'b49bdcf81e1c01a206c88427ef0f1b01', false);
INSERT INTO public.chain VALUES (32, 'lesion_revisions', '5', '3a1c060b3b5347c0d651b9ae84adfe84', '26de383267f943a01bc5c795bcfc29ba', false);
INSERT INTO public.chain VALUES (33, 'lesion_revisions', '6', '34c487415fe2b8d096ddc909b66c726e', '065c6dda6022e4519062216682600cf9', false);
INSERT INTO public.chain VALUES (34, 'lesion_revisions', '7', '79998b45660cb8ea9110d3277a05c7f5', 'e84b9967969b5716243bbcaf12734dda', false);
INSERT INTO public.chain VALUES (35, 'lesion_revisions', '8', 'c75e462e36b836c0c5f062b863ec28f9', '5b2011568e2ffa13ed50fce162cb46f4', false);
INSERT INTO public.chain VALUES (36, 'outlines', '08e76c7c56b3a65854f82baed036eb29', '1cfb33c898f1dd955a8d0807caaa852a', 'bda0c789df5a38349e5fbc0c8227920d', false);
INSERT INTO public.chain VALUES (37, 'outlines', '86ca3e493144496b03aa5926e980a8b7', '2f5e574ce577d8f7cf3de90b059efedf', '59bacd12be4e3adda3717f6a273afdbd', false);
INSERT INTO public.chain VALUES (38, 'lesion_revisions', '9', '7a5401ebcaf1fc2a1099195b790e601a', 'e8097b272d2f19c5b24721e80025798e', false);
INSERT INTO public.chain VALUES (39, 'lesion_revisions', '10', '8576751c327a4ef56bc565eb4aabfd66', '2da8c318a12d3f1695f410ce22e59baf', false);
INSERT INTO public.chain VALUES (40, 'lesion_revisions', '11', '4d87ec7accc561443171fc2654139d75', '1addf885742a80390ee3f7dafdf5fd13', false);
INSERT INTO public.chain VALUES (41, 'outlines', '84413d5e7dc1a2ff51edec14bde02c6f', 'abbcf7ba064aca38ddbba20d03bc08b6', 'd3a658beea9b53c581d67b987a0e7fb2', false);
INSERT INTO public.chain VALUES (42, 'lesion_revisions', '12', '1b93de267de7bdb6fba0ba64a04094dd', 'abd7ce5ca7d9e8d942101818cdfa4aaa', false);
INSERT INTO public.chain VALUES (43, 'lesion_revisions', '13', '212c2d1637419903e0378476326b9532', 'a95ce3f47098564ebd5125b5f1f5fc62', false);
INSERT INTO public.chain VALUES (44, 'outlines', 'd5b40b3eb310908f756d6b6b2dcd8bce', '8191e69c030608584be70d3a37797481', 'f372e61f4557b8dae5cd221989d4c8c0', false);
INSERT INTO public.chain VALUES (45, 'lesion_revisions', '14', '0badd83ce3da01cab5497666a40e9b3c', '78d47348cd57a3367031361b35cfc9bb', false);
INSERT INTO public.chain VALUES (46, 'outlines', 'f301b8d50ed70316dbc78c9d7785750c', '160028f8bd6c4687a2404ce13d5e8c08', '6c9ee57a94020331267d54336978a0fc', false);
INSERT INTO public.chain VALUES (47, 'lesion_revisions', '15', 'c8280ee34942b55331d9c1289ec6d128', '46f2d20b282e31017f587659d4ce7b93', false);
INSERT INTO public.chain VALUES (48, 'lesion_revisions', '16', '0cc0560caf01fc34d8f05940e6db9cf1', '74455b78d1acbda5712778766862fc7a', false);
INSERT INTO public.chain VALUES (49, 'outlines', '0fb0b35372bf98173fab7cfe83c1a83f', 'b116b816c0abf2bf90c6c54c8fbb2c28', '314f0b70057fd97a42cf9f5b075caf15', false);
INSERT INTO public.chain VALUES (50, 'lesion_revisions', '17', '623b28d91ec8a2363543715a2a1b6417', 'ea96efff69db58f08fe198a25bfd601a', false);
INSERT INTO public.chain VALUES (51, 'lesion_revisions', '18', 'bd6bc14c5b3eeef77c92dfa05394dee1', '6c280b279390fb5b0740f48eb806bda7', false);
INSERT INTO public.chain VALUES (52, 'lesion_revisions', '19', 'fdfe8e7e458356e7df5adddf56e8ff98', 'ff86c73de1558fdbc1ce5a6fbc67d63c', false);
INSERT INTO public.chain VALUES (53, 'outlines', '0c90c6ab5dcdbfc4ed586880c532a933', '03295b51654066d6ec83cb74ac626311', '6decaaf79e2f0efba302596c5b673081', false);
INSERT INTO public.chain VALUES (54, 'lesion_revisions', '20', 'b9fd0bb3165e9b280f95080f3695c1a8', '7dcf878f4bfc08e378e904f2ea1ad84a', false);
INSERT INTO public.chain VALUES (55, 'lesion_revisions', '21', '460ab06098dfe824ad0d072125f3ed50', '9379c7a9fbcea9288e6537d5822ace25', false);
INSERT INTO public.chain VALUES (56, 'lesion_revisions', '22', '03ea05d2222068e61656fc39f599b892', 'aaa859c0079ac9b81c1b01ab240268c1', false);
INSERT INTO public.chain VALUES (57, 'looks', '1', 'f9b44803f5a59bd7193b1c4471b9b63a', 'e7f2e0ffeb4b7dc7cbb8fd1d5cd157c1', false);
INSERT INTO public.chain VALUES (58, 'looks', '2', '9a73fc5cab25af4691b4e5acbe3ad2d8', 'a7f41b180f591f39d251142cf512c98a', false);
INSERT INTO public.chain VALUES (59, 'looks', '3', '57c12565fb5e6aa48334208f9fa86879', '69ff48968a188bf5979d191790014cf5', false);
INSERT INTO public.chain VALUES (60, 'runs', '2', '17f38c0fdd4803648d86230d88eef663', '66ece974455eafecf005a41e3390d259', true);
INSERT INTO public.chain VALUES (61, 'settings_used', '363f1e59a89c', '0ea5320234ddfa1b6ceed6c6184c0b46', 'f293011f048d6172cdb582e201139b50', true);
INSERT INTO public.chain VALUES (62, 'unreadable_files', '1', '3833265108aa438b8143f6eaeaac88a3', '3e82a4042b3fa74dbc92276af1a0b877', true);
INSERT INTO public.chain VALUES (63, 'unreadable_files', '2', '227d7731973d8f60177eeac1f26b15ce', 'd350651b86e4c3056b7a7e65d8984d8a', true);
INSERT INTO public.chain VALUES (64, 'outcomes', '5', '068fec2c921d6d07fef031c9675a1873', '2ee00eb994c750b79494d1acd1208b68', true);
INSERT INTO public.chain VALUES (65, 'lesion_revisions', '23', '22f9ba25dfae68d55b5b7f7f86fd2369', '99e1c71ce9683d8d948386a5d6e5e005', true);
INSERT INTO public.chain VALUES (66, 'outcomes', '6', '9e6fc34595b1c2c972941a8a6a0dc15f', '99754528c2e273396f5c2e65c4c909b0', true);
INSERT INTO public.chain VALUES (67, 'thumbnails', '2.25.10591835639464868723210862490739110627', '18289ffe61f0c75e218073eca583ac18', '5773908686d3638a1c9081ac23aae16c', true);
INSERT INTO public.chain VALUES (68, 'lesion_revisions', '24', 'ecb0c9cdb9b9ddb8930d578f9033e9d9', 'd19a81ab62a32dcddca02f306e98b397', true);
INSERT INTO public.chain VALUES (69, 'lesion_revisions', '25', '2055e62d6143fcbdaf9b1222e46d64a7', 'd72df797a107f65494999d39fa1c1c5c', true);
INSERT INTO public.chain VALUES (70, 'lesion_revisions', '26', 'ac4857c23c58aabc947aac1a16c7483f', '6d01009d9233b4c2f314efb5e0746473', true);
INSERT INTO public.chain VALUES (71, 'outcomes', '7', 'adc018f10fa0184b648675104cb35ebf', '0b12bb2b6509422032bd2124b94b359c', true);
INSERT INTO public.chain VALUES (72, 'thumbnails', '2.25.250499507689722501599301580759133119527', '40a94a08fa7a3fab6b7cbb00d5c1f5bb', 'a10732b28cd86d6709a44ffb9d370a67', true);
INSERT INTO public.chain VALUES (73, 'runs', '2', '8116fbbc280193eaeb14067bae009ec6', '4f1bdaacf7b444bd398a3842ccec96b9', true);
INSERT INTO public.chain VALUES (74, 'lesion_revisions', '27', '8640d2aad6fb08468259b71abb61a985', 'd4689c53ac1247a760013bd8d9108f9e', false);
INSERT INTO public.chain VALUES (75, 'exports', '1', '4d91515877677bb887855aeb0aca1d94', '2edc7becfe08c48a0150cfdb84348d0e', true);
INSERT INTO public.chain VALUES (76, 'exports', '2', 'e6d8494e2219d96ab207c91353fdc825', '2d7fb32dd2ac78a9ff127a5dab7038de', true);
INSERT INTO public.chain VALUES (77, 'exports', '3', '5c71557ac57dc5ddbef24279d6cfcbc0', 'f0ef1a6f6e81db9045ab970586fcb10c', true);
INSERT INTO public.chain VALUES (78, 'exports', '4', 'fb2d9ae877a69c42fb1860b62b7b2c88', 'c075e1f4682cb9fc76a4f021d9421180', true);






INSERT INTO public.exports VALUES (1, '2026-11-30 11:52:08.917952', 'root', 'export csv: studies.csv', false, '/data/calcinosis/results/studies.csv', NULL, '6e4d893c2cce1b32', 3, 1, '8c73f1c6f758bda713b52c4fac87b47ae05f3ee83be58509a97403eef7550ecf', '0.1.0');
INSERT INTO public.exports VALUES (2, '2026-11-30 11:52:08.944461', 'root', 'export csv: lesions.csv', false, '/data/calcinosis/results/lesions.csv', NULL, '6e4d893c2cce1b32', 3, 1, 'ef78db7b9d6f9764d83e39187858037f857e1204d96ae64a329c619001e8c95c', '0.1.0');
INSERT INTO public.exports VALUES (3, '2026-11-30 11:52:12.42939', 'root', 'export csv: identified.csv', true, '/data/calcinosis/identified/identified.csv', NULL, NULL, 3, 1, 'be1a0797ada86e153802a6ba7dd72c0f69af5329e99b20904ea82748e1f2f87c', '0.1.0');
INSERT INTO public.exports VALUES (4, '2026-11-30 11:52:15.93725', 'root', 'export revisions: all.csv', true, '/data/calcinosis/identified/all.csv', NULL, NULL, 27, 1, '1c880efd711ccde393feee17a8f75fc5e6d10ea45f5dae6766024853054a60c1', '0.1.0');



INSERT INTO public.files VALUES (1, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00000.dcm', 0, '1.2.826.0.1.3680043.8.498.23327212472855633696964151342731282795', 1, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (1, 1, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00001.dcm', 0, '1.2.826.0.1.3680043.8.498.55245664487561056737697388924019532102', 2, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (1, 2, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00002.dcm', 0, '1.2.826.0.1.3680043.8.498.48015047834178164818427242479992434818', 4, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (1, 3, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00003.dcm', 0, '1.2.826.0.1.3680043.8.498.53771608169188472219480741595850024679', 5, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (1, 4, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00004.dcm', 0, '1.2.826.0.1.3680043.8.498.30483087714849969841507594350894197742', 6, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (2, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00000.dcm', 0, '1.2.826.0.1.3680043.8.498.33293782960798228329022898428216387479', 1, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (2, 1, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00001.dcm', 0, '1.2.826.0.1.3680043.8.498.83862256148986590903789741099249146858', 2, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (2, 2, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00002.dcm', 0, '1.2.826.0.1.3680043.8.498.64930026822010764304498978458169196462', 3, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (2, 3, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00003.dcm', 0, '1.2.826.0.1.3680043.8.498.53571809675721541958629562237484158543', 4, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (2, 4, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00004.dcm', 0, '1.2.826.0.1.3680043.8.498.49544332893640915593299357329287301560', 5, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (2, 5, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00005.dcm', 0, '1.2.826.0.1.3680043.8.498.66799772281436892913353880345243933229', 6, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (4, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'film/DX.dcm', 0, '2.25.33', 1, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (3, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00000.dcm', 0, '1.2.826.0.1.3680043.8.498.11715888281164466944279427678660047812', 1, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (3, 1, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00001.dcm', 0, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (3, 2, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00002.dcm', 0, '1.2.826.0.1.3680043.8.498.49697136149396052525744400796052112277', 3, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (3, 3, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00003.dcm', 0, '1.2.826.0.1.3680043.8.498.12816118625841612029351207378719716451', 4, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (3, 4, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00004.dcm', 0, '1.2.826.0.1.3680043.8.498.47754083886511516890482127571921222881', 5, 14077, 1796039507723249199);
INSERT INTO public.files VALUES (3, 5, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00005.dcm', 0, '1.2.826.0.1.3680043.8.498.19261165233974039332508602257643477888', 6, 14077, 1796039507723249199);



INSERT INTO public.lesion_revisions VALUES (1, 3, 1, '2.25.210748420118641270869531087809751486009', 1, NULL, 1, '2026-11-30 11:51:51.843162', NULL, 'measured', NULL, false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'proposed', 'automatic', NULL, NULL, 'calcified_mass', 0.80839861301542, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (2, 3, 1, '2.25.19852388069410633441424762749712198860', 1, NULL, 2, '2026-11-30 11:51:51.843172', NULL, 'measured', NULL, false, 'c7a94bad6927083f88a6479553c75c0e', 'proposed', 'automatic', NULL, NULL, 'calcified_mass', 0.6823004161598488, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.091361452406023, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, -1.0]]', 4.96679479637175, '[[3.0538499060452615, 6.1582744802609, -1.0], [5.4999999999999964, 1.835613232012232, -1.0]]', 6.41129350005582, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, 1.0]]', 2, '1.2.826.0.1.3680043.8.498.49697136149396052525744400796052112277', 3, '[4.5, 4.0, 0.0]', '[5.333555340766907, 4.328773528337479, 4.0]', false, false, 0, false, 400, 400, 0, 400, 0.10715590667724609, 0.07033333333333333, 0.08, 91.96180593448943, 0.8960194428295417, NULL, 174.3836321024226, 1.1146818305104362, 1.1582795391529215, 0.018522617829013467, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.08, 0.04166443223498505, NULL, NULL, 1, 'solid', 0.8218644395189599, 'image', NULL, 4, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (3, 3, NULL, '2.25.210748420118641270869531087809751486009', 2, 1, 1, '2026-11-30 11:51:55.255424', 'Dr A', 'side: right', '5cc0c9bd-4a56-4d45-b541-a6d9d6f15ffd', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'proposed', 'automatic', 'Dr A', '2026-11-30 11:51:55.255424', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (4, 3, NULL, '2.25.210748420118641270869531087809751486009', 3, 2, 1, '2026-11-30 11:51:55.286224', 'Dr B; Ärztin', 'accepted', 'c751bed3-aea7-4517-bda4-ee37b94a8897', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 11:51:55.286224', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (5, 3, NULL, '2.25.210748420118641270869531087809751486009', 4, 3, 1, '2026-11-30 11:51:55.296885', 'Dr A', 'rejected', '24da1457-c4ab-4e5e-9089-c419dbb20b2c', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'rejected', 'automatic', 'Dr A', '2026-11-30 11:51:55.296885', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (6, 3, NULL, '2.25.210748420118641270869531087809751486009', 5, 4, 1, '2026-11-30 11:51:55.315016', 'Dr B; Ärztin', 'undone: as in revision 3', 'de15b252-3642-4b49-b8f6-75a21b5102f2', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 11:51:55.286224', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (7, 3, NULL, '2.25.210748420118641270869531087809751486009', 6, 5, 1, '2026-11-30 11:51:55.380651', 'Dr A', 'split of lesion 1', 'bec01e72-00c0-4258-94a3-75e852481624', false, '08e76c7c56b3a65854f82baed036eb29', 'accepted', 'manual', 'Dr A', '2026-11-30 11:51:55.380651', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 7.858936355647212, '[[-6.5, -9.0, -3.0], [-1.5, -2.936759889125824, -3.0]]', 7.858936345255795, '[[-6.999999999999999, -3.500000006611211, -3.0], [-0.9367598971428954, -8.5, -3.0]]', 9.887511347255865, '[[-6.5, -9.0, -3.0], [-1.5, -2.936759889125824, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-4.0, -6.0, 0.0]', '[6.063240110874176, 6.126480221748352, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.3297005767822266, 0.2733333333333334, 0.288, 234.69192229847295, 0.8678560874226277, NULL, 328.26154440163816, 0.5766203764291982, 0.7672060992311011, 0.02930529758336689, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.288, 0.10593117544546679, NULL, NULL, 1, 'solid', 0.821863740941546, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'outline_rules;plateau_from_sum', 'outline_rules;plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (8, 3, NULL, '2.25.280214240345127076698822555509179394940', 1, NULL, 3, '2026-11-30 11:51:55.380651', 'Dr A', 'split of lesion 1', 'bec01e72-00c0-4258-94a3-75e852481624', false, '86ca3e493144496b03aa5926e980a8b7', 'accepted', 'manual', 'Dr A', '2026-11-30 11:51:55.380651', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.082762530298219, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, -3.0]]', 2.0275875100994067, '[[-9.0, -8.166666666666666, -3.0], [-7.0, -8.5, -3.0]]', 8.54400374531753, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-8.0, -6.0, 0.0]', '[2.0, 6.0, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.12942209243774414, 0.08533333333333333, 0.096, 128.80337847847463, 0.7277284331451144, NULL, 284.78047809990545, 4.508383461951745, 3.109923260296226, 0.016480904146014594, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.096, 0.05879485008031243, NULL, NULL, 1, 'plate', 0.6656039327015002, 'image', NULL, 2.2, NULL, NULL, NULL, NULL, 'outline_rules;plateau_from_sum', 'outline_rules;plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (19, 4, NULL, '2.25.10591835639464868723210862490739110627', 1, NULL, 1, '2026-11-30 11:51:55.845164', 'Dr A', 'added: manual', '7add3a2b-2bca-4648-81bf-617c47375f67', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr A', '2026-11-30 11:51:55.845164', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, NULL, 'none', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, NULL, NULL, 1, 'solid', 0.6784954340953719, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, 'no_spacing', 'no_spacing', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (9, 3, NULL, '2.25.210748420118641270869531087809751486009', 7, 6, 1, '2026-11-30 11:51:55.49785', 'Dr B; Ärztin', 'undone: as in revision 5', '47c7be5f-ea5a-4ea2-a7a2-0645e2a77316', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 11:51:55.286224', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (10, 3, NULL, '2.25.280214240345127076698822555509179394940', 2, 1, 3, '2026-11-30 11:51:55.49785', 'Dr B; Ärztin', 'undone: as before it was there', '47c7be5f-ea5a-4ea2-a7a2-0645e2a77316', true, '86ca3e493144496b03aa5926e980a8b7', 'accepted', 'manual', 'Dr A', '2026-11-30 11:51:55.380651', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.082762530298219, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, -3.0]]', 2.0275875100994067, '[[-9.0, -8.166666666666666, -3.0], [-7.0, -8.5, -3.0]]', 8.54400374531753, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-8.0, -6.0, 0.0]', '[2.0, 6.0, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.12942209243774414, 0.08533333333333333, 0.096, 128.80337847847463, 0.7277284331451144, NULL, 284.78047809990545, 4.508383461951745, 3.109923260296226, 0.016480904146014594, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.096, 0.05879485008031243, NULL, NULL, 1, 'plate', 0.6656039327015002, 'image', NULL, 2.2, NULL, NULL, NULL, NULL, 'outline_rules;plateau_from_sum', 'outline_rules;plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (11, 3, NULL, '2.25.210748420118641270869531087809751486009', 8, 7, 1, '2026-11-30 11:51:55.525389', 'Dr A', 'outline: manual', '10ffac96-cd5b-4989-80b1-62dc4312434f', false, '84413d5e7dc1a2ff51edec14bde02c6f', 'accepted', 'manual', 'Dr A', '2026-11-30 11:51:55.525389', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 1.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.2723333333333333, 0.288, 233.97933995897972, 0.8683746713310722, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (12, 3, NULL, '2.25.210748420118641270869531087809751486009', 9, 8, 1, '2026-11-30 11:51:55.588664', 'Dr B; Ärztin', 'undone: as in revision 7', 'ab490d15-a145-449b-be87-27aab9b35b75', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 11:51:55.286224', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (13, 3, NULL, '2.25.250499507689722501599301580759133119527', 1, NULL, 4, '2026-11-30 11:51:55.602715', 'Dr A', 'added: semiautomatic', 'f04a3d0b-9f11-44a9-9efe-7d644a7f0ac4', false, 'd5b40b3eb310908f756d6b6b2dcd8bce', 'proposed', 'semiautomatic', 'Dr A', '2026-11-30 11:51:55.602715', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3.1622776601683795, '[[-9.0, 5.5, -3.0], [-6.0, 6.5, -3.0]]', 2.1081851067789197, '[[-7.166666666666668, 7.0, -3.0], [-6.500000000000001, 5.0, -3.0]]', 4.58257569495584, '[[-8.5, 5.5, -4.0], [-6.5, 6.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 6.0, -2.0]', '[3.0, 2.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.018333333333333333, 0.024, 38.073262114491115, 0.8831307203353846, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.024, NULL, NULL, NULL, NULL, 'solid', 0.8217233220086839, 'image', NULL, 2.2, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (14, 3, NULL, '2.25.255106143095833060917240127868688705852', 1, NULL, 5, '2026-11-30 11:51:55.647818', 'Dr A', 'added: semiautomatic', '17f9413f-56bf-4177-a3cc-656295875222', false, 'f301b8d50ed70316dbc78c9d7785750c', 'proposed', 'semiautomatic', 'Dr A', '2026-11-30 11:51:55.647818', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3.1622776601683795, '[[-9.0, 8.5, -3.0], [-6.0, 9.5, -3.0]]', 2.10818510677892, '[[-7.166666666666668, 10.0, -3.0], [-6.5, 8.0, -3.0]]', 4.58257569495584, '[[-8.5, 8.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 9.0, -2.0]', '[3.0, 2.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.018333333333333333, 0.024, 38.073262114491115, 0.8831307203353846, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.024, NULL, NULL, NULL, NULL, 'solid', 0.8217233220086839, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (15, 3, NULL, '2.25.250499507689722501599301580759133119527', 2, 1, 4, '2026-11-30 11:51:55.686008', 'Dr A', 'merged with lesion 5', '306c60b2-313b-4f17-985f-b703045ecf2a', false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr A', '2026-11-30 11:51:55.686008', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (16, 3, NULL, '2.25.255106143095833060917240127868688705852', 2, 1, 5, '2026-11-30 11:51:55.686008', 'Dr A', 'merged into lesion 4', '306c60b2-313b-4f17-985f-b703045ecf2a', true, 'f301b8d50ed70316dbc78c9d7785750c', 'proposed', 'semiautomatic', 'Dr A', '2026-11-30 11:51:55.686008', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3.1622776601683795, '[[-9.0, 8.5, -3.0], [-6.0, 9.5, -3.0]]', 2.10818510677892, '[[-7.166666666666668, 10.0, -3.0], [-6.5, 8.0, -3.0]]', 4.58257569495584, '[[-8.5, 8.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 9.0, -2.0]', '[3.0, 2.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.018333333333333333, 0.024, 38.073262114491115, 0.8831307203353846, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.024, NULL, NULL, NULL, NULL, 'solid', 0.8217233220086839, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (17, 3, NULL, '2.25.250499507689722501599301580759133119527', 3, 2, 4, '2026-11-30 11:51:55.761098', 'Dr B; Ärztin', 'site: forearm', '3f4ea7cb-67a8-47f1-bd0f-6197fbe99255', false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 11:51:55.761098', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'forearm', 'reader', 'distal; «ulnar»', 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (18, 3, NULL, '2.25.250499507689722501599301580759133119527', 4, 3, 4, '2026-11-30 11:51:55.779177', 'Dr B; Ärztin', 'tissue: other_calcification', 'e15ff458-ae5a-419f-9fbe-c27580f099d8', false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 11:51:55.779177', 'other_calcification', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'forearm', 'reader', 'distal; «ulnar»', 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (20, 4, NULL, '2.25.10591835639464868723210862490739110627', 2, 1, 1, '2026-11-30 11:51:55.881454', 'Dr A', 'calibrated: 10 mm between row 5.0, column 5.0 and row 5.0, column 45.0', 'd7cd9e9f-3eaa-4d2c-b4ba-4469ba24fa96', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr A', '2026-11-30 11:51:55.881454', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7.544160319492929, NULL, 5.04496353715085, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 29.75, NULL, 1.1855619152624364, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, 0.25, 'reader', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, 29.75, 6.087809338441573, 1, 'solid', 0.678494431813947, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, '', '', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (21, 4, NULL, '2.25.10591835639464868723210862490739110627', 3, 2, 1, '2026-11-30 11:51:55.906146', 'Dr B; Ärztin', 'undone: as in revision 1', '2572a363-f453-44f1-98aa-f727f27676bb', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr A', '2026-11-30 11:51:55.845164', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, NULL, 'none', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, NULL, NULL, 1, 'solid', 0.6784954340953719, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, 'no_spacing', 'no_spacing', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (22, 4, NULL, '2.25.10591835639464868723210862490739110627', 4, 3, 1, '2026-11-30 11:51:55.917934', 'Dr B; Ärztin', 'calibrated: 10 mm between row 5.0, column 5.0 and row 5.0, column 45.0', 'bcdf3340-4d3c-4dce-af52-50cc1df400fc', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 11:51:55.917934', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7.544160319492929, NULL, 5.04496353715085, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 29.75, NULL, 1.1855619152624364, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, 0.25, 'reader', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, 29.75, 6.087809338441573, 1, 'solid', 0.678494431813947, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, '', '', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (23, 4, 2, '2.25.10591835639464868723210862490739110627', 5, 4, 1, '2026-11-30 11:52:00.703227', NULL, 'measured again', NULL, false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 11:51:55.917934', NULL, NULL, 'right', 'dicom_tag', 0.95, false, NULL, 'dicom_tag: Image Laterality R', NULL, 'hand_wrist', 'dicom_tag', NULL, 7.544160319492929, NULL, 5.04496353715085, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 29.75, NULL, 1.1855619152624364, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, 0.25, 'reader', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, 29.75, 6.087809338441573, 1, 'solid', 0.678494431813947, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, '', '', '363f1e59a89c', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (24, 3, 2, '2.25.210748420118641270869531087809751486009', 10, 9, 1, '2026-11-30 11:52:00.789383', NULL, 'measured again', NULL, false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 11:51:55.286224', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'specks_dropped;plateau_from_sum', '363f1e59a89c', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (25, 3, 2, '2.25.250499507689722501599301580759133119527', 5, 4, 4, '2026-11-30 11:52:00.789395', NULL, 'measured again', NULL, false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 11:51:55.779177', 'other_calcification', NULL, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'forearm', 'reader', 'distal; «ulnar»', 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'specks_dropped;no_edge', '363f1e59a89c', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (26, 3, 2, '2.25.19852388069410633441424762749712198860', 2, 1, 2, '2026-11-30 11:52:00.789402', NULL, 'not found again', NULL, true, 'c7a94bad6927083f88a6479553c75c0e', 'proposed', 'automatic', NULL, NULL, 'calcified_mass', 0.6823004161598488, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.091361452406023, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, -1.0]]', 4.96679479637175, '[[3.0538499060452615, 6.1582744802609, -1.0], [5.4999999999999964, 1.835613232012232, -1.0]]', 6.41129350005582, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, 1.0]]', 2, '1.2.826.0.1.3680043.8.498.49697136149396052525744400796052112277', 3, '[4.5, 4.0, 0.0]', '[5.333555340766907, 4.328773528337479, 4.0]', false, false, 0, false, 400, 400, 0, 400, 0.10715590667724609, 0.07033333333333333, 0.08, 91.96180593448943, 0.8960194428295417, NULL, 174.3836321024226, 1.1146818305104362, 1.1582795391529215, 0.018522617829013467, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.08, 0.04166443223498505, NULL, NULL, 1, 'solid', 0.8218644395189599, 'image', NULL, 4, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (27, 3, NULL, '2.25.210748420118641270869531087809751486009', 11, 10, 1, '2026-11-30 11:52:05.543027', 'Dr B; Ärztin', 'accepted', 'be35ede5-2edc-43ff-a94b-31e81c9babf5', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 11:52:05.543027', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'specks_dropped;plateau_from_sum', '363f1e59a89c', '0.1.0');



INSERT INTO public.looks VALUES (1, 2, '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'Dr A', '2026-11-30 11:51:55.953548', false, '77177b232a76ddd187070717d59aa040');
INSERT INTO public.looks VALUES (2, 2, '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'Dr B; Ärztin', '2026-11-30 11:51:55.965608', false, '77177b232a76ddd187070717d59aa040');
INSERT INTO public.looks VALUES (3, 2, '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'Dr B; Ärztin', '2026-11-30 11:51:55.969028', true, '77177b232a76ddd187070717d59aa040');



INSERT INTO public.outcomes VALUES (1, 1, 1, '2026-11-30 11:51:51.531458', 'failed', 'missing_slice', 'Steps of 2.00 mm expected, found 4.00 mm between slices 2 and 3 (Instance Numbers 2 and 4) (Image Position (Patient) (0020,0032), series 1.2.826.0.1.3680043.8.498.97109224483195250741684565764896990358). Export the series again, complete; gaps are not interpolated.', NULL, 0.0023028759969747625, '856cfbdae0f6', '', '1853a13b8df42961ba0e29217e229f59', 'CT', '/data/calcinosis/images.zip', 'gap/IM00000.dcm', 5, 'CALCI-1', '2024-01-15', 2, 'a slice is missing', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.54417461743940644336996987844150208565', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', 'CALCI-119600101F');
INSERT INTO public.outcomes VALUES (2, 2, 1, '2026-11-30 11:51:51.632371', 'measured', NULL, NULL, NULL, 0.0563412600022275, '856cfbdae0f6', '0.1.0', '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'CT', '/data/calcinosis/images.zip', 'nothing/IM00000.dcm', 6, 'CALCI-2', '2024-01-15', 1, 'nothing', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.94648563009976828375872083444861077213', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '77177b232a76ddd187070717d59aa040', NULL, '', 'CALCI-219600101F');
INSERT INTO public.outcomes VALUES (3, 3, 1, '2026-11-30 11:51:51.8382', 'measured', NULL, NULL, NULL, 0.3522636470006546, '856cfbdae0f6', '0.1.0', '95c779057da3ec57f43df7ebfd53ed8d', 'CT', '/data/calcinosis/images.zip', 'masses/IM00000.dcm', 6, 'CALCI-1', '2024-01-15', 1, 'two masses', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.54417461743940644336996987844150208565', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ae2b511763b336a4eda518b15bf83a10', NULL, '', 'CALCI-119600101F');
INSERT INTO public.outcomes VALUES (4, 4, 1, '2026-11-30 11:51:52.156326', 'measured', NULL, NULL, NULL, 0.604774538995116, '856cfbdae0f6', '0.1.0', '9c456be2772b9fe5bd3e389bf1b342b2', 'DX', '/data/calcinosis/images.zip', 'film/DX.dcm', 1, 'CALCI-3', '2024-01-15', 7, 'a radiograph', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'PA', NULL, '057062c526272cfaa392045cc5fc535b', NULL, 'no_spacing', 'CALCI-319600101F');
INSERT INTO public.outcomes VALUES (5, 2, 2, '2026-11-30 11:52:00.497402', 'measured', NULL, NULL, NULL, 0.03531569599726936, '363f1e59a89c', '0.1.0', '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'CT', '/data/calcinosis/images.zip', 'nothing/IM00000.dcm', 6, 'CALCI-2', '2024-01-15', 1, 'nothing', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.94648563009976828375872083444861077213', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '77177b232a76ddd187070717d59aa040', NULL, '', 'CALCI-219600101F');
INSERT INTO public.outcomes VALUES (6, 4, 2, '2026-11-30 11:52:00.697321', 'measured', NULL, NULL, NULL, 0.2689143999959924, '363f1e59a89c', '0.1.0', '9c456be2772b9fe5bd3e389bf1b342b2', 'DX', '/data/calcinosis/images.zip', 'film/DX.dcm', 1, 'CALCI-3', '2024-01-15', 7, 'a radiograph', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'PA', NULL, '057062c526272cfaa392045cc5fc535b', NULL, '', 'CALCI-319600101F');
INSERT INTO public.outcomes VALUES (7, 3, 2, '2026-11-30 11:52:00.788088', 'measured', NULL, NULL, NULL, 0.4359206719964277, '363f1e59a89c', '0.1.0', '95c779057da3ec57f43df7ebfd53ed8d', 'CT', '/data/calcinosis/images.zip', 'masses/IM00000.dcm', 6, 'CALCI-1', '2024-01-15', 1, 'two masses', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.54417461743940644336996987844150208565', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ae2b511763b336a4eda518b15bf83a10', NULL, 'specks_dropped', 'CALCI-119600101F');



INSERT INTO public.outlines VALUES ('6ba7aedf5c29e504ea2b2bcd879ca63c', 1, 3, 3, 5, 9, 11, '\x7801fbff1f3b00002afb17e9');
INSERT INTO public.outlines VALUES ('c7a94bad6927083f88a6479553c75c0e', 2, 14, 14, 4, 18, 19, '\x7801fbff1f08000ef604fc');
INSERT INTO public.outlines VALUES ('08e76c7c56b3a65854f82baed036eb29', 1, 3, 5, 5, 9, 11, '\x7801fbff1f1d0000aa6711ef');
INSERT INTO public.outlines VALUES ('86ca3e493144496b03aa5926e980a8b7', 1, 3, 3, 5, 9, 5, '\x7801fbff1f040014f105fb');
INSERT INTO public.outlines VALUES ('84413d5e7dc1a2ff51edec14bde02c6f', 2, 3, 3, 5, 9, 11, '\x7801fbff1f1d0000aa6711ef');
INSERT INTO public.outlines VALUES ('d5b40b3eb310908f756d6b6b2dcd8bce', 1, 17, 3, 3, 19, 6, '\x7801fbff010002f001f0');
INSERT INTO public.outlines VALUES ('f301b8d50ed70316dbc78c9d7785750c', 1, 20, 3, 3, 22, 6, '\x7801fbff010002f001f0');
INSERT INTO public.outlines VALUES ('0fb0b35372bf98173fab7cfe83c1a83f', 1, 17, 3, 3, 22, 6, '\x7801fb53ffe30f00085d0370');
INSERT INTO public.outlines VALUES ('0c90c6ab5dcdbfc4ed586880c532a933', 0, 29, 24, 1, 49, 54, '\x780163b0ffc0c0feff0743fdff1fccffff7fb007e2ffffff1f07e2fd408c09fe02851e0331ffffff7f80f880fcff7f0cf2ff1f30f0ff610000cb123b02');



INSERT INTO public.record_ids VALUES ('CALCI-1', 'R-0001');
INSERT INTO public.record_ids VALUES ('CALCI-3', 'R-0003; «Ä»');









INSERT INTO public.runs VALUES (1, '2026-11-30 11:51:50.64157', '2026-11-30 11:51:52.214579', '["/data/calcinosis/images.zip"]', '# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
algorithm = 4

[measure]

# A voxel at or above it is calcified. Calcinosis is seen from 200 to 1500 HU; calcium scoring uses 130 HU at 120 kVp, where contrast-filled vessels and noise come along. No published cut-off for calcinosis exists. (HU)
threshold_hu = 200.0

# Smaller components are noise or below what 1 to 5 mm slices can measure (a ball of 30 mm3 is 3.9 mm wide). (mm3)
min_volume_mm3 = 30.0

# From this size on a mass is large: the pseudotumoral calcinosis of Semin Arthritis Rheum 2020;50:1339 measures 2 to 15.5 cm. (mm)
large_diameter_mm = 20.0

# What is a calcified mass with this probability or more is called one: below half it is more likely something else.
mass_probability = 0.5

# What is a calcified mass with this probability or more, but not called one, is of unknown tissue: a reviewer is shown it. Below it is clearly bone. On real limbs this leaves about one unknown part in two series.
review_probability = 0.1

# Dense pieces of soft tissue at most so far apart, from surface to surface, are one mass. Pseudotumoral calcinosis is parted by septa of up to 3 mm, and grains of one deposit lie as close. (mm)
joining_distance_mm = 5.0

# Where less of a mass of several pieces is calcified, its pieces are a chain, which is cut. The finest clouds of grains that are taken for one mass are filled to 8 %.
least_fill = 0.05

# Largest difference of a direction cosine within one stack, and of a direction pair from perpendicular unit vectors: 0.001 moves the far edge of a 500 mm field by half a pixel.
direction_tolerance = 0.001

# Slice positions are often rounded to two decimals: steps that differ by less are the same step, and slices closer than this lie at one position. (mm)
spacing_tolerance_mm = 0.02

# Sideways deviation of a slice from the straight line of its stack: below it is rounding, above it the stack is refused (a gantry tilt shifts slices along a straight line). (mm)
shift_tolerance_mm = 0.5

# Slice spacing above this many times SliceThickness leaves out tissue between the slices.
non_contiguous_factor = 1.5

# A stack that would take more memory is refused before it is taken: 16000 slices of 512 x 512 take 8 GB. (GB)
max_volume_gb = 8.0

# review_probability of a radiograph, where bones are round and lie on each other: one in 20 of the masses of 2 cm or more is less likely one than this, and nearly all that is as likely is bone. A reviewer is shown it.
film_review_probability = 0.05

# Smaller masses are not looked for on a radiograph: they are as wide as the cortex of a finger''s bone. Where no mm are known, the longer side of the film is taken for 250 mm in looking, not in measuring. (mm)
film_smallest_mm = 3.0

# Larger masses are not looked for on a radiograph: pseudotumoral calcinosis of up to 155 mm has been described (Semin Arthritis Rheum 2020;50:1339), and a thigh is as wide. (mm)
film_largest_mm = 160.0

# true takes Pixel Spacing of a radiograph for millimeters where the standard does not say of which plane it is (PS3.3 section 10.7.1.3); false leaves such a radiograph in pixels.
allow_uncertain_spacing = false

# File or folder of bones that another program outlined (DICOM SEG, RTSTRUCT, NIfTI; TotalSegmentator''s names): what they hold is bone, unless it is too dense and thick for bone.
bone_mask = ""

[run]

# Processes that measure, each a stack at a time on one core. 0: as many as there are cores, stacks, and 2 GB of free memory for each (a stack of 500 slices takes 1.3 GB); where that is one, it works with every core.
workers = 0

# A stack that takes longer is given up (time_limit): a decoder that hangs must not hold up a night. The largest take minutes. (s)
time_limit_s = 3600.0

# A stack whose process takes more memory is given up (memory_limit). 0: an equal share of the free memory for each worker. (GB)
memory_limit_gb = 0.0

# Address of a Dask scheduler, for example tcp://HOST:8786: its workers measure. Empty: this machine does.
scheduler = ""

# A Dask cluster that is started for the run: class names it (LocalCluster; SLURMCluster, PBSCluster and others of dask-jobqueue), everything else are its arguments. Empty: none.
cluster = {}

# true follows links below a PATH to wherever they lead; false follows those to files and folders below a PATH, and names the others (link_not_followed). A PATH that is a link itself is always followed.
follow_links = false

# true measures stacks again that a reader has decided about; false leaves those alone and reports them.
remeasure_reviewed = false

# true reads the pixels of every stack that is measured already, and compares them; false reads those alone whose files have another path, size or time of change than before.
verify = false

[write]

# Database URL of the store, for example postgresql+psycopg://USER@HOST/DATABASE. Empty: a file in DIR/private. A password in it is used and not kept: PGPASSWORD or ~/.pgpass are better places.
store = "postgresql+psycopg://postgres@/calcinosis"

# true also writes tables with PatientID, dates and UIDs as the headers have them, into private/identified. The tables in DIR always have pseudonyms.
identified = false

# File of the secret key that pseudonyms, shifted dates and replaced UIDs follow from; made on first use. Empty: a file in the user''s own configuration folder.
key = "/data/calcinosis/pseudonyms.key"

# CSV with the columns patient_id and record_id: the registry''s own id of a patient, written instead of a pseudonym.
record_map = "/data/calcinosis/records.csv"

# true writes everything that was found and kept into lesions.csv; false calcified masses alone.
all_tissues = true

# false leaves out report.html. This version does not write one either way.
report = true
', '0.1.0');
INSERT INTO public.runs VALUES (2, '2026-11-30 11:51:58.327276', '2026-11-30 11:52:00.92569', '["/data/calcinosis/images.zip"]', '# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
algorithm = 4

[measure]

# A voxel at or above it is calcified. Calcinosis is seen from 200 to 1500 HU; calcium scoring uses 130 HU at 120 kVp, where contrast-filled vessels and noise come along. No published cut-off for calcinosis exists. (HU)
threshold_hu = 200.0

# Smaller components are noise or below what 1 to 5 mm slices can measure (a ball of 30 mm3 is 3.9 mm wide). (mm3)
min_volume_mm3 = 100.0

# From this size on a mass is large: the pseudotumoral calcinosis of Semin Arthritis Rheum 2020;50:1339 measures 2 to 15.5 cm. (mm)
large_diameter_mm = 20.0

# What is a calcified mass with this probability or more is called one: below half it is more likely something else.
mass_probability = 0.5

# What is a calcified mass with this probability or more, but not called one, is of unknown tissue: a reviewer is shown it. Below it is clearly bone. On real limbs this leaves about one unknown part in two series.
review_probability = 0.1

# Dense pieces of soft tissue at most so far apart, from surface to surface, are one mass. Pseudotumoral calcinosis is parted by septa of up to 3 mm, and grains of one deposit lie as close. (mm)
joining_distance_mm = 5.0

# Where less of a mass of several pieces is calcified, its pieces are a chain, which is cut. The finest clouds of grains that are taken for one mass are filled to 8 %.
least_fill = 0.05

# Largest difference of a direction cosine within one stack, and of a direction pair from perpendicular unit vectors: 0.001 moves the far edge of a 500 mm field by half a pixel.
direction_tolerance = 0.001

# Slice positions are often rounded to two decimals: steps that differ by less are the same step, and slices closer than this lie at one position. (mm)
spacing_tolerance_mm = 0.02

# Sideways deviation of a slice from the straight line of its stack: below it is rounding, above it the stack is refused (a gantry tilt shifts slices along a straight line). (mm)
shift_tolerance_mm = 0.5

# Slice spacing above this many times SliceThickness leaves out tissue between the slices.
non_contiguous_factor = 1.5

# A stack that would take more memory is refused before it is taken: 16000 slices of 512 x 512 take 8 GB. (GB)
max_volume_gb = 8.0

# review_probability of a radiograph, where bones are round and lie on each other: one in 20 of the masses of 2 cm or more is less likely one than this, and nearly all that is as likely is bone. A reviewer is shown it.
film_review_probability = 0.05

# Smaller masses are not looked for on a radiograph: they are as wide as the cortex of a finger''s bone. Where no mm are known, the longer side of the film is taken for 250 mm in looking, not in measuring. (mm)
film_smallest_mm = 3.0

# Larger masses are not looked for on a radiograph: pseudotumoral calcinosis of up to 155 mm has been described (Semin Arthritis Rheum 2020;50:1339), and a thigh is as wide. (mm)
film_largest_mm = 160.0

# true takes Pixel Spacing of a radiograph for millimeters where the standard does not say of which plane it is (PS3.3 section 10.7.1.3); false leaves such a radiograph in pixels.
allow_uncertain_spacing = false

# File or folder of bones that another program outlined (DICOM SEG, RTSTRUCT, NIfTI; TotalSegmentator''s names): what they hold is bone, unless it is too dense and thick for bone.
bone_mask = ""

[run]

# Processes that measure, each a stack at a time on one core. 0: as many as there are cores, stacks, and 2 GB of free memory for each (a stack of 500 slices takes 1.3 GB); where that is one, it works with every core.
workers = 0

# A stack that takes longer is given up (time_limit): a decoder that hangs must not hold up a night. The largest take minutes. (s)
time_limit_s = 3600.0

# A stack whose process takes more memory is given up (memory_limit). 0: an equal share of the free memory for each worker. (GB)
memory_limit_gb = 0.0

# Address of a Dask scheduler, for example tcp://HOST:8786: its workers measure. Empty: this machine does.
scheduler = ""

# A Dask cluster that is started for the run: class names it (LocalCluster; SLURMCluster, PBSCluster and others of dask-jobqueue), everything else are its arguments. Empty: none.
cluster = {}

# true follows links below a PATH to wherever they lead; false follows those to files and folders below a PATH, and names the others (link_not_followed). A PATH that is a link itself is always followed.
follow_links = false

# true measures stacks again that a reader has decided about; false leaves those alone and reports them.
remeasure_reviewed = true

# true reads the pixels of every stack that is measured already, and compares them; false reads those alone whose files have another path, size or time of change than before.
verify = false

[write]

# Database URL of the store, for example postgresql+psycopg://USER@HOST/DATABASE. Empty: a file in DIR/private. A password in it is used and not kept: PGPASSWORD or ~/.pgpass are better places.
store = "postgresql+psycopg://postgres@/calcinosis"

# true also writes tables with PatientID, dates and UIDs as the headers have them, into private/identified. The tables in DIR always have pseudonyms.
identified = false

# File of the secret key that pseudonyms, shifted dates and replaced UIDs follow from; made on first use. Empty: a file in the user''s own configuration folder.
key = "/data/calcinosis/pseudonyms.key"

# CSV with the columns patient_id and record_id: the registry''s own id of a patient, written instead of a pseudonym.
record_map = "/data/calcinosis/records.csv"

# true writes everything that was found and kept into lesions.csv; false calcified masses alone.
all_tissues = true

# false leaves out report.html. This version does not write one either way.
report = true
', '0.1.0');






INSERT INTO public.settings_used VALUES ('856cfbdae0f6', '# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
algorithm = 4

[measure]

# A voxel at or above it is calcified. Calcinosis is seen from 200 to 1500 HU; calcium scoring uses 130 HU at 120 kVp, where contrast-filled vessels and noise come along. No published cut-off for calcinosis exists. (HU)
threshold_hu = 200.0

# Smaller components are noise or below what 1 to 5 mm slices can measure (a ball of 30 mm3 is 3.9 mm wide). (mm3)
min_volume_mm3 = 30.0

# From this size on a mass is large: the pseudotumoral calcinosis of Semin Arthritis Rheum 2020;50:1339 measures 2 to 15.5 cm. (mm)
large_diameter_mm = 20.0

# What is a calcified mass with this probability or more is called one: below half it is more likely something else.
mass_probability = 0.5

# What is a calcified mass with this probability or more, but not called one, is of unknown tissue: a reviewer is shown it. Below it is clearly bone. On real limbs this leaves about one unknown part in two series.
review_probability = 0.1

# Dense pieces of soft tissue at most so far apart, from surface to surface, are one mass. Pseudotumoral calcinosis is parted by septa of up to 3 mm, and grains of one deposit lie as close. (mm)
joining_distance_mm = 5.0

# Where less of a mass of several pieces is calcified, its pieces are a chain, which is cut. The finest clouds of grains that are taken for one mass are filled to 8 %.
least_fill = 0.05

# Largest difference of a direction cosine within one stack, and of a direction pair from perpendicular unit vectors: 0.001 moves the far edge of a 500 mm field by half a pixel.
direction_tolerance = 0.001

# Slice positions are often rounded to two decimals: steps that differ by less are the same step, and slices closer than this lie at one position. (mm)
spacing_tolerance_mm = 0.02

# Sideways deviation of a slice from the straight line of its stack: below it is rounding, above it the stack is refused (a gantry tilt shifts slices along a straight line). (mm)
shift_tolerance_mm = 0.5

# Slice spacing above this many times SliceThickness leaves out tissue between the slices.
non_contiguous_factor = 1.5

# A stack that would take more memory is refused before it is taken: 16000 slices of 512 x 512 take 8 GB. (GB)
max_volume_gb = 8.0

# review_probability of a radiograph, where bones are round and lie on each other: one in 20 of the masses of 2 cm or more is less likely one than this, and nearly all that is as likely is bone. A reviewer is shown it.
film_review_probability = 0.05

# Smaller masses are not looked for on a radiograph: they are as wide as the cortex of a finger''s bone. Where no mm are known, the longer side of the film is taken for 250 mm in looking, not in measuring. (mm)
film_smallest_mm = 3.0

# Larger masses are not looked for on a radiograph: pseudotumoral calcinosis of up to 155 mm has been described (Semin Arthritis Rheum 2020;50:1339), and a thigh is as wide. (mm)
film_largest_mm = 160.0

# true takes Pixel Spacing of a radiograph for millimeters where the standard does not say of which plane it is (PS3.3 section 10.7.1.3); false leaves such a radiograph in pixels.
allow_uncertain_spacing = false

# File or folder of bones that another program outlined (DICOM SEG, RTSTRUCT, NIfTI; TotalSegmentator''s names): what they hold is bone, unless it is too dense and thick for bone.
bone_mask = ""

[run]

# Processes that measure, each a stack at a time on one core. 0: as many as there are cores, stacks, and 2 GB of free memory for each (a stack of 500 slices takes 1.3 GB); where that is one, it works with every core.
workers = 0

# A stack that takes longer is given up (time_limit): a decoder that hangs must not hold up a night. The largest take minutes. (s)
time_limit_s = 3600.0

# A stack whose process takes more memory is given up (memory_limit). 0: an equal share of the free memory for each worker. (GB)
memory_limit_gb = 0.0

# Address of a Dask scheduler, for example tcp://HOST:8786: its workers measure. Empty: this machine does.
scheduler = ""

# A Dask cluster that is started for the run: class names it (LocalCluster; SLURMCluster, PBSCluster and others of dask-jobqueue), everything else are its arguments. Empty: none.
cluster = {}

# true follows links below a PATH to wherever they lead; false follows those to files and folders below a PATH, and names the others (link_not_followed). A PATH that is a link itself is always followed.
follow_links = false

# true measures stacks again that a reader has decided about; false leaves those alone and reports them.
remeasure_reviewed = false

# true reads the pixels of every stack that is measured already, and compares them; false reads those alone whose files have another path, size or time of change than before.
verify = false

[write]

# Database URL of the store, for example postgresql+psycopg://USER@HOST/DATABASE. Empty: a file in DIR/private. A password in it is used and not kept: PGPASSWORD or ~/.pgpass are better places.
store = "postgresql+psycopg://postgres@/calcinosis"

# true also writes tables with PatientID, dates and UIDs as the headers have them, into private/identified. The tables in DIR always have pseudonyms.
identified = false

# File of the secret key that pseudonyms, shifted dates and replaced UIDs follow from; made on first use. Empty: a file in the user''s own configuration folder.
key = "/data/calcinosis/pseudonyms.key"

# CSV with the columns patient_id and record_id: the registry''s own id of a patient, written instead of a pseudonym.
record_map = "/data/calcinosis/records.csv"

# true writes everything that was found and kept into lesions.csv; false calcified masses alone.
all_tissues = true

# false leaves out report.html. This version does not write one either way.
report = true
');
INSERT INTO public.settings_used VALUES ('363f1e59a89c', '# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
algorithm = 4

[measure]

# A voxel at or above it is calcified. Calcinosis is seen from 200 to 1500 HU; calcium scoring uses 130 HU at 120 kVp, where contrast-filled vessels and noise come along. No published cut-off for calcinosis exists. (HU)
threshold_hu = 200.0

# Smaller components are noise or below what 1 to 5 mm slices can measure (a ball of 30 mm3 is 3.9 mm wide). (mm3)
min_volume_mm3 = 100.0

# From this size on a mass is large: the pseudotumoral calcinosis of Semin Arthritis Rheum 2020;50:1339 measures 2 to 15.5 cm. (mm)
large_diameter_mm = 20.0

# What is a calcified mass with this probability or more is called one: below half it is more likely something else.
mass_probability = 0.5

# What is a calcified mass with this probability or more, but not called one, is of unknown tissue: a reviewer is shown it. Below it is clearly bone. On real limbs this leaves about one unknown part in two series.
review_probability = 0.1

# Dense pieces of soft tissue at most so far apart, from surface to surface, are one mass. Pseudotumoral calcinosis is parted by septa of up to 3 mm, and grains of one deposit lie as close. (mm)
joining_distance_mm = 5.0

# Where less of a mass of several pieces is calcified, its pieces are a chain, which is cut. The finest clouds of grains that are taken for one mass are filled to 8 %.
least_fill = 0.05

# Largest difference of a direction cosine within one stack, and of a direction pair from perpendicular unit vectors: 0.001 moves the far edge of a 500 mm field by half a pixel.
direction_tolerance = 0.001

# Slice positions are often rounded to two decimals: steps that differ by less are the same step, and slices closer than this lie at one position. (mm)
spacing_tolerance_mm = 0.02

# Sideways deviation of a slice from the straight line of its stack: below it is rounding, above it the stack is refused (a gantry tilt shifts slices along a straight line). (mm)
shift_tolerance_mm = 0.5

# Slice spacing above this many times SliceThickness leaves out tissue between the slices.
non_contiguous_factor = 1.5

# A stack that would take more memory is refused before it is taken: 16000 slices of 512 x 512 take 8 GB. (GB)
max_volume_gb = 8.0

# review_probability of a radiograph, where bones are round and lie on each other: one in 20 of the masses of 2 cm or more is less likely one than this, and nearly all that is as likely is bone. A reviewer is shown it.
film_review_probability = 0.05

# Smaller masses are not looked for on a radiograph: they are as wide as the cortex of a finger''s bone. Where no mm are known, the longer side of the film is taken for 250 mm in looking, not in measuring. (mm)
film_smallest_mm = 3.0

# Larger masses are not looked for on a radiograph: pseudotumoral calcinosis of up to 155 mm has been described (Semin Arthritis Rheum 2020;50:1339), and a thigh is as wide. (mm)
film_largest_mm = 160.0

# true takes Pixel Spacing of a radiograph for millimeters where the standard does not say of which plane it is (PS3.3 section 10.7.1.3); false leaves such a radiograph in pixels.
allow_uncertain_spacing = false

# File or folder of bones that another program outlined (DICOM SEG, RTSTRUCT, NIfTI; TotalSegmentator''s names): what they hold is bone, unless it is too dense and thick for bone.
bone_mask = ""

[run]

# Processes that measure, each a stack at a time on one core. 0: as many as there are cores, stacks, and 2 GB of free memory for each (a stack of 500 slices takes 1.3 GB); where that is one, it works with every core.
workers = 0

# A stack that takes longer is given up (time_limit): a decoder that hangs must not hold up a night. The largest take minutes. (s)
time_limit_s = 3600.0

# A stack whose process takes more memory is given up (memory_limit). 0: an equal share of the free memory for each worker. (GB)
memory_limit_gb = 0.0

# Address of a Dask scheduler, for example tcp://HOST:8786: its workers measure. Empty: this machine does.
scheduler = ""

# A Dask cluster that is started for the run: class names it (LocalCluster; SLURMCluster, PBSCluster and others of dask-jobqueue), everything else are its arguments. Empty: none.
cluster = {}

# true follows links below a PATH to wherever they lead; false follows those to files and folders below a PATH, and names the others (link_not_followed). A PATH that is a link itself is always followed.
follow_links = false

# true measures stacks again that a reader has decided about; false leaves those alone and reports them.
remeasure_reviewed = true

# true reads the pixels of every stack that is measured already, and compares them; false reads those alone whose files have another path, size or time of change than before.
verify = false

[write]

# Database URL of the store, for example postgresql+psycopg://USER@HOST/DATABASE. Empty: a file in DIR/private. A password in it is used and not kept: PGPASSWORD or ~/.pgpass are better places.
store = "postgresql+psycopg://postgres@/calcinosis"

# true also writes tables with PatientID, dates and UIDs as the headers have them, into private/identified. The tables in DIR always have pseudonyms.
identified = false

# File of the secret key that pseudonyms, shifted dates and replaced UIDs follow from; made on first use. Empty: a file in the user''s own configuration folder.
key = "/data/calcinosis/pseudonyms.key"

# CSV with the columns patient_id and record_id: the registry''s own id of a patient, written instead of a pseudonym.
record_map = "/data/calcinosis/records.csv"

# true writes everything that was found and kept into lesions.csv; false calcified masses alone.
all_tissues = true

# false leaves out report.html. This version does not write one either way.
report = true
');



INSERT INTO public.stacks VALUES (1, '1.2.826.0.1.3680043.8.498.50347668317765199423480973828081547080', '1.2.826.0.1.3680043.8.498.97109224483195250741684565764896990358', 1, '', false);
INSERT INTO public.stacks VALUES (2, '1.2.826.0.1.3680043.8.498.11398592986685513105591548390075395926', '1.2.826.0.1.3680043.8.498.87346991966515614510707599195555038626', 1, '', false);
INSERT INTO public.stacks VALUES (4, '2.25.31', '2.25.32', 1, '', false);
INSERT INTO public.stacks VALUES (3, '1.2.826.0.1.3680043.8.498.50347668317765199423480973828081547080', '1.2.826.0.1.3680043.8.498.94409113645908606181019970243669554288', 1, '', false);



INSERT INTO public.thumbnails VALUES ('2.25.210748420118641270869531087809751486009', '6ba7aedf5c29e504ea2b2bcd879ca63c', '\x89504e470d0a1a0a0000000d49484452000000800000008008020000004c5cf69c0000031d49444154789ceddd3f6813511cc0f16b220909ed900cc926a44b1d9c9c1c459c04b14b4b371d742a4ad545115d1c742adae2a4834e0de922288ece7571aae06440482075b8404a4aae35f125178e982631695ff27b2f7c3f9470e4cff1b86fdefd490a711c000000000000000000000000000000000000000000000000000060ba19e901b42d2c2c480f41bf4aa5522c16073fe7cc648632582412492693d2a3d02f1c0eff3740683243413f041066c42ea84b28140ab7a8052d2bacd7eb7f5ad48296156a64628068343a3b3b3b3737178bc5467ae19beaaddbf1b7c7ef3f383850c7c3fdfd7db5a0698cda9818401d931389442a9552b7c3bfead1eee5e7e7bfcc3bf3c71f725d776f6fcff33c020c45cd80f74fdebdfcf42a9d4e8ff0b25d2793c9f47c241e8fabad5f2e97f58c4f2b130328f75edf5f5b5d570b8dea70572a2f769c871757fa3cb8f97b43d7e1443b4303281b9f37ef5cba3b136fa8e5dcb7ed01cf5cfa70767bf197f323d7fbd173cb63199f2686be2f026ad3abbfe50b4bd2031917d303f8fc063d33b4dffed6327717d4c5df0bf90d06ef91ec62c70c0874ed916c7ffb3b16cd804e41839c63fd54b06c06045483c6d3af537070b63580bff3998213245b0304069c2059c1ca005dc75eabaf15ec0bd0efccc7d2a960e559503f365e2b5836038639f1b76b8f64d30c18e9b22b68d0a88e734ca7667a807f3fcbdc19e9a34d7fd3373f4fbddafc7c5bf3c834313440bd25fb7d2bb867e563267b2def74dc33a42d275b2a95d656d7af3f58d43a463d4c0c50abd5cae572a150a8563b771f997c3e7fb215baae7be3d9cd52ada665787a9918c0f33cb5c98e8e8ed4ad7f4ffbdbf69f275ca1ffa5bc5aadb621ea6362003503d4d6579b2cf81ef18af3f8342b0cfe2d45c7e8343331807f00383c3c941ec82458761d307d08208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c208208c00c24cf91db1517fadc40a06fe6007000000d0f4176ce20a5de9f78f280000000049454e44ae426082');
INSERT INTO public.thumbnails VALUES ('2.25.19852388069410633441424762749712198860', 'c7a94bad6927083f88a6479553c75c0e', '\x89504e470d0a1a0a0000000d49484452000000800000008008020000004c5cf69c0000038b49444154789ceddd4f4fd3601cc0f1b6737fe2086c90402033bc0daf9a78d20b9878f12672f0e401238bf1ac9b8907cf46130f5e4cd48bbe075f074a42b2c3066ca5db28f3c71e1042d8d846dd6f0ffb7e0e646374adcf97ae5ddba1e30000000000304edc4e0f2493c95c2e37cc45d1b2b5b555abd5b4e67eadd303333333b3b3b3c35c142dcd66533180a735631804504600651db70167c4e3f1542a956c8b70f661180641506f3b383888f0996dd16b80442231393999c964a6a6a6229cbd8c7ba54db68404e8c60490fda2b9b9b90867effb7e2c1693d1dfd9d989f0692dd2c74b503a9d9e9e9e9e9f9f8f70f632eed240d600cf1bd3add198feb34707019411401901941140190194114019019411401901941140190194114019019411401901941140190194f57a4ab2d168eceeee964a25d7ed7835e3007cdf2f97cbf2753ccfc83b7d0530e7cdf7f6f6229cbd3cedf6f636012e662e5c0882a052a94438fb300c1b6dad562bc2a7b5481f01742f62bdaad8082b2380320228238032022823803202282380320228238032022823803202282380b25e0f476bf13c2f76acaf09c363237eaac782008944c27c46bcfb2729bfc4d71e34df9adb32e8f57add7c049c009722832e439f4ea72726262e5809aa4e369b3537e517bf5aadb65aad66b3398ca5bc040b02fc7cf7e3d1ab954c26d32540f1cff27aee5bc6c998bb12c08cbeeffbc35ad2018d7a00b1fcfcfec7375fe546cbef704146e19793bf593cf58d679fd6a2bd7ae3ffb120805879fd58d600f7c9e189fbf5f7f9338f161c27ff79fde4eec3a2630f3b0218b206c840175765c04f32147e2fe56f7c575dae4bb129806186fe4c067bd917c038c96079038bdf09cb8b8f6430ab82bd2c0e609806f666b0f525e8f4b6d7eaad82956bc0b97b3e32f4666d70afdb7499a9656bc0d13e7e61a9d3ce7ec13ffcbe79c720efe086b86803eaf87671616161717171988b72ae542a95cd66e55d987c358722cc5187ee538561582e973fbef8706bf5761004dd7f78737373636323b225eed3a8af01e6b866ad56735df7dfb1a00b2f91970032c9dda7f7aaa37d28d4b125808cfefefebee77947c79ccb3d4d35fac7a21d2b02341a0df3f75de5ee1de7658f135a7136c6b1228018fdc3fa03b37237f42a2180320228238032022823803202282380320228238032022823803202282380b26e57b08ec97fe6592a95c6f6cf45010000000000000000000000000000000000000000c0527f013cfc70108b9cad420000000049454e44ae426082');
INSERT INTO public.thumbnails VALUES ('2.25.10591835639464868723210862490739110627', '0c90c6ab5dcdbfc4ed586880c532a933', '\x89504e470d0a1a0a0000000d49484452000000800000008008020000004c5cf69c00000b7949444154789ced9c0d6c556719c7df5b60f483520a627bf92a2d6ca52303632645656a66325d4634d3458cc18fcc8c087168e634b298210cb6e998303647dcccdcd81451c85cdc62b66c12376063e207c858666c5969a1bddc7e5e7a5b90c2f5dff35f1fdf9eb6b7b7ed7dcfbde8f34b7373cee9b9e73ce7f97ecf39ef35465114455114455114455114455114455114455114455114455114455114455114455114455114455114e5722494690192110a8592ac0e4522911874393bc95e0350dda2f44157c9a01a4f780cba4f56914506101573212727070b437d9a013600972e5d1af4d3c6649931c6675a80f708f527a78f71e3c6f153e076b193b1b47ff1e245fb935ceac3b681c91a336438026c8d53b9e33d264c983071e2c42b3c64011bf189ddb0036db037f77bb79c7f80fa85ae7b3cfeddc7f9f3e7f979e1c2052cf0bfb48a0487c9b425321601b6bfd3b545efb9b9b9797979f9f9f9057de47be47ad012b496f9bba9aeae16ed53dddd1ef178bcabab2beed1e571eedc391a03607f9c371b6c908108b0930cf448bf8666a1e2491e85858593274f2ef4d8f2d507931debfe37ccf797263fddea47bf71d623168be193f68085602d588231e1cb4e41127404d809072e4f7f87d2a1f1a953a7beb8e525dffe2f35be08c330113144a43ce03865a6a96ef2bbcc2792f7e9e3e73c3a3b3b77acb9d977cca5b755777474e05fb004cdc0ef9a4c8442a006a0d6a047689f79067a2f2a2a9a366ddafb3ca0f09f1f7a1c969832650adc1fc967debc5e0bb130d06c92b8bc433679dfead7058919a05c78fa5fba0fc3f1a1f1d6d6d69696963b3ff5dd850b1736373763b9adadadd38335c3aed581e924a014643b3edd197a87964b4b4b9fbfef05d9ed95332f633b933e0baf945cbbf391fe67c2d7fe7ae1c90f725914270da89465890658024abf79fee7e48c1f5eb514c6a019b873c03608220224e34ff060722f292981f677ddf5ebedfb1e0a87c35885e3cf9f5f48d533d588bf9ba187c1d867e04629adb62550816106d8e040dbfe68347aead4a9868686d71fbbff93dfbe1ed180e3b07a736713543a726e00f17d38327b9b528fb2b2b287573db2ebd8af162d0a171717c3f1f12f44867438fd53cd7b871af4f8f62ab52636c3aa547b293988309c0ef686d5b7befc9357b6dd71cb86cfc3ea080ea429d8498a4a0036706b00e932a1565c392f1baa9f3b77ee035fd982025b55f57e14006884353615971ff68c035729038ecf760ba743ed4102c4a921d22f0e3fb167fdad2b367d013240e90811e81d2524980ed5a1016cedc3bb71cdb366cdfad323af1a7318ffddd7fcc73973c2acb4d08b8cadc6a2fd2492408f7270c8234109f120000271f70fbec49daf5e51859dd9a706d01ab98d00c63e3c0b8a46bb02ed6f7aee9eab3c2a2a8ae183b6ea4dbaf56e2347863ccc4b1cf4212b220810162f9c7cfe2d8fe3bb77567cb6dceea91c89445c19407a1e5c1bb48f328bcc63cc9b5555553367ce64da19bbf613cf2c09ad7c139f23958d0b6cc9b000e78024c8fedc0e692195b4434e8b814303b0e567eac725555454607b656565b1872fe3a778cc14b70fab2f7b34ce41061c02df424c18cf00c83f18a6f1a685d3ae34c7c541edb6077906d7535e5ebe69c5e6d7da5fc52aea81f4392ece3e3a51a17a8afacc91a7f7acdf8b72052f81a86c88dd89eadc00b80c349de879f677bc3663c60c1ac057723388cf009010a912a3f16737fe0e92437ea9d88e444dbf01a4f961ed45affdd49d3bf7bcf35b34a008f3141d2a3418239521f52f52c56c52a17798e1dedf6fdebfe3004cc21b21ee1c25fd3560a001b091035d18207b928f0de5a1a2a174a4fe4824822d586e6f6f8fc7e3bcbfe4e2d4ae52103c9df7da78b30c0b29ba928bbc944a3448db46b1e12ed8c82ce43461a6d900d25db000c8954c9a348977d6b2cdf76d283ce444a4c2f74d9f019cd6615729880d28ae0459081b918ed8f3999174932ee059866a2b993c6103740ac6f31b062e25778193718018808f128d37facf92b62739765384d587bfb51d9f73ae2f13e1d33e20705884f9008b43cde4c9672c56096dac3635a3f9ded01b737bff0a16214eeedeb9fee0c183ff72d935b88a8090f5a243283f613a4cef9f0312771f32bfac1ef1b78670646cefe9e94117545f5fbfe042d5869c1fba0e5c57b722387cdff6cdaddbb0dc156a0e478b8a8aa40cf8c892bc643fc6b1978dcb1ba24e0cc01b5870a5d50fae59b66c99b9c604f370235d300eb060bf36e1e85ce92feef41a08cdb774788b119791e49656a65e0919883cc284f058edeeee96fb718ece986603c8fd5b681cd2777676c662316c8719f8966096283a09d47e57571796cf9e3d6bdbc085f0ae2200424374be0f623c57e20b07266901746a9e844572c9f90a05b640782ccbab122ea47232be900880fb47a3516c696f6fa72b656d04d8810b695b5a5ab0b1adad0da130aceb8c05871100dfa101363d77cf470a3fcae71bc3bad2b07e3a6a9192ef60fafc067242ef2b177ff98b9b5760817e73994500bd099914817ce6cc99868686c75eff597967053c0bc5c069448f02e91a987920f0c7a77ee23b4fde01d781034160a7d23aec82e038bc1e0c6a6083bdffdc53119f47036495f68de7fb34008a168275e3b31b20300dc07723dcd9c0e1400c7243ddcc42757575797979e62ad3d4d434c5834f6243491fc7a7f2683795dd921c5ce4049148a4b1b1f1ca19a6b6b616724272a9c0a3387e8a381c886101ee039fe24df65e652d37a74f9fc67f737373e5fe68a8efa51d1792a422a7f83e945e535363669813274ec012d842f777da9e397c2f488663f1781c410033acd9b1fad1d537185ccb695337f9dda2a222790d945f19a9197a2d3772a98cd5f3c0f1517521dee29c0f5484cd0d61b37cdd4dd1682db42fe56a846718190e5390f1722b2a01aeb0b5b515c680a2bfbeedd6050b165456567ea67c6ec3b87adeac96f79f5d87824ffb0c50b406d0fef67d0fbde31189d4415abb67735ab1dc4600dd07578220c02a14cdb941d8128b3dbd72f1ec63edffe05327be1b2a498947488b31447dd21d50f55031b40fdfbf6ecac77efc871fd5d61e47a14286c4e08b13378219babb7d35d12e06f46eced2c245a2c58ec57ebae6ba6b0e37fe1936282c2c4461f0bd1a3dc680f0a99ee91e67870c68cfe0e6d0fea767de78d7ae757575474e9e3cd9e2c1a96481dd3871fe7abad8000bb86cc6355c0c1789b0b8afe3de75cb3f64ba4cef9f310dc5f57c06eb9b0f63923cc81cac0b92bc61cf99e1cd419c7a7ef795d38d29bfc2989966ede3b7d7d7bfdde4c1e963bcf313d8482588091a762ee202e300c9173eb8b6f1f6d2d2d270383c7dfaf4e566f6f1d85b05050534836f46d850a94932bbacda2e2fb327394366495ef5cebf3d0575a3cfc16724720c32700a9f6fa252009a3181cd114b5853d70167f0c63c10f5518f929292e565e6ea8b0b4dccf4fe7920269897386818387123df33a77d03c337671823f0ffca91d7fb71f4e8d188074e8a64c886c74efa418e13839ba427394196f9f00f810f2d60c08c4ab0aaf6367c72921e9a5414869bccece10efc467e4d41927fffe6eddd383ea28d1360bccf235885ed11139c3e4683a5fd1e542a64729e305f9ee0fb139cac0a8d43efc57d70ae24e0dc260e1a64c6a414ea6bb75e3cb4d65089acb12c30342d0b3e68f780deb1bdbbbb5bbcfeff6b9eb0b12a24d4c7910e870b1cb2415fcdcdcdbe39f2791ef28305be57dbaf354b0e1c3820535339194fe6cbcb9479ce97a779e459e3c0df9008984c3e0d97f626644d9cb77fb380135a097fa48006b0bb5549faec7318016c250599142f4ab7737d66ef0c66fe75043183fc1a8dfc30ca780b717cf9cd144941096ba67c8f85ad74f90995447f327df55960001bbbebb74b85affff13542f60d06b1876fc176f66cd0bb905d0630fd7f136ba03d4c7f23714f9f727d0e9eb5aa275967001ff698cb37feb2576dcdda2332c7d2a5816c37808f546e0d5d167a57144551144551144551144551144551144551144551144551144551144551144551144551144551fe07f80f3788164bfb69fab00000000049454e44ae426082');
INSERT INTO public.thumbnails VALUES ('2.25.250499507689722501599301580759133119527', '0fb0b35372bf98173fab7cfe83c1a83f', '\x89504e470d0a1a0a0000000d49484452000000800000008008020000004c5cf69c0000027c49444154789ceddcbd6eda50188771bb2e2055a80c480898c85d24dc4be7cedd3275e8d4ad73e6dc0b49afa23b83f9301f060bd1834d5093b6296d4ef3e7759e9f221479383af203e70d02250c4e58afd7eb743aea5dfc5fafd41b78e95eab37f0172a954ab55aade43c2ebbd96cd6b92ccbb6dbadc7958f612940ad567b9babd7eb1e974dd3747a87008f71011a8d46abd56a369b1e979dcd665114b9a77f92241e973d92a500eefc7101daed76b7dbf5b86c1cc7aabb1f3084e50820460031028811408c0062041023801801c40820460031028811408c0062041023801801c4082066e923c92ccbe6f3791cc75114795c763a9d2649b25aad3cae793c4b01dc3d9a4c2661182e160b8fcb2e97cbf178ec1e9fff2b1181ad00ebf5dadda9344d47a391c765dd0bcba575cb12e00f56397762a837e21343588c0062041023801801c40820460031028811408c0062041023801801c40820460031028811408c0062041023801801c40820460031028811408c0062e50970733d506fe15f94278051f6020ccebeb89f0717ddd3ffe25d5fb29f270ad51b78cceffe71ebe0ea26f87cbbfbedf2bcb812bed96e1761fffdc5736ecf0b4b5f4fff51ffdb07f7382832389f949b790aab010a450677fe6c3f7e0d82dbc1d9fe8a21f666c02fedeefbe5b97bfc793c9c38abaf80dd18c815a77f70b5bf6eee156032c0bd617b1d589cbd07253982ecb21dc0ee9fff07b6039480d93762b9fd04be637118981cc2417eaf8bf3a71fec6ffaa18a2d1c416256039460fc16ac1e4181d933e701930176c3d6f8fbaf0393475069ce9fc068803231f93ea04c4e7a060c8743f51600000000000000000000000000000000000000000000000000000000002fd877f5afc280fc1619710000000049454e44ae426082');



INSERT INTO public.unreadable_files VALUES (1, 1, '/data/calcinosis/images.zip', 'broken.dcm', 'unreadable_file', 'A readable DICOM file expected, found: ValueError: no SOP Class UID (0008,0016) (broken.dcm in images.zip). Export the file again, or remove it.', 'failed', true);
INSERT INTO public.unreadable_files VALUES (2, 2, '/data/calcinosis/images.zip', 'broken.dcm', 'unreadable_file', 'A readable DICOM file expected, found: ValueError: no SOP Class UID (0008,0016) (broken.dcm in images.zip). Export the file again, or remove it.', 'failed', false);



SELECT pg_catalog.setval('public.dicom_objects_object_id_seq', 1, false);



SELECT pg_catalog.setval('public.exports_export_id_seq', 4, true);



SELECT pg_catalog.setval('public.lesion_revisions_revision_id_seq', 27, true);



SELECT pg_catalog.setval('public.looks_look_id_seq', 3, true);



SELECT pg_catalog.setval('public.outcomes_outcome_id_seq', 7, true);



SELECT pg_catalog.setval('public.registry_instances_registry_instance_id_seq', 1, false);



SELECT pg_catalog.setval('public.remarks_remark_id_seq', 1, false);



SELECT pg_catalog.setval('public.runs_run_id_seq', 2, true);



SELECT pg_catalog.setval('public.sent_objects_sending_id_seq', 1, false);



SELECT pg_catalog.setval('public.stacks_stack_id_seq', 8, true);



SELECT pg_catalog.setval('public.unreadable_files_file_id_seq', 2, true);



ALTER TABLE ONLY public.about
    ADD CONSTRAINT about_pkey PRIMARY KEY (name);



ALTER TABLE ONLY public.chain
    ADD CONSTRAINT chain_pkey PRIMARY KEY (entry);



ALTER TABLE ONLY public.dicom_objects
    ADD CONSTRAINT dicom_objects_pkey PRIMARY KEY (object_id);



ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (export_id);



ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (stack_id, slice_number);



ALTER TABLE ONLY public.registry_instances
    ADD CONSTRAINT instance_given_once UNIQUE (record_id, event, instrument, uid);



ALTER TABLE ONLY public.lesion_revisions
    ADD CONSTRAINT lesion_revisions_pkey PRIMARY KEY (revision_id);



ALTER TABLE ONLY public.looks
    ADD CONSTRAINT looks_pkey PRIMARY KEY (look_id);



ALTER TABLE ONLY public.lesion_revisions
    ADD CONSTRAINT number_given_once UNIQUE (stack_id, lesion_number, revision_number);



ALTER TABLE ONLY public.dicom_objects
    ADD CONSTRAINT object_once UNIQUE (sop_instance_uid);



ALTER TABLE ONLY public.dicom_objects
    ADD CONSTRAINT one_object_of_an_instance_number UNIQUE (stack_id, kind, part, key_fingerprint, instance_number);



ALTER TABLE ONLY public.lesion_revisions
    ADD CONSTRAINT one_revision_of_a_base UNIQUE (tracking_uid, stack_id, revision_number);



ALTER TABLE ONLY public.registry_instances
    ADD CONSTRAINT one_uid_of_an_instance UNIQUE (record_id, event, instrument, repeat_instance);



ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_pkey PRIMARY KEY (outcome_id);



ALTER TABLE ONLY public.outlines
    ADD CONSTRAINT outlines_pkey PRIMARY KEY (outline_hash);



ALTER TABLE ONLY public.record_ids
    ADD CONSTRAINT record_ids_pkey PRIMARY KEY (patient_id);



ALTER TABLE ONLY public.registry_instances
    ADD CONSTRAINT registry_instances_pkey PRIMARY KEY (registry_instance_id);



ALTER TABLE ONLY public.remarks
    ADD CONSTRAINT remarks_pkey PRIMARY KEY (remark_id);



ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (run_id);



ALTER TABLE ONLY public.sent_objects
    ADD CONSTRAINT sent_objects_pkey PRIMARY KEY (sending_id);



ALTER TABLE ONLY public.sent_objects
    ADD CONSTRAINT sent_once UNIQUE (sop_instance_uid, archive);



ALTER TABLE ONLY public.settings_used
    ADD CONSTRAINT settings_used_pkey PRIMARY KEY (settings_hash);



ALTER TABLE ONLY public.stacks
    ADD CONSTRAINT stack_once UNIQUE (study_uid, series_uid, stack_number, folder);



ALTER TABLE ONLY public.stacks
    ADD CONSTRAINT stacks_pkey PRIMARY KEY (stack_id);



ALTER TABLE ONLY public.thumbnails
    ADD CONSTRAINT thumbnails_pkey PRIMARY KEY (tracking_uid, outline_hash);



ALTER TABLE ONLY public.unreadable_files
    ADD CONSTRAINT unreadable_files_pkey PRIMARY KEY (file_id);



CREATE INDEX chain_of_row ON public.chain USING btree (table_name, row_id, entry);



CREATE INDEX looks_at_stack ON public.looks USING btree (stack_id, look_id);



CREATE INDEX outcomes_of_stack ON public.outcomes USING btree (stack_id, outcome_id);



CREATE INDEX remarks_on_lesion ON public.remarks USING btree (stack_id, tracking_uid, remark_id);



CREATE INDEX worklist ON public.lesion_revisions USING btree (stack_id, tracking_uid, revision_number, is_withdrawn, status, tissue);



CREATE TRIGGER chain_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.chain FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER dicom_objects_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.dicom_objects FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER exports_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.exports FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER lesion_revisions_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.lesion_revisions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER looks_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.looks FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER outcomes_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.outcomes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER outlines_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.outlines FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER registry_instances_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.registry_instances FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER remarks_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.remarks FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER sent_objects_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.sent_objects FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



ALTER TABLE ONLY public.dicom_objects
    ADD CONSTRAINT dicom_objects_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.lesion_revisions
    ADD CONSTRAINT lesion_revisions_outline_hash_fkey FOREIGN KEY (outline_hash) REFERENCES public.outlines(outline_hash);



ALTER TABLE ONLY public.lesion_revisions
    ADD CONSTRAINT lesion_revisions_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(run_id);



ALTER TABLE ONLY public.lesion_revisions
    ADD CONSTRAINT lesion_revisions_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.looks
    ADD CONSTRAINT looks_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(run_id);



ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.remarks
    ADD CONSTRAINT remarks_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.thumbnails
    ADD CONSTRAINT thumbnails_outline_hash_fkey FOREIGN KEY (outline_hash) REFERENCES public.outlines(outline_hash);



ALTER TABLE ONLY public.unreadable_files
    ADD CONSTRAINT unreadable_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(run_id);
