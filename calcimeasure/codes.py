"""Every code that the program writes, with a sentence that explains it.

`REASONS` say why a stack was not measured (private/series.csv, ``calcimeasure scan``). `NOTICES` say what was
corrected, or what a user must know about a number (column ``notices``). The documentation prints both tables; a test
checks that they are equal.
"""

from __future__ import annotations

from typing import Final

SKIPPED_REASONS: Final[dict[str, str]] = {
    "cine": "A cine: many projections in one file.",
    "derived_image": "A projection, a map or a rendering computed from other images (MIP, MinIP, virtual non-contrast, "
    "iodine, perfusion, 3-D): its values are not the attenuation of voxels.",
    "localizer": "A localizer (scout, topogram): a projection, not slices.",
    "modality": "Another modality than CT and radiographs (MR, PET, ultrasound, ...): calcium cannot be measured in "
    "it.",
    "not_an_image": "A DICOM object without an image: a report, a presentation state, a plan, a document.",
    "secondary_capture": "A secondary capture (screen shot, dose page, scanned film, survey): no slices of CT with "
    "place, spacing and Hounsfield units.",
    "segmentation": "A segmentation or structure set: outlines, not an image.",
}
"""Why this program does not measure a stack: its state is "skipped"."""

FAILED_REASONS: Final[dict[str, str]] = {
    "archive_not_read": "An archive (.zip, .tar, .gz, ...) was not read, or not all of it: it is damaged, encrypted, "
    "too large when it is unpacked, of another format, or in another archive.",
    "bone_mask_unusable": "A bone mask for this stack is broken, or does not fit it.",
    "codec_crash": "The process that measured it crashed (a decoder), or the system ended it (short of memory).",
    "color_image": "An image in color: a CT with more than one sample per pixel has no Hounsfield units, a radiograph "
    "in color is a copy.",
    "decode_failed": "The pixel data cannot be decoded, or is not as large as the header says.",
    "duplicate_positions": "Several images lie at one position and no attribute tells which belong together.",
    "file_changed": "A file was changed or removed between reading its header and reading its pixels.",
    "header_limit": "Reading the header takes more time or memory than that of any image, or it holds more elements, "
    "frames or longer values: it is given up, and the other files are read.",
    "implausible_place": "A slice lies farther from the origin than any room is long: its position is no place in mm.",
    "implausible_size": "Pixels, steps between slices or the field are of a size that no body has: the unit is not mm.",
    "internal_error": "A fault of calcimeasure itself. Please report the line in its message: it has versions and "
    "lines of code, and no value of an image. The traceback in private/log.txt can name patients.",
    "irregular_shift": "Slices are shifted sideways against each other, and not as a gantry tilt does it.",
    "link_not_followed": "A link leads out of the PATH that holds it: it is followed only where settings.follow_links "
    "is true.",
    "memory_limit": "Measuring it took more memory than settings.memory_limit_gb, or than a worker's share of it.",
    "missing_slice": "The step between two slices is a multiple of the steps beside it: slices are missing.",
    "mixed_acquisitions": "Positions and attributes disagree about which slices are one stack: slices of several "
    "acquisitions or thicknesses are mixed, and nothing tells which belong together.",
    "name_too_long": "A UID has more than 64 characters, or a Patient ID more than 1024: cut, two could become one.",
    "no_orientation": "ImageOrientationPatient is missing or is no pair of perpendicular unit vectors.",
    "no_pixel_spacing": "PixelSpacing is missing or not positive: there are no millimeters.",
    "no_pixels": "The file has no pixel data.",
    "no_position": "ImagePositionPatient is missing or no finite number.",
    "no_rescale": "RescaleSlope or RescaleIntercept is missing: stored values cannot be turned into Hounsfield units.",
    "not_fetched": "Not all images of a series came from the archive: it is not measured, because slices would be "
    "missing. The same command fetches what is missing.",
    "not_kept": "The store cannot hold what was measured or what the header says: the stack has a row without numbers.",
    "not_hu": "RescaleType says that the values are no Hounsfield units, or they look like stored values without their "
    "intercept.",
    "one_position": "All slices lie at one position: no volume.",
    "out_of_memory": "The stack takes more memory than there is, or than settings.max_volume_gb.",
    "repeated_attribute": "An attribute that results rest on stands twice in one header: programs differ in which of "
    "the two values they take.",
    "time_limit": "Measuring it took longer than settings.time_limit_s.",
    "two_images_of_one_uid": "Two files have the same UID, number and place, and different pixels: nothing tells which "
    "of them is the right image.",
    "unreadable_file": "The file claims to be DICOM and cannot be read.",
    "unsupported_transfer_syntax": "The pixel data is encoded in a way that this version does not decode.",
    "worker_lost": "The Dask worker that measured it went away, several times.",
}
"""Why a stack of a supported kind could not be measured: its state is "failed"."""

REASONS: Final[dict[str, str]] = SKIPPED_REASONS | FAILED_REASONS

NOTICES: Final[dict[str, str]] = {
    "bone_mask_missing": "No bone mask was found for this stack: bone was told by its looks alone.",
    "bone_mask_overruled": "A bone mask holds a part that is too dense and thick for bone: it was judged by its looks.",
    "bone_mask_resampled": "The bone mask lies on another grid: its nearest voxels were taken.",
    "bone_mask_unread": "A file beside the bone masks is broken, and nothing tells which stack it was made for: if it "
    "is of this one, its bone was told by its looks alone.",
    "duplicate_dropped": "The same image was found more than once (the same UID, or the same position and pixels): "
    "one is measured.",
    "detector_plane": "The spacing of this radiograph is that of its detector: what lies nearer to the tube is shown "
    "larger, so that every size in millimeters is an upper bound.",
    "excess_padding": "Zeros behind the pixel values were left out: the standard allows such padding.",
    "gaps_unchecked": "SliceThickness is missing or absurd and the slices are evenly spaced: nothing tells whether "
    "tissue between them was left out, and volumes hold only if none was.",
    "hu_clipped": "Some voxels were outside -32767..32767 HU and were set to that limit.",
    "hu_uncalibrated": "By its header a cone-beam CT or HR-pQCT: its values are near Hounsfield units and no more, so "
    "that thresholds and density are uncertain.",
    "joined_slices": "Slices that lie as one even stack, although frame of reference, kernel, image type, series or "
    "study UID differ between them: measured as one stack, with the names of its first slice.",
    "logarithm_taken": "Pixel values of this radiograph are proportional to the beam's intensity: contrast is that of "
    "their logarithm.",
    "magnification_corrected": "The spacing of this radiograph is that of its detector divided by the magnification "
    "that its header estimates: millimeters are right in the plane that this was estimated for.",
    "may_be_one_mass": "The program takes this lesion and others, or more around it, for one mass. A reader decided "
    "about a piece, so the pieces stay as they are: join them in the review if they are one.",
    "monoenergetic": "A virtual monoenergetic image: its Hounsfield units are those of one photon energy, and "
    "density cannot "
    "be compared with other series.",
    "no_air": "No voxel is near the value of air: nothing in the image confirms that its values are Hounsfield units.",
    "no_edge": "Nothing inside the outline stands out from its surroundings: its own border was measured.",
    "no_series_uid": "The header has no SeriesInstanceUID: files of one folder with the same series number are "
    "one series.",
    "no_soft_tissue": "Hardly a voxel has the value of soft tissue: the scale may not be that of Hounsfield units.",
    "no_spacing": "No millimeters are known for this radiograph: it is measured in pixels until a reader calibrates "
    "it.",
    "non_contiguous": "The slices lie more than 1.5 times SliceThickness apart: what lies between was not imaged, so "
    "volumes and max_3d_diameter_mm are empty.",
    "number_out_of_range": "Series Number or Instance Number of an image is larger than the standard allows: it is "
    "taken as not known.",
    "older_algorithm": "Measured by an earlier version that computes other numbers from the same image and settings: "
    "measure --remeasure-reviewed measures it again.",
    "outline_imported": "The outline was drawn in another program and imported: it stays when the stack is measured "
    "again.",
    "outline_rules": "The outline leaves the half-maximum edge by more than a voxel: there its own border counts.",
    "padding_ignored": "PixelPaddingValue lies among the Hounsfield units of the body: the voxels that have it "
    "are taken as "
    "imaged.",
    "past_midnight": "Study Date is the next day, and the images follow those of the day before within hours: the "
    "study has the date on which it began.",
    "patient_conflict": "One Patient ID, series or study stands for several persons (Patient ID, issuer, birth date or "
    "sex differ): each has a key of its own.",
    "plateau_from_sum": "The lesion is too small or thin to show the attenuation of its inside: that was solved for "
    "from the sum of attenuation and the volume inside its half-maximum, and the volume is less certain.",
    "polarity_contradicts": "Pixel Intensity Relationship Sign and Photometric Interpretation of this radiograph "
    "contradict each other, and the image does not show that dense is dark: Photometric Interpretation was taken. If "
    "it is wrong, masses are missing.",
    "polarity_turned": "Pixel Intensity Relationship Sign and Photometric Interpretation of this radiograph contradict "
    "each other; air is bright and bone is dark by Photometric Interpretation, so that the image was inverted.",
    "presentation_lut_disagrees": "Presentation LUT Shape does not belong to Photometric Interpretation, which "
    "alone is "
    "used.",
    "projection_named": "Image Type says an original image, Series Description the name of a projection (MIP, MinIP): "
    "if it is one, every size is wrong.",
    "references_disagree": "Contours of an imported structure set lie beside the images that they reference: their "
    "coordinates were taken, in the same frame of reference.",
    "scattered_slices": "Single slices, each a stack of its own, lie side by side: if they are one stack, its masses "
    "are cut into slices, and their count and sizes are wrong.",
    "secondary_capture_measured": "The slices are saved as secondary captures, with position, spacing and Hounsfield "
    "units, which are taken as they are.",
    "several_study_dates": "One study UID stands for several study dates: each date is a study of its own.",
    "sheared_stack": "The slices are shifted against each other (gantry tilt): each keeps its own position, "
    "nothing was "
    "resampled.",
    "single_slice": "One slice alone: measured in two dimensions, volumes are empty.",
    "specks_dropped": "Components below settings.min_volume_mm3 were dropped.",
    "split_series": "The series holds several grids: each is a stack of its own.",
    "transfer_syntax_corrected": "The file states uncompressed pixels and holds compressed ones: they were decoded as "
    "what they are.",
    "uncertain_spacing": "The header does not say in which plane the spacing of this radiograph holds; "
    "settings.allow_uncertain_spacing takes it for millimeters.",
    "unusual_size": "Less than 8 mm or more than 2.2 m was imaged: the unit of the sizes may not be mm.",
    "uneven_spacing": "The slices are not evenly spaced: each weighs half the way to its neighbors.",
}
"""What was corrected, by a named method, or what a user must know about a number."""

ROUTINE_NOTICES: Final[frozenset[str]] = frozenset(
    {
        "bone_mask_resampled",
        "detector_plane",
        "excess_padding",
        "hu_clipped",
        "logarithm_taken",
        "magnification_corrected",
        "monoenergetic",
        "no_edge",
        "outline_imported",
        "outline_rules",
        "plateau_from_sum",
        "sheared_stack",
        "specks_dropped",
        "split_series",
        "uneven_spacing",
    }
)
"""Notices of what is usual, and measured as usual. A run ends with all others: a person has to look at their stacks."""

SPACING_NOTICES: Final[frozenset[str]] = frozenset(
    {"detector_plane", "magnification_corrected", "no_spacing", "uncertain_spacing"}
)
"""Notices on the spacing of a radiograph. They hold until a reader has calibrated it."""

CHANGE_REASONS: Final[dict[str, str]] = {
    "algorithm_differs": "The two dates were measured by different algorithms, and their images were not at hand to "
    "measure both by one.",
    "images_missing": "The images of a date are not where they were measured, or --no-images was said.",
    "motion_uncertain": "How the body lay at the two dates could not be found with certainty: a reader links the mass.",
    "not_compared": "Nothing could be measured at both dates.",
    "not_found": "Dense tissue lies at its place, and no outline: a reader has to look.",
    "not_imaged": "Its place lies outside of the field of the other date.",
    "radiograph": "On a radiograph diameters are compared, and no volume.",
    "removed": "It was operated, drained or extruded between the two dates.",
    "too_uncertain": "The interval of the change holds neither a change nor that there is none.",
    "truncated": "The field cuts it off at a date: its size is a lower bound.",
}
"""Why a change is not assessable (column ``reason`` of changes.csv)."""

CHANGE_NOTICES: Final[dict[str, str]] = {
    "contrast_differs": "One of the two dates was imaged with contrast agent.",
    "images_missing": "The images of a date were not at hand: the volumes were compared as they were measured.",
    "kernel_differs": "The convolution kernels of the two dates differ: the interval is wider.",
    "kvp_differs": "The tube voltages of the two dates differ: the interval is wider, and no density is compared.",
    "motion_uncertain": "How the body lay at the two dates is not certain.",
    "position_conflict": "The sides of the body that the two dates say for the mass contradict each other.",
    "position_differs": "The patient lay differently; of a mass with fluid-calcium levels the volumes were compared.",
    "volumes_disagree": "The paired change and the difference of the two volumes disagree: an outline is doubtful.",
}
"""What a user must know about a change (column ``notices`` of changes.csv)."""

COHORT_REASONS: Final[dict[str, str]] = {
    "failed": "No stack could be measured.",
    "no_image": "The store has no image of the patient.",
    "no_millimeters": "A mass has no size in mm (a radiograph without calibration), and none is large.",
    "no_patient": "The header says nobody whom the images show.",
    "skipped": "No stack is an image that this program measures.",
    "truncated": "A mass that is not large is cut off by the field: its size is a lower bound.",
    "undecided": "A large lesion waits for a reader: its tissue is not known, or only accepted masses count.",
    "unreadable": "The file cannot be read, and belongs to no study.",
}
"""Why it is not known whether a patient has a large mass, or why something is left out of a cohort (flow.csv)."""
