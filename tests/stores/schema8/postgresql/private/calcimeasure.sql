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



CREATE TABLE public.lesion_links (
    link_id integer NOT NULL,
    prior_stack_id integer NOT NULL,
    current_stack_id integer NOT NULL,
    prior_tracking_uid text,
    prior_revision_number integer,
    current_tracking_uid text,
    current_revision_number integer,
    state text NOT NULL,
    source text NOT NULL,
    confidence double precision NOT NULL,
    reader character varying COLLATE pg_catalog."C",
    made_at timestamp without time zone NOT NULL,
    is_withdrawn boolean NOT NULL,
    detail text NOT NULL,
    made_from text NOT NULL,
    software_version text NOT NULL
);



COMMENT ON TABLE public.lesion_links IS 'Which lesion of a prior stack is which of a current stack, and what became of those that are none (state), with the revisions that were compared; detail: the change as JSON. A link is withdrawn by a row of its own; a reader''s counts before the program''s, then the newest. Times are UTC.';



CREATE SEQUENCE public.lesion_links_link_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.lesion_links_link_id_seq OWNED BY public.lesion_links.link_id;



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



CREATE TABLE public.registrations (
    registration_id integer NOT NULL,
    prior_stack_id integer NOT NULL,
    current_stack_id integer NOT NULL,
    prior_tracking_uid text,
    matrix text NOT NULL,
    bone_share double precision NOT NULL,
    similarity double precision NOT NULL,
    carries boolean NOT NULL,
    made_from text NOT NULL,
    made_at timestamp without time zone NOT NULL,
    software_version text NOT NULL
);



COMMENT ON TABLE public.registrations IS 'Motions between two stacks, prior to current in LPS mm (matrix: JSON, 4 x 4): of the whole body, or of the neighborhood of a lesion (prior_tracking_uid); made_from: what they were found from; the newest rows count. Times are UTC.';



CREATE SEQUENCE public.registrations_registration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;



ALTER SEQUENCE public.registrations_registration_id_seq OWNED BY public.registrations.registration_id;



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



ALTER TABLE ONLY public.lesion_links ALTER COLUMN link_id SET DEFAULT nextval('public.lesion_links_link_id_seq'::regclass);



ALTER TABLE ONLY public.lesion_revisions ALTER COLUMN revision_id SET DEFAULT nextval('public.lesion_revisions_revision_id_seq'::regclass);



ALTER TABLE ONLY public.looks ALTER COLUMN look_id SET DEFAULT nextval('public.looks_look_id_seq'::regclass);



ALTER TABLE ONLY public.outcomes ALTER COLUMN outcome_id SET DEFAULT nextval('public.outcomes_outcome_id_seq'::regclass);



ALTER TABLE ONLY public.registrations ALTER COLUMN registration_id SET DEFAULT nextval('public.registrations_registration_id_seq'::regclass);



ALTER TABLE ONLY public.registry_instances ALTER COLUMN registry_instance_id SET DEFAULT nextval('public.registry_instances_registry_instance_id_seq'::regclass);



ALTER TABLE ONLY public.remarks ALTER COLUMN remark_id SET DEFAULT nextval('public.remarks_remark_id_seq'::regclass);



ALTER TABLE ONLY public.runs ALTER COLUMN run_id SET DEFAULT nextval('public.runs_run_id_seq'::regclass);



ALTER TABLE ONLY public.sent_objects ALTER COLUMN sending_id SET DEFAULT nextval('public.sent_objects_sending_id_seq'::regclass);



ALTER TABLE ONLY public.stacks ALTER COLUMN stack_id SET DEFAULT nextval('public.stacks_stack_id_seq'::regclass);



ALTER TABLE ONLY public.unreadable_files ALTER COLUMN file_id SET DEFAULT nextval('public.unreadable_files_file_id_seq'::regclass);



INSERT INTO public.about VALUES ('schema_version', '8');
INSERT INTO public.about VALUES ('store_id', 'b16d7395-af70-4396-9744-b0ce2ea1b8e9');
INSERT INTO public.about VALUES ('key_fingerprint', '6e4d893c2cce1b32');
INSERT INTO public.about VALUES ('key_place', '/data/calcinosis/pseudonyms.key');



INSERT INTO public.chain VALUES (1, 'about', 'schema_version', 'bf0ff060ddb0427e6246c46fa7f119c1', '298bdf9c66d3198f324e9eee103843a1', false);
INSERT INTO public.chain VALUES (2, 'about', 'store_id', '1d96a98100931db8942e752d1aa6f71c', '31710574620b8a8b8ce5101e341f2ddd', false);
INSERT INTO public.chain VALUES (3, 'chain', '', '', '99c16f7e59ea4e47221afffa900db448', true);
INSERT INTO public.chain VALUES (4, 'about', 'key_fingerprint', '64b53aa48651ef81c8ab8d646bfee1de', '0c3e5f9564b47f6e520090bac68909cc', true);
INSERT INTO public.chain VALUES (5, 'about', 'key_place', '919ef634306c44f4a4acbe300cb0a340', 'd30af87a7fcd18417081d8a506a94b22', true);
INSERT INTO public.chain VALUES (6, 'record_ids', 'CALCI-1', 'dd337615477e42cc62f5c3ffe9447d30', 'ba59abe3f7694a9c6b92368a92975516', true);
INSERT INTO public.chain VALUES (7, 'record_ids', 'CALCI-3', '09677a18edd82b3a780460d256c12df0', '1c3ae55174a93da1889fe86a49dafc61', true);
INSERT INTO public.chain VALUES (8, 'runs', '1', '83f59e52fb9027d7ff976986b082bafd', 'ce8b4cfdf3950a732247c4f0bd94d488', true);
INSERT INTO public.chain VALUES (9, 'settings_used', '856cfbdae0f6', 'f97701858bca4005897afa61eabab414', '0897b345694a450aa5b75823b7ffda5e', true);
INSERT INTO public.chain VALUES (10, 'unreadable_files', '1', '97d0ac9bcbcb95b8dc17ca0b2e962a65', '651110733511a36e08a62821e9574126', true);
INSERT INTO public.chain VALUES (11, 'files', '1', '713eacf9aedb27d67f962040ac6fd608', '086ffbdd6d9cb3ff8a7e86f08ad66310', true);
INSERT INTO public.chain VALUES (12, 'outcomes', '1', '425ee518fc7d4ba4804735738818a2f8', '531bfc1c982ac3f299f27decb372c59c', true);
INSERT INTO public.chain VALUES (13, 'stacks', '1', 'e0b900d47673464cae4ab1fcd6fe1cfe', 'c8d91aa1e3afc53536632788bd7dc1b2', true);
INSERT INTO public.chain VALUES (14, 'files', '2', '63c0b4a44ea36ba73d4ee604333f2076', 'bad39bf13ecdf2ac08f17b59ff0e2b5d', true);
INSERT INTO public.chain VALUES (15, 'outcomes', '2', '2fb63cb66b7698ad8c9f29b66bb6d3f9', 'a921bc58f87a30a9cd71691fc17573ee', true);
INSERT INTO public.chain VALUES (16, 'stacks', '2', '817cf8daf96c56969bf4d9cef665e8c4', 'b09fb3acc894784930c1c29bfec5f526', true);
INSERT INTO public.chain VALUES (17, 'files', '3', '833ac0d1a0dc411b5f3e7e535af61f4c', '6e0589c1e9d63772487ebd0760cc494b', true);
INSERT INTO public.chain VALUES (18, 'lesion_revisions', '1', 'fe94b36249b22a62cedce6a69e401f3f', '43db7deb513bda17c9ae2937bf74caca', true);
INSERT INTO public.chain VALUES (19, 'lesion_revisions', '2', '81a7b603ce8401f3bb49be65cd60ea0f', '72e5648b84decce01290680b0f9badd8', true);
INSERT INTO public.chain VALUES (20, 'outcomes', '3', '7da8270112a65228554ad2b670bffbd1', '1ef24d6188d887fd29ae56c40d73bca4', true);
INSERT INTO public.chain VALUES (21, 'outlines', '6ba7aedf5c29e504ea2b2bcd879ca63c', 'd09dfd96456170250cfd67350775976f', '2b7a242ae1d3d986e37affc3b86512c6', true);
INSERT INTO public.chain VALUES (22, 'outlines', 'c7a94bad6927083f88a6479553c75c0e', 'c1e6cc14e1b563796732972dbaab4455', '9bd939e0c590284df1dba6effac5ff33', true);
INSERT INTO public.chain VALUES (23, 'stacks', '3', '9f796bbdb6dc833acaaa3cc843d8e4c5', '52a69d376d5c4a9535705cc77b2b22c1', true);
INSERT INTO public.chain VALUES (24, 'thumbnails', '2.25.19852388069410633441424762749712198860', '875a933de9e371e954fd5f919c4ebf90', 'e30ac9fbac1a65b798738e9f969f6553', true);
INSERT INTO public.chain VALUES (25, 'thumbnails', '2.25.210748420118641270869531087809751486009', 'a7736a9b8cb12adeb6fff315ce471648', '303a7d7c55a4f298b3e25fd01208fc44', true);
INSERT INTO public.chain VALUES (26, 'files', '4', '831ba51edf79582e32afe359af96e32b', '878f49a2905da8bfdf8c8261a17e71dc', true);
INSERT INTO public.chain VALUES (27, 'outcomes', '4', 'a84bbade7b01cc12c93b5e34c3e1e686', '5685d5ac6358b1a9ec4c90412be4212e', true);
INSERT INTO public.chain VALUES (28, 'stacks', '4', '8e8bac09a5abc507055d93193216e3f0', 'e389a6a0bc40c365511a1729c3d9f99a', true);
INSERT INTO public.chain VALUES (29, 'runs', '1', '04e0f13f9c3a0c5853026b30cbe4e31c', 'ad17bd633269baf940ce000a4e98321a', true);
INSERT INTO public.chain VALUES (30, 'lesion_revisions', '3', '2b4f3e247b6f4bf5da7e73f27df07f3e', '54e8c4c77f7e7f9fde13ec8bfe1c9afe', false);
INSERT INTO public.chain VALUES (31, 'lesion_revisions', '4', '042d673e21e4639fde57e1aa556439f6', '9ce69ab95ec763b079bb8fe454decf1d', false);
INSERT INTO public.chain VALUES (32, 'lesion_revisions', '5', '18e9ad21307275b8925768423a0c03c0', '021e27af07908305077653e28b9b1d62', false);
INSERT INTO public.chain VALUES (33, 'lesion_revisions', '6', '2aeab34ef6b45db8533c5064e43b39f2', 'e0b31d5e84fb187ddfdd75ea80ea8db9', false);
INSERT INTO public.chain VALUES (34, 'lesion_revisions', '7', '2c1adfd39741f4e8e8448059906f3a4f', 'f45c8a562df76a6df84816625c8b30e1', false);
INSERT INTO public.chain VALUES (35, 'lesion_revisions', '8', '6450bad6ba5a20c0980d01a51b29e7f2', 'df29474c6d88a4dd628a5a0ad3869615', false);
INSERT INTO public.chain VALUES (36, 'outlines', '08e76c7c56b3a65854f82baed036eb29', '1cfb33c898f1dd955a8d0807caaa852a', '4c08967ef454191ac5e458cd5b9d3a4a', false);
INSERT INTO public.chain VALUES (37, 'outlines', '86ca3e493144496b03aa5926e980a8b7', '2f5e574ce577d8f7cf3de90b059efedf', 'b6ed34b162528260a6598503ebaf2d04', false);
INSERT INTO public.chain VALUES (38, 'lesion_revisions', '9', 'd3b38c8b10f50bad3cbbf29a8f17f729', '0e8c643fda5dea6b6e5aaefd381a7fbe', false);
INSERT INTO public.chain VALUES (39, 'lesion_revisions', '10', 'cc751eec36ab7377b34c9d71e2b4e262', '8aa28d47b9da520b99be6100c2d8fbd9', false);
INSERT INTO public.chain VALUES (40, 'lesion_revisions', '11', 'a3b772321d85977adf5500a997519f75', '3a579a8eaa579cbc03de80bc56a63857', false);
INSERT INTO public.chain VALUES (41, 'outlines', '84413d5e7dc1a2ff51edec14bde02c6f', 'abbcf7ba064aca38ddbba20d03bc08b6', '2dc84df8491620e037d27058f2c88932', false);
INSERT INTO public.chain VALUES (42, 'lesion_revisions', '12', 'f081f4f3a0bea415144131ac51d30593', '1baa3301fd11c1c8e464a3989f2d39a7', false);
INSERT INTO public.chain VALUES (43, 'lesion_revisions', '13', '2d0e754744f941ac224129e95281006b', '3d18781647627f91bb461cd5e1a99d4c', false);
INSERT INTO public.chain VALUES (44, 'outlines', 'd5b40b3eb310908f756d6b6b2dcd8bce', '8191e69c030608584be70d3a37797481', 'b4b04c88c363a277ba1bb4c39aa7aeae', false);
INSERT INTO public.chain VALUES (45, 'lesion_revisions', '14', 'bbdd0773ee8cb537e68677710cb691e2', '72ed914453e8d6a12a8967b7c7cc9d57', false);
INSERT INTO public.chain VALUES (46, 'outlines', 'f301b8d50ed70316dbc78c9d7785750c', '160028f8bd6c4687a2404ce13d5e8c08', '84af0490558b14c59abab86d4acad3a9', false);
INSERT INTO public.chain VALUES (47, 'lesion_revisions', '15', 'a3999f158b42ed3b1811a7ca70959deb', '92a513ed84e44124032f1b152ea7b5b6', false);
INSERT INTO public.chain VALUES (48, 'lesion_revisions', '16', 'd94b07f2ec9bd6ac0e9b30c60f97d705', '14f60005863d0d8913fc9f6056dc4306', false);
INSERT INTO public.chain VALUES (49, 'outlines', '0fb0b35372bf98173fab7cfe83c1a83f', 'b116b816c0abf2bf90c6c54c8fbb2c28', '7d5893d9df7fdd3c220c5013cedfb319', false);
INSERT INTO public.chain VALUES (50, 'lesion_revisions', '17', '85bf1b1b00d70b9663335602778ec458', '024db031aee051ed8e7f69979a1e22c8', false);
INSERT INTO public.chain VALUES (51, 'lesion_revisions', '18', '8003677441b7dca807236eb4b407028c', '51670885c0b38e60e673b22c106e1fd6', false);
INSERT INTO public.chain VALUES (52, 'lesion_revisions', '19', 'e9a49890cdc65714d729e19c091e7582', '97c9dcab52e40029e174d71c60a7567d', false);
INSERT INTO public.chain VALUES (53, 'outlines', '0c90c6ab5dcdbfc4ed586880c532a933', '03295b51654066d6ec83cb74ac626311', '2a7d9fd2e79417c24b3d19606f846079', false);
INSERT INTO public.chain VALUES (54, 'lesion_revisions', '20', '77b597f4252efa08ca35e0cb5918b1b5', '22cb609157d1326fa32f75d0255bff47', false);
INSERT INTO public.chain VALUES (55, 'lesion_revisions', '21', 'f44b173127246ee553359f3d7eee9de8', '28aa8571f37639efa112522c7a6b4e7d', false);
INSERT INTO public.chain VALUES (56, 'lesion_revisions', '22', 'd488e9fa5651e30318a9f2305f2d4142', 'e23b87b9220320da8ef957ba1811b431', false);
INSERT INTO public.chain VALUES (57, 'remarks', '1', '9e7a19912a4f89a6e8250720b4a9507b', '05c2c18726875636eaec89364ccd22bc', false);
INSERT INTO public.chain VALUES (58, 'remarks', '2', '3a1e03518baaf8f3cf301a7dc27eafad', '8547e64f5927d004a7ec1fe35ea61247', false);
INSERT INTO public.chain VALUES (59, 'remarks', '3', 'e8d0ee95d467a14948424c0b2b4d08f1', '28f0867caf3485d0856fb343e60e74ed', false);
INSERT INTO public.chain VALUES (60, 'looks', '1', 'f9ab41c9ad27c4d39e2a72c45acab431', 'e1787efa34299aa1d568201654cbecef', false);
INSERT INTO public.chain VALUES (61, 'looks', '2', '639e597dd39ecd6aa63b720e1b622902', '0619baaa8a4434640fb2c9d7f3df6cb9', false);
INSERT INTO public.chain VALUES (62, 'looks', '3', 'ecf0fe84849d5c7a35b3007ca04e1dfb', 'b444418f0c50f188115576dc109d253c', false);
INSERT INTO public.chain VALUES (63, 'runs', '2', '61c3058b8f428e00f969e3192cf56407', '0ebdbef6a7e14523432d7ac160589e99', true);
INSERT INTO public.chain VALUES (64, 'settings_used', '363f1e59a89c', 'f992c1ba99556e4fec817076357d4faa', '79b5cff316972d2c0036ce661310fac8', true);
INSERT INTO public.chain VALUES (65, 'unreadable_files', '1', '3833265108aa438b8143f6eaeaac88a3', '7d1dc77ab01ea34e7e0af57a23b6b5ca', true);
INSERT INTO public.chain VALUES (66, 'unreadable_files', '2', '227d7731973d8f60177eeac1f26b15ce', '75fd3278014f48d063a577fb870334f7', true);
INSERT INTO public.chain VALUES (67, 'outcomes', '5', '2971123a0ce1ebd56e2fbd7f08f10a4c', '88d4db81b9a438673cd441e8ae4769f0', true);
INSERT INTO public.chain VALUES (68, 'lesion_revisions', '23', 'd2222bff9927f527f02b95408ea16267', '276046f43bd31b3d21b8e5c540e49a8c', true);
INSERT INTO public.chain VALUES (69, 'lesion_revisions', '24', '98961575f9af99f637c577255fa6316a', '32edc11566ea561ba7540750e209962d', true);
INSERT INTO public.chain VALUES (70, 'lesion_revisions', '25', '9cbd38370dcadea6bc8020eb39ee52ed', '13d11875a77934df0038c4a0661f0eef', true);
INSERT INTO public.chain VALUES (71, 'outcomes', '6', '355535a482d82ba6882cdbd489d92c89', '02188f0f5898e97f9f9371bdf1caf587', true);
INSERT INTO public.chain VALUES (72, 'thumbnails', '2.25.250499507689722501599301580759133119527', 'e6c40e6adb6e59241168e027ad45d136', '4371ff6a8bae8f819eee8b69e8001643', true);
INSERT INTO public.chain VALUES (73, 'lesion_revisions', '26', 'f51566622c127349ca388418282266d3', '311d37eeb2a0eb2269a4d4aa5a65ea6a', true);
INSERT INTO public.chain VALUES (74, 'outcomes', '7', '09fbe10f1e91ec0d7827402acbb24a42', '5d8d02dde5e7e4c0b374fe02447bd1fa', true);
INSERT INTO public.chain VALUES (75, 'thumbnails', '2.25.10591835639464868723210862490739110627', 'ff87a8699b349327957b1e9cd99ef2a7', 'fb1da6acb0daa6d63fe4a12a8d83e69c', true);
INSERT INTO public.chain VALUES (76, 'runs', '2', '5aea9a15a538cf65322f2dadfc09eb3a', '3f2e5ac8e89bae5e23efc98622e5a52c', true);
INSERT INTO public.chain VALUES (77, 'lesion_revisions', '27', '5a9bfc525940546acbc041af5a96ee36', '6f9ed79318e8236f1243b31f30f1d206', false);
INSERT INTO public.chain VALUES (78, 'exports', '1', '5f28c9c77f7a3b184fa9d2fd4636f71e', 'f4090cc3459598676f9790d7cb0ecbc8', true);
INSERT INTO public.chain VALUES (79, 'exports', '2', 'af05311ac5fd2e13afece4d74981b6f8', '0dcc42ec242ca9cc2c698118d9cb68c7', true);
INSERT INTO public.chain VALUES (80, 'exports', '3', '7d70ccc8fe229a19f15464cc9169a2d9', '97ec56c72a6ba368d7318fc56c7bc1f9', true);
INSERT INTO public.chain VALUES (81, 'exports', '4', '36c4aef4f04973cf1908c6d46c6d6165', 'd99a0558ca9fe89afd5aef8c748fbd03', true);






INSERT INTO public.exports VALUES (1, '2026-11-30 15:15:46.311613', 'root', 'export csv: studies.csv', false, '/data/calcinosis/results/studies.csv', NULL, '6e4d893c2cce1b32', 3, 1, '8c73f1c6f758bda713b52c4fac87b47ae05f3ee83be58509a97403eef7550ecf', '0.1.0');
INSERT INTO public.exports VALUES (2, '2026-11-30 15:15:46.36186', 'root', 'export csv: lesions.csv', false, '/data/calcinosis/results/lesions.csv', NULL, '6e4d893c2cce1b32', 3, 1, 'ef78db7b9d6f9764d83e39187858037f857e1204d96ae64a329c619001e8c95c', '0.1.0');
INSERT INTO public.exports VALUES (3, '2026-11-30 15:15:49.78935', 'root', 'export csv: identified.csv', true, '/data/calcinosis/identified/identified.csv', NULL, NULL, 3, 1, '7777dd984917c1fb2ffb660807801018e752b89290126b2514f7779617df0070', '0.1.0');
INSERT INTO public.exports VALUES (4, '2026-11-30 15:15:53.083794', 'root', 'export revisions: all.csv', true, '/data/calcinosis/identified/all.csv', NULL, NULL, 27, 1, '5ad61467235275c1c44d457e1b2799a0838f700f5df009e41f33c4e3ca053af1', '0.1.0');



INSERT INTO public.files VALUES (1, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00000.dcm', 0, '1.2.826.0.1.3680043.8.498.23327212472855633696964151342731282795', 1, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (1, 1, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00001.dcm', 0, '1.2.826.0.1.3680043.8.498.55245664487561056737697388924019532102', 2, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (1, 2, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00002.dcm', 0, '1.2.826.0.1.3680043.8.498.48015047834178164818427242479992434818', 4, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (1, 3, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00003.dcm', 0, '1.2.826.0.1.3680043.8.498.53771608169188472219480741595850024679', 5, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (1, 4, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'gap/IM00004.dcm', 0, '1.2.826.0.1.3680043.8.498.30483087714849969841507594350894197742', 6, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (2, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00000.dcm', 0, '1.2.826.0.1.3680043.8.498.33293782960798228329022898428216387479', 1, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (2, 1, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00001.dcm', 0, '1.2.826.0.1.3680043.8.498.83862256148986590903789741099249146858', 2, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (2, 2, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00002.dcm', 0, '1.2.826.0.1.3680043.8.498.64930026822010764304498978458169196462', 3, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (2, 3, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00003.dcm', 0, '1.2.826.0.1.3680043.8.498.53571809675721541958629562237484158543', 4, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (2, 4, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00004.dcm', 0, '1.2.826.0.1.3680043.8.498.49544332893640915593299357329287301560', 5, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (2, 5, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'nothing/IM00005.dcm', 0, '1.2.826.0.1.3680043.8.498.66799772281436892913353880345243933229', 6, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (3, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00000.dcm', 0, '1.2.826.0.1.3680043.8.498.11715888281164466944279427678660047812', 1, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (3, 1, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00001.dcm', 0, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (3, 2, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00002.dcm', 0, '1.2.826.0.1.3680043.8.498.49697136149396052525744400796052112277', 3, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (3, 3, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00003.dcm', 0, '1.2.826.0.1.3680043.8.498.12816118625841612029351207378719716451', 4, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (3, 4, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00004.dcm', 0, '1.2.826.0.1.3680043.8.498.47754083886511516890482127571921222881', 5, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (3, 5, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'masses/IM00005.dcm', 0, '1.2.826.0.1.3680043.8.498.19261165233974039332508602257643477888', 6, 14077, 1796051728538121961);
INSERT INTO public.files VALUES (4, 0, '/data/calcinosis/images.zip', '/data/calcinosis/images.zip', 'film/DX.dcm', 0, '2.25.33', 1, 14077, 1796051728538121961);






INSERT INTO public.lesion_revisions VALUES (1, 3, 1, '2.25.210748420118641270869531087809751486009', 1, NULL, 1, '2026-11-30 15:15:32.153907', NULL, 'measured', NULL, false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'proposed', 'automatic', NULL, NULL, 'calcified_mass', 0.80839861301542, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (2, 3, 1, '2.25.19852388069410633441424762749712198860', 1, NULL, 2, '2026-11-30 15:15:32.153918', NULL, 'measured', NULL, false, 'c7a94bad6927083f88a6479553c75c0e', 'proposed', 'automatic', NULL, NULL, 'calcified_mass', 0.6823004161598488, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.091361452406023, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, -1.0]]', 4.96679479637175, '[[3.0538499060452615, 6.1582744802609, -1.0], [5.4999999999999964, 1.835613232012232, -1.0]]', 6.41129350005582, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, 1.0]]', 2, '1.2.826.0.1.3680043.8.498.49697136149396052525744400796052112277', 3, '[4.5, 4.0, 0.0]', '[5.333555340766907, 4.328773528337479, 4.0]', false, false, 0, false, 400, 400, 0, 400, 0.10715590667724609, 0.07033333333333333, 0.08, 91.96180593448943, 0.8960194428295417, NULL, 174.3836321024226, 1.1146818305104362, 1.1582795391529215, 0.018522617829013467, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.08, 0.04166443223498505, NULL, NULL, 1, 'solid', 0.8218644395189599, 'image', NULL, 4, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (3, 3, NULL, '2.25.210748420118641270869531087809751486009', 2, 1, 1, '2026-11-30 15:15:35.184695', 'Dr A', 'side: right', '3bba852b-b9e6-441d-9076-6d25e26724f3', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'proposed', 'automatic', 'Dr A', '2026-11-30 15:15:35.184695', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (4, 3, NULL, '2.25.210748420118641270869531087809751486009', 3, 2, 1, '2026-11-30 15:15:35.206212', 'Dr B; Ärztin', 'accepted', 'e1fc7ec0-d409-4375-a8e1-2c96b52b47b7', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 15:15:35.206212', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (5, 3, NULL, '2.25.210748420118641270869531087809751486009', 4, 3, 1, '2026-11-30 15:15:35.216439', 'Dr A', 'rejected', 'f4213174-9db8-421e-96f9-8e53f768d241', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'rejected', 'automatic', 'Dr A', '2026-11-30 15:15:35.216439', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (6, 3, NULL, '2.25.210748420118641270869531087809751486009', 5, 4, 1, '2026-11-30 15:15:35.228648', 'Dr B; Ärztin', 'undone: as in revision 3', '6ba1bdf0-9e51-4940-8fc5-4d2c55733e16', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 15:15:35.206212', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (7, 3, NULL, '2.25.210748420118641270869531087809751486009', 6, 5, 1, '2026-11-30 15:15:35.277205', 'Dr A', 'split of lesion 1', '4565748c-7186-4c77-96bb-617ed27f4da1', false, '08e76c7c56b3a65854f82baed036eb29', 'accepted', 'manual', 'Dr A', '2026-11-30 15:15:35.277205', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 7.858936355647212, '[[-6.5, -9.0, -3.0], [-1.5, -2.936759889125824, -3.0]]', 7.858936345255795, '[[-6.999999999999999, -3.500000006611211, -3.0], [-0.9367598971428954, -8.5, -3.0]]', 9.887511347255865, '[[-6.5, -9.0, -3.0], [-1.5, -2.936759889125824, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-4.0, -6.0, 0.0]', '[6.063240110874176, 6.126480221748352, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.3297005767822266, 0.2733333333333334, 0.288, 234.69192229847295, 0.8678560874226277, NULL, 328.26154440163816, 0.5766203764291982, 0.7672060992311011, 0.02930529758336689, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.288, 0.10593117544546679, NULL, NULL, 1, 'solid', 0.821863740941546, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'outline_rules;plateau_from_sum', 'outline_rules;plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (8, 3, NULL, '2.25.280214240345127076698822555509179394940', 1, NULL, 3, '2026-11-30 15:15:35.277205', 'Dr A', 'split of lesion 1', '4565748c-7186-4c77-96bb-617ed27f4da1', false, '86ca3e493144496b03aa5926e980a8b7', 'accepted', 'manual', 'Dr A', '2026-11-30 15:15:35.277205', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.082762530298219, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, -3.0]]', 2.0275875100994067, '[[-9.0, -8.166666666666666, -3.0], [-7.0, -8.5, -3.0]]', 8.54400374531753, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-8.0, -6.0, 0.0]', '[2.0, 6.0, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.12942209243774414, 0.08533333333333333, 0.096, 128.80337847847463, 0.7277284331451144, NULL, 284.78047809990545, 4.508383461951745, 3.109923260296226, 0.016480904146014594, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.096, 0.05879485008031243, NULL, NULL, 1, 'plate', 0.6656039327015002, 'image', NULL, 2.2, NULL, NULL, NULL, NULL, 'outline_rules;plateau_from_sum', 'outline_rules;plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (19, 4, NULL, '2.25.10591835639464868723210862490739110627', 1, NULL, 1, '2026-11-30 15:15:35.655634', 'Dr A', 'added: manual', 'd73ce153-d3f9-40c8-9c33-4c02bf53453a', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr A', '2026-11-30 15:15:35.655634', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, NULL, 'none', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, NULL, NULL, 1, 'solid', 0.6784954340953719, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, 'no_spacing', 'no_spacing', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (9, 3, NULL, '2.25.210748420118641270869531087809751486009', 7, 6, 1, '2026-11-30 15:15:35.355149', 'Dr B; Ärztin', 'undone: as in revision 5', '6b9e01ea-9c1c-4e4f-b1dc-1d2e65f2ea18', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 15:15:35.206212', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (10, 3, NULL, '2.25.280214240345127076698822555509179394940', 2, 1, 3, '2026-11-30 15:15:35.355149', 'Dr B; Ärztin', 'undone: as before it was there', '6b9e01ea-9c1c-4e4f-b1dc-1d2e65f2ea18', true, '86ca3e493144496b03aa5926e980a8b7', 'accepted', 'manual', 'Dr A', '2026-11-30 15:15:35.277205', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.082762530298219, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, -3.0]]', 2.0275875100994067, '[[-9.0, -8.166666666666666, -3.0], [-7.0, -8.5, -3.0]]', 8.54400374531753, '[[-8.5, -9.0, -3.0], [-7.5, -3.0, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-8.0, -6.0, 0.0]', '[2.0, 6.0, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.12942209243774414, 0.08533333333333333, 0.096, 128.80337847847463, 0.7277284331451144, NULL, 284.78047809990545, 4.508383461951745, 3.109923260296226, 0.016480904146014594, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.096, 0.05879485008031243, NULL, NULL, 1, 'plate', 0.6656039327015002, 'image', NULL, 2.2, NULL, NULL, NULL, NULL, 'outline_rules;plateau_from_sum', 'outline_rules;plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (11, 3, NULL, '2.25.210748420118641270869531087809751486009', 8, 7, 1, '2026-11-30 15:15:35.367179', 'Dr A', 'outline: manual', '50ed8c5b-9819-4e85-a507-d3f6c1578821', false, '84413d5e7dc1a2ff51edec14bde02c6f', 'accepted', 'manual', 'Dr A', '2026-11-30 15:15:35.367179', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 1.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.2723333333333333, 0.288, 233.97933995897972, 0.8683746713310722, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (12, 3, NULL, '2.25.210748420118641270869531087809751486009', 9, 8, 1, '2026-11-30 15:15:35.454091', 'Dr B; Ärztin', 'undone: as in revision 7', '58fb5bf5-adb5-467e-a4d9-3530590f1734', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 15:15:35.206212', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (13, 3, NULL, '2.25.250499507689722501599301580759133119527', 1, NULL, 4, '2026-11-30 15:15:35.467007', 'Dr A', 'added: semiautomatic', '6017c348-76a9-4934-b80b-d2dc3ccd9899', false, 'd5b40b3eb310908f756d6b6b2dcd8bce', 'proposed', 'semiautomatic', 'Dr A', '2026-11-30 15:15:35.467007', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3.1622776601683795, '[[-9.0, 5.5, -3.0], [-6.0, 6.5, -3.0]]', 2.1081851067789197, '[[-7.166666666666668, 7.0, -3.0], [-6.500000000000001, 5.0, -3.0]]', 4.58257569495584, '[[-8.5, 5.5, -4.0], [-6.5, 6.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 6.0, -2.0]', '[3.0, 2.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.018333333333333333, 0.024, 38.073262114491115, 0.8831307203353846, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.024, NULL, NULL, NULL, NULL, 'solid', 0.8217233220086839, 'image', NULL, 2.2, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (14, 3, NULL, '2.25.255106143095833060917240127868688705852', 1, NULL, 5, '2026-11-30 15:15:35.514075', 'Dr A', 'added: semiautomatic', 'a0e801d4-b85a-41ed-a060-fea08afb540d', false, 'f301b8d50ed70316dbc78c9d7785750c', 'proposed', 'semiautomatic', 'Dr A', '2026-11-30 15:15:35.514075', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3.1622776601683795, '[[-9.0, 8.5, -3.0], [-6.0, 9.5, -3.0]]', 2.10818510677892, '[[-7.166666666666668, 10.0, -3.0], [-6.5, 8.0, -3.0]]', 4.58257569495584, '[[-8.5, 8.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 9.0, -2.0]', '[3.0, 2.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.018333333333333333, 0.024, 38.073262114491115, 0.8831307203353846, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.024, NULL, NULL, NULL, NULL, 'solid', 0.8217233220086839, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (15, 3, NULL, '2.25.250499507689722501599301580759133119527', 2, 1, 4, '2026-11-30 15:15:35.556714', 'Dr A', 'merged with lesion 5', '0e5ead18-81e6-45de-b5e7-6f0537841eec', false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr A', '2026-11-30 15:15:35.556714', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (16, 3, NULL, '2.25.255106143095833060917240127868688705852', 2, 1, 5, '2026-11-30 15:15:35.556714', 'Dr A', 'merged into lesion 4', '0e5ead18-81e6-45de-b5e7-6f0537841eec', true, 'f301b8d50ed70316dbc78c9d7785750c', 'proposed', 'semiautomatic', 'Dr A', '2026-11-30 15:15:35.556714', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3.1622776601683795, '[[-9.0, 8.5, -3.0], [-6.0, 9.5, -3.0]]', 2.10818510677892, '[[-7.166666666666668, 10.0, -3.0], [-6.5, 8.0, -3.0]]', 4.58257569495584, '[[-8.5, 8.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 9.0, -2.0]', '[3.0, 2.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.018333333333333333, 0.024, 38.073262114491115, 0.8831307203353846, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.024, NULL, NULL, NULL, NULL, 'solid', 0.8217233220086839, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (17, 3, NULL, '2.25.250499507689722501599301580759133119527', 3, 2, 4, '2026-11-30 15:15:35.605614', 'Dr B; Ärztin', 'site: forearm', '2db15e54-2001-4e6a-8bca-46f4616bc1d4', false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 15:15:35.605614', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'forearm', 'reader', 'distal; «ulnar»', 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (18, 3, NULL, '2.25.250499507689722501599301580759133119527', 4, 3, 4, '2026-11-30 15:15:35.615301', 'Dr B; Ärztin', 'tissue: other_calcification', '8e12fd2f-2c15-471f-b981-39a93ef9cc52', false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 15:15:35.615301', 'other_calcification', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'forearm', 'reader', 'distal; «ulnar»', 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'no_edge', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (20, 4, NULL, '2.25.10591835639464868723210862490739110627', 2, 1, 1, '2026-11-30 15:15:35.67462', 'Dr A', 'calibrated: 10 mm between row 5.0, column 5.0 and row 5.0, column 45.0', 'ab0a8ccd-d481-409a-b747-4ffca05b968a', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr A', '2026-11-30 15:15:35.67462', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7.544160319492929, NULL, 5.04496353715085, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 29.75, NULL, 1.1855619152624364, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, 0.25, 'reader', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, 29.75, 6.087809338441573, 1, 'solid', 0.678494431813947, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, '', '', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (21, 4, NULL, '2.25.10591835639464868723210862490739110627', 3, 2, 1, '2026-11-30 15:15:35.689815', 'Dr B; Ärztin', 'undone: as in revision 1', '888eb34a-fb56-4882-95ed-deaff009e0c8', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr A', '2026-11-30 15:15:35.655634', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, NULL, 'none', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, NULL, NULL, 1, 'solid', 0.6784954340953719, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, 'no_spacing', 'no_spacing', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (22, 4, NULL, '2.25.10591835639464868723210862490739110627', 4, 3, 1, '2026-11-30 15:15:35.696885', 'Dr B; Ärztin', 'calibrated: 10 mm between row 5.0, column 5.0 and row 5.0, column 45.0', '3a03c771-c6fb-4ee5-a48c-14c31048f669', false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 15:15:35.696885', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 7.544160319492929, NULL, 5.04496353715085, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 29.75, NULL, 1.1855619152624364, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, 0.25, 'reader', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, 29.75, 6.087809338441573, 1, 'solid', 0.678494431813947, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, '', '', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (23, 3, 2, '2.25.210748420118641270869531087809751486009', 10, 9, 1, '2026-11-30 15:15:40.054025', NULL, 'measured again', NULL, false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 15:15:35.206212', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'specks_dropped;plateau_from_sum', '363f1e59a89c', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (24, 3, 2, '2.25.250499507689722501599301580759133119527', 5, 4, 4, '2026-11-30 15:15:40.05404', NULL, 'measured again', NULL, false, '0fb0b35372bf98173fab7cfe83c1a83f', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 15:15:35.615301', 'other_calcification', NULL, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'forearm', 'reader', 'distal; «ulnar»', 5.385164807134504, '[[-8.5, 10.0, -3.0], [-6.5, 5.0, -3.0]]', 3.0772370326482883, '[[-8.857142857142858, 5.357142857142861, -3.0], [-5.999999999999999, 6.5000000000000036, -3.0]]', 6, '[[-8.5, 5.5, -4.0], [-6.5, 9.5, 0.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-7.5, 7.5, -2.0]', '[3.0, 5.0, 4.0]', false, NULL, NULL, false, 40, 40, 0, 40, NULL, 0.03666666666666667, 0.048, 76.14652422898223, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 0.0545, NULL, NULL, NULL, NULL, 'loculated', 0.5510522239861031, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'no_edge', 'specks_dropped;no_edge', '363f1e59a89c', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (25, 3, 2, '2.25.19852388069410633441424762749712198860', 2, 1, 2, '2026-11-30 15:15:40.054049', NULL, 'not found again', NULL, true, 'c7a94bad6927083f88a6479553c75c0e', 'proposed', 'automatic', NULL, NULL, 'calcified_mass', 0.6823004161598488, 'left', 'dicom_tag', 0.95, false, NULL, 'no midline: too little of a body is in view; Laterality L', NULL, 'hand_wrist', 'dicom_tag', NULL, 6.091361452406023, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, -1.0]]', 4.96679479637175, '[[3.0538499060452615, 6.1582744802609, -1.0], [5.4999999999999964, 1.835613232012232, -1.0]]', 6.41129350005582, '[[1.8493074476718903, 2.5, -1.0], [7.150692582130432, 5.5, 1.0]]', 2, '1.2.826.0.1.3680043.8.498.49697136149396052525744400796052112277', 3, '[4.5, 4.0, 0.0]', '[5.333555340766907, 4.328773528337479, 4.0]', false, false, 0, false, 400, 400, 0, 400, 0.10715590667724609, 0.07033333333333333, 0.08, 91.96180593448943, 0.8960194428295417, NULL, 174.3836321024226, 1.1146818305104362, 1.1582795391529215, 0.018522617829013467, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.08, 0.04166443223498505, NULL, NULL, 1, 'solid', 0.8218644395189599, 'image', NULL, 4, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'plateau_from_sum', '856cfbdae0f6', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (26, 4, 2, '2.25.10591835639464868723210862490739110627', 5, 4, 1, '2026-11-30 15:15:40.113481', NULL, 'measured again', NULL, false, '0c90c6ab5dcdbfc4ed586880c532a933', 'proposed', 'manual', 'Dr B; Ärztin', '2026-11-30 15:15:35.696885', NULL, NULL, 'right', 'dicom_tag', 0.95, false, NULL, 'dicom_tag: Image Laterality R', NULL, 'hand_wrist', 'dicom_tag', NULL, 7.544160319492929, NULL, 5.04496353715085, NULL, NULL, NULL, NULL, '2.25.33', 1, NULL, NULL, false, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 29.75, NULL, 1.1855619152624364, NULL, NULL, 30.176641277971715, '[[39.0, 23.40246064501115], [38.0, 53.562528264620134]]', 20.1798541486034, '[[28.419509485309526, 38.331275672374645], [48.58828042536802, 39.00000000000001]]', 476, '[38.5, 38.5]', 1, 0.25, 'reader', 374.565133487477, 190.75717163085938, 4.7422476610497455, 1, NULL, NULL, 29.75, 6.087809338441573, 1, 'solid', 0.678494431813947, 'image', NULL, NULL, NULL, NULL, 476, 97.40494941506516, '', '', '363f1e59a89c', '0.1.0');
INSERT INTO public.lesion_revisions VALUES (27, 3, NULL, '2.25.210748420118641270869531087809751486009', 11, 10, 1, '2026-11-30 15:15:43.597411', 'Dr B; Ärztin', 'accepted', 'd5e9f0cb-cf8b-49b9-a0e2-1e8770855ba4', false, '6ba7aedf5c29e504ea2b2bcd879ca63c', 'accepted', 'automatic', 'Dr B; Ärztin', '2026-11-30 15:15:43.597411', 'calcified_mass', 0.80839861301542, 'right', 'reader', NULL, false, NULL, 'set by Dr A', NULL, 'hand_wrist', 'dicom_tag', NULL, 9.568557446795564, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, -3.0]]', 7.215899682146605, '[[-7.5, -2.8977072204188055, -3.0], [-3.729369096507252, -9.050068621736916, -3.0]]', 11.294126420960005, '[[-9.079132616519928, -8.5, -3.0], [-0.920867383480072, -3.5, 3.0]]', 1, '1.2.826.0.1.3680043.8.498.27136538893138331360906224092477922051', 2, '[-5.0, -6.0, 0.0]', '[8.204585641622543, 6.204585552215576, 8.0]', false, false, 0, false, 700, 700, 0, 700, 0.4296738739013672, 0.3673333333333333, 0.384, 287.6361942084721, 0.8623445384578823, NULL, 334.92133323445, 0.8305019140230848, 0.8510309631738229, 0.03480657766722763, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 0.384, 0.1314788171026359, NULL, NULL, 1, 'solid', 0.8218552663908611, 'image', NULL, 0, NULL, NULL, NULL, NULL, 'plateau_from_sum', 'specks_dropped;plateau_from_sum', '363f1e59a89c', '0.1.0');



INSERT INTO public.looks VALUES (1, 2, '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'Dr A', '2026-11-30 15:15:35.73497', false, '77177b232a76ddd187070717d59aa040');
INSERT INTO public.looks VALUES (2, 2, '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'Dr B; Ärztin', '2026-11-30 15:15:35.740251', false, '77177b232a76ddd187070717d59aa040');
INSERT INTO public.looks VALUES (3, 2, '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'Dr B; Ärztin', '2026-11-30 15:15:35.743597', true, '77177b232a76ddd187070717d59aa040');



INSERT INTO public.outcomes VALUES (1, 1, 1, '2026-11-30 15:15:32.077464', 'failed', 'missing_slice', 'Steps of 2.00 mm expected, found 4.00 mm between slices 2 and 3 (Instance Numbers 2 and 4) (Image Position (Patient) (0020,0032), series 1.2.826.0.1.3680043.8.498.97109224483195250741684565764896990358). Export the series again, complete; gaps are not interpolated.', NULL, 0.0020990679986425675, '856cfbdae0f6', '', '1853a13b8df42961ba0e29217e229f59', 'CT', '/data/calcinosis/images.zip', 'gap/IM00000.dcm', 5, 'CALCI-1', '2024-01-15', 2, 'a slice is missing', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.54417461743940644336996987844150208565', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', 'CALCI-119600101F');
INSERT INTO public.outcomes VALUES (2, 2, 1, '2026-11-30 15:15:32.127917', 'measured', NULL, NULL, NULL, 0.027329722004651558, '856cfbdae0f6', '0.1.0', '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'CT', '/data/calcinosis/images.zip', 'nothing/IM00000.dcm', 6, 'CALCI-2', '2024-01-15', 1, 'nothing', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.94648563009976828375872083444861077213', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '77177b232a76ddd187070717d59aa040', NULL, '', 'CALCI-219600101F');
INSERT INTO public.outcomes VALUES (3, 3, 1, '2026-11-30 15:15:32.152714', 'measured', NULL, NULL, NULL, 0.20481490300153382, '856cfbdae0f6', '0.1.0', '95c779057da3ec57f43df7ebfd53ed8d', 'CT', '/data/calcinosis/images.zip', 'masses/IM00000.dcm', 6, 'CALCI-1', '2024-01-15', 1, 'two masses', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.54417461743940644336996987844150208565', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ae2b511763b336a4eda518b15bf83a10', NULL, '', 'CALCI-119600101F');
INSERT INTO public.outcomes VALUES (4, 4, 1, '2026-11-30 15:15:32.509719', 'measured', NULL, NULL, NULL, 0.4128510320006171, '856cfbdae0f6', '0.1.0', '9c456be2772b9fe5bd3e389bf1b342b2', 'DX', '/data/calcinosis/images.zip', 'film/DX.dcm', 1, 'CALCI-3', '2024-01-15', 7, 'a radiograph', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'PA', NULL, '057062c526272cfaa392045cc5fc535b', NULL, 'no_spacing', 'CALCI-319600101F');
INSERT INTO public.outcomes VALUES (5, 2, 2, '2026-11-30 15:15:39.917344', 'measured', NULL, NULL, NULL, 0.05254935500124702, '363f1e59a89c', '0.1.0', '67cb9b80a6db25c0cb0c7f50eecb1cd3', 'CT', '/data/calcinosis/images.zip', 'nothing/IM00000.dcm', 6, 'CALCI-2', '2024-01-15', 1, 'nothing', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.94648563009976828375872083444861077213', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '77177b232a76ddd187070717d59aa040', NULL, '', 'CALCI-219600101F');
INSERT INTO public.outcomes VALUES (6, 3, 2, '2026-11-30 15:15:40.05279', 'measured', NULL, NULL, NULL, 0.3789924510056153, '363f1e59a89c', '0.1.0', '95c779057da3ec57f43df7ebfd53ed8d', 'CT', '/data/calcinosis/images.zip', 'masses/IM00000.dcm', 6, 'CALCI-1', '2024-01-15', 1, 'two masses', 2, 120, 'B30f', NULL, '1.2.826.0.1.3680043.8.498.54417461743940644336996987844150208565', 1, 1, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ae2b511763b336a4eda518b15bf83a10', NULL, 'specks_dropped', 'CALCI-119600101F');
INSERT INTO public.outcomes VALUES (7, 4, 2, '2026-11-30 15:15:40.112214', 'measured', NULL, NULL, NULL, 0.3287392349957372, '363f1e59a89c', '0.1.0', '9c456be2772b9fe5bd3e389bf1b342b2', 'DX', '/data/calcinosis/images.zip', 'film/DX.dcm', 1, 'CALCI-3', '2024-01-15', 7, 'a radiograph', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'PA', NULL, '057062c526272cfaa392045cc5fc535b', NULL, '', 'CALCI-319600101F');



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









INSERT INTO public.remarks VALUES (1, 3, '2.25.210748420118641270869531087809751486009', 'note', 'Dr A', '2026-11-30 15:15:35.719267', 'near the ulna; «?»', false);
INSERT INTO public.remarks VALUES (2, 3, '2.25.210748420118641270869531087809751486009', 'unsure', 'Dr B; Ärztin', '2026-11-30 15:15:35.719267', '', false);
INSERT INTO public.remarks VALUES (3, 3, '2.25.210748420118641270869531087809751486009', 'unsure', 'Dr B; Ärztin', '2026-11-30 15:15:35.719267', '', true);



INSERT INTO public.runs VALUES (1, '2026-11-30 15:15:31.203113', '2026-11-30 15:15:32.538697', '["/data/calcinosis/images.zip"]', '# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
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

# false leaves out report.html, and removes one that is there: it would show an earlier state.
report = true
', '0.1.0');
INSERT INTO public.runs VALUES (2, '2026-11-30 15:15:37.862576', '2026-11-30 15:15:40.215261', '["/data/calcinosis/images.zip"]', '# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
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

# false leaves out report.html, and removes one that is there: it would show an earlier state.
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

# false leaves out report.html, and removes one that is there: it would show an earlier state.
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

# false leaves out report.html, and removes one that is there: it would show an earlier state.
report = true
');



INSERT INTO public.stacks VALUES (1, '1.2.826.0.1.3680043.8.498.50347668317765199423480973828081547080', '1.2.826.0.1.3680043.8.498.97109224483195250741684565764896990358', 1, '', false);
INSERT INTO public.stacks VALUES (2, '1.2.826.0.1.3680043.8.498.11398592986685513105591548390075395926', '1.2.826.0.1.3680043.8.498.87346991966515614510707599195555038626', 1, '', false);
INSERT INTO public.stacks VALUES (3, '1.2.826.0.1.3680043.8.498.50347668317765199423480973828081547080', '1.2.826.0.1.3680043.8.498.94409113645908606181019970243669554288', 1, '', false);
INSERT INTO public.stacks VALUES (4, '2.25.31', '2.25.32', 1, '', false);



INSERT INTO public.thumbnails VALUES ('2.25.210748420118641270869531087809751486009', '6ba7aedf5c29e504ea2b2bcd879ca63c', '\x89504e470d0a1a0a0000000d49484452000000a0000000a00803000000bc11971f000000c9504c54450000000404040808080c0c0c1010101414141818181c1c1c2020202424242828282d2d2d3131313535353939393d3d3d4141414545454949494d4d4d5151515555555959595d5d5d6161616565656969696d6d6d7171717575757979797d7d7d8282828686868a8a8a8e8e8e9292929696969a9a9a9e9e9ea2a2a2a6a6a6aaaaaaaeaeaeb2b2b2b6b6b6babababebebec2c2c2c6c6c6cacacacececed2d2d2d7d7d7dbdbdbdfdfdfe3e3e3e7e7e7ebebebefefeff3f3f3f7f7f7fbfbfbffffffffd200ff5ac800dcff62ef951d000000297445587463616c63696d656173757265007b226c657474657273223a225241222c226d6d223a302e323337357ddcf91659000001e549444154789ceddbcb6ac2401886e11c3c402fa015c49dab76d5fbbf88aeda953b11acfb163c2436361a676c44e2173b3fedfbe22221121f26079860e2c8787168c0a500aa015403a806500da01a4035806a00d500aa015403a806500da01a4035806a00d500aa015403a806500da01a4035806a00d500aa015403a806500da0dad5c06eda26c3295f79ab5703ef3a32a5befc63ebae026cdc3f03c697f6b0fdfe34a955609c24c905609ee7cd84ad0293b493d6dd6ec693c352966db2bcd18edb05767bdd9a737134ad1637ebd53a20307d9ef4873fb7c5c79f982d57cbacd18edb05f61fa37c71bae9e1bd5abc0f0eecf547d1fcaccf0470b818f8427bc068e00ea2ebb3028c5ca24d60419cd7f82c01f783e8fb4c014ba2696041dcfa3e7340ff7a36082c0eb04f34062c4f40f7be6d12e80ea22de0f10aae88a680de1d667f9ced02f783680978728b2e89a681bbe36c0858e3db0de2d40ab0d6579c8349f4161c58eee7cce477b61cbf040456d34e67a2e91778da594ddc8f33f593024fdc0f8f3e9e5ecf7d2df0a30ff30f8f6e114035806a00d500aa015403a806500da01a4035806a00d500aa015403a806500da01a4035806a00d500aa015403a806500da01a4035806a00d5b2cf7680d1cdde4cf4ff67f377dfedfcad00aa015403a8661ef805e688dcb04eca43550000000049454e44ae426082');
INSERT INTO public.thumbnails VALUES ('2.25.19852388069410633441424762749712198860', 'c7a94bad6927083f88a6479553c75c0e', '\x89504e470d0a1a0a0000000d49484452000000a0000000a00803000000bc11971f000000c9504c54450000000404040808080c0c0c1010101414141818181c1c1c2020202424242828282d2d2d3131313535353939393d3d3d4141414545454949494d4d4d5151515555555959595d5d5d6161616565656969696d6d6d7171717575757979797d7d7d8282828686868a8a8a8e8e8e9292929696969a9a9a9e9e9ea2a2a2a6a6a6aaaaaaaeaeaeb2b2b2b6b6b6babababebebec2c2c2c6c6c6cacacacececed2d2d2d7d7d7dbdbdbdfdfdfe3e3e3e7e7e7ebebebefefeff3f3f3f7f7f7fbfbfbffffffffd200ff5ac800dcff62ef951d0000002a7445587463616c63696d656173757265007b226c657474657273223a225241222c226d6d223a302e32313837357df75aa01f0000022449444154789ceddbd16ac2301886e134a98e5dc7aae08147bbff4bd8910783a9d73168937669ab4b3a1cb17e95fee2f70e040f621e74ca1fa999125e36372015816804a2118846201a81683150df7bb3fa863511d0bc4e26b95cf37d8330022eee0fb4e3171118f534c0ab3e799af15b4d04cc32ad93c4a6f67fa3f79a08687c29a1f38dffc89806a817799ea780b6b2d68dde6b1aa0592e96cbd4aaaa2cabf19b4d055cbe2481a58fc03e02a3080c111822308ac010812102a3080c111822308ac01081a107042e7ca955b6acaab90eee3a37799e5ae5acb5737df59119ad4d6a55edea7a36605b72abb6d17b3dcd1798778b403402d1084423108d403402d1084423108dc07f1f23bb781941a3fe9c5b6603eaeccf4504db5de7a99be1c96f36a03fa80e859bcf96e34fa6c3c3fd5c407f921e5ee5b0feea38ced56ef01acf067c579fa688eef7aa83b34e08d098adaa8fbff78b437bfb260a989bb5da0f7ce280c57175228a052ab5da079f48a0f24f62a124033ba2120d2c0e67a24c60f70fd8130503fb778b48e0f91ddc3e89b2812df14b1e30f2f99758ab9d28a0fa9d124e1ddc467d0801f6e3563f65058e9871eb34b076536acc1133b09e46fe7ece8f3d62467ef187a66b23108d403402d1084423108d403402d1084423100d05aae4758d68e50d6b1eea37ee2223108d403402d1084423108d403402d1084423108d403402d1084423108d403402d1084423108d403402d1084423108d403402d1c4037f006b995ebf9ebc2b1a0000000049454e44ae426082');
INSERT INTO public.thumbnails VALUES ('2.25.250499507689722501599301580759133119527', '0fb0b35372bf98173fab7cfe83c1a83f', '\x89504e470d0a1a0a0000000d49484452000000a0000000a00803000000bc11971f000000c9504c54450000000404040808080c0c0c1010101414141818181c1c1c2020202424242828282d2d2d3131313535353939393d3d3d4141414545454949494d4d4d5151515555555959595d5d5d6161616565656969696d6d6d7171717575757979797d7d7d8282828686868a8a8a8e8e8e9292929696969a9a9a9e9e9ea2a2a2a6a6a6aaaaaaaeaeaeb2b2b2b6b6b6babababebebec2c2c2c6c6c6cacacacececed2d2d2d7d7d7dbdbdbdfdfdfe3e3e3e7e7e7ebebebefefeff3f3f3f7f7f7fbfbfbffffffffd200ff5ac800dcff62ef951d0000002a7445587463616c63696d656173757265007b226c657474657273223a225241222c226d6d223a302e32313837357df75aa01f000001b049444154789cedda5b6e8240184061182ee97ad4fdaf40dd4f914b076d7d69d2293943c4708e89f161f2e70b32242265416b3ff088bf2af184b701fe6bd2b4787c2e6019e22bb5741ac7692931173054b1c4ca6988bd0a58d5755327564e7ddfdfc685e37301eba66d9bd4d2aebb75c3c2f1d9806d2cb5b4fbec04fe4e204d204d204d204d204d204d204d204d204d20ed4d8055d3b4a91feec52df62a60a8eb3a75eba3e8fba17fd59d85104215524b87717cd9bd99722eb5749a5b387e473730574a204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d206d15e0e98ca73edb11f0581497c7a79cbeac47f0503e1ea20de3154f7d961578bd1fc6d3f9b05d60ec584ed3a681f1143c5ef0d467f981718bc493311b711de056bfe2f92dcc7f676e14782feb45b0d82130b76f5fc07993dcf7c8563749bcba3c0ee0662f33db077e9f810217f54ec0f0f3d4ce4681f92f82455ee01abe7d01576907c022f95c232a0370dd04d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d204d2be00d36cd7cb92ba357f0000000049454e44ae426082');
INSERT INTO public.thumbnails VALUES ('2.25.10591835639464868723210862490739110627', '0c90c6ab5dcdbfc4ed586880c532a933', '\x89504e470d0a1a0a0000000d49484452000000a0000000a00803000000bc11971f000000c9504c54450000000404040808080c0c0c1010101414141818181c1c1c2020202424242828282d2d2d3131313535353939393d3d3d4141414545454949494d4d4d5151515555555959595d5d5d6161616565656969696d6d6d7171717575757979797d7d7d8282828686868a8a8a8e8e8e9292929696969a9a9a9e9e9ea2a2a2a6a6a6aaaaaaaeaeaeb2b2b2b6b6b6babababebebec2c2c2c6c6c6cacacacececed2d2d2d7d7d7dbdbdbdfdfdfe3e3e3e7e7e7ebebebefefeff3f3f3f7f7f7fbfbfbffffffffd200ff5ac800dcff62ef951d000000297445587463616c63696d656173757265007b226c657474657273223a22222c226d6d223a302e3239363837357d5031d5f50000021b49444154789cedd7df4b14511887f1f363768655a31449b14589e84ebd93fe7f84aea408d48b48a48b4282b00837db9939277737778728ba785e71a1efb337bb2cbc7c388765def56ec1f3f70df85702d204a40948139026204d409a8034016902d204a40948139026204d409a8034016902d204a40948139026204d409a8034016902d204a40948139026204d409a8034016902d204a45902fdf8959dcbd974a8d5201f8ba2887bc7a96d9a2625b3b9466342d9df9fbc999edeebebda886803f4e5ca9ebb8ec1bbd8de5c71db2cb957c3d6e4a64d80a15a7f56c7c9a8303db85c57275f1a0ba10530f40f5cfa3528dcde6c5bb897b581d000e8ab8da7693667264cf1e4b23198ce47c4d5ddb96f0ebc39c3a32b7e8406c06a6ba7e398039d3ffddce2e91ce8fbdb9b1d60ec7e7758f3f17cc2d28beec7dc39c1f38f8b0074fdc193bf5cf1db4ffc576200ec3d7efe47600e6fbef2c78901302c0f36e6c2193087f38bd142fc8a5df168d7cd24b7c01cdcd1d0e0796c01f4c5c3cdf5df1e25297eb8b8b2d8174c9ec53eaeac6dbbd68f878d813915eedde577937dc668dd8ae5f2839de9c0c9659f7d1b3636fb96d5c2ea43afacca5e0c83f7ed68f46364c4335df97d083e8c17fe940c97feffea4fd39d24204d409a8034016902d204a40948139026204d409a8034016902d204a40948139026204d409a8034016902d204a40948139026204d409a8034016902d204a40948139026204d40da4f62927ba1496837390000000049454e44ae426082');



INSERT INTO public.unreadable_files VALUES (1, 1, '/data/calcinosis/images.zip', 'broken.dcm', 'unreadable_file', 'A readable DICOM file expected, found: ValueError: no SOP Class UID (0008,0016) (broken.dcm in images.zip). Export the file again, or remove it.', 'failed', true);
INSERT INTO public.unreadable_files VALUES (2, 2, '/data/calcinosis/images.zip', 'broken.dcm', 'unreadable_file', 'A readable DICOM file expected, found: ValueError: no SOP Class UID (0008,0016) (broken.dcm in images.zip). Export the file again, or remove it.', 'failed', false);



SELECT pg_catalog.setval('public.dicom_objects_object_id_seq', 1, false);



SELECT pg_catalog.setval('public.exports_export_id_seq', 4, true);



SELECT pg_catalog.setval('public.lesion_links_link_id_seq', 1, false);



SELECT pg_catalog.setval('public.lesion_revisions_revision_id_seq', 27, true);



SELECT pg_catalog.setval('public.looks_look_id_seq', 3, true);



SELECT pg_catalog.setval('public.outcomes_outcome_id_seq', 7, true);



SELECT pg_catalog.setval('public.registrations_registration_id_seq', 1, false);



SELECT pg_catalog.setval('public.registry_instances_registry_instance_id_seq', 1, false);



SELECT pg_catalog.setval('public.remarks_remark_id_seq', 3, true);



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



ALTER TABLE ONLY public.lesion_links
    ADD CONSTRAINT lesion_links_pkey PRIMARY KEY (link_id);



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



ALTER TABLE ONLY public.registrations
    ADD CONSTRAINT registrations_pkey PRIMARY KEY (registration_id);



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



CREATE INDEX lesion_links_of_pair ON public.lesion_links USING btree (prior_stack_id, current_stack_id, link_id);



CREATE INDEX looks_at_stack ON public.looks USING btree (stack_id, look_id);



CREATE INDEX outcomes_of_stack ON public.outcomes USING btree (stack_id, outcome_id);



CREATE INDEX registrations_of_pair ON public.registrations USING btree (prior_stack_id, current_stack_id, registration_id);



CREATE INDEX remarks_on_lesion ON public.remarks USING btree (stack_id, tracking_uid, remark_id);



CREATE INDEX worklist ON public.lesion_revisions USING btree (stack_id, tracking_uid, revision_number, is_withdrawn, status, tissue);



CREATE TRIGGER chain_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.chain FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER dicom_objects_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.dicom_objects FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER exports_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.exports FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER lesion_links_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.lesion_links FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER lesion_revisions_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.lesion_revisions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER looks_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.looks FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER outcomes_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.outcomes FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER outlines_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.outlines FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER registrations_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.registrations FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER registry_instances_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.registry_instances FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER remarks_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.remarks FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



CREATE TRIGGER sent_objects_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.sent_objects FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();



ALTER TABLE ONLY public.dicom_objects
    ADD CONSTRAINT dicom_objects_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.lesion_links
    ADD CONSTRAINT lesion_links_current_stack_id_fkey FOREIGN KEY (current_stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.lesion_links
    ADD CONSTRAINT lesion_links_prior_stack_id_fkey FOREIGN KEY (prior_stack_id) REFERENCES public.stacks(stack_id);



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



ALTER TABLE ONLY public.registrations
    ADD CONSTRAINT registrations_current_stack_id_fkey FOREIGN KEY (current_stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.registrations
    ADD CONSTRAINT registrations_prior_stack_id_fkey FOREIGN KEY (prior_stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.remarks
    ADD CONSTRAINT remarks_stack_id_fkey FOREIGN KEY (stack_id) REFERENCES public.stacks(stack_id);



ALTER TABLE ONLY public.thumbnails
    ADD CONSTRAINT thumbnails_outline_hash_fkey FOREIGN KEY (outline_hash) REFERENCES public.outlines(outline_hash);



ALTER TABLE ONLY public.unreadable_files
    ADD CONSTRAINT unreadable_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(run_id);
