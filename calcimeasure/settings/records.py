"""All settings, as three records: for measuring, for running and for writing.

Each setting has its unit, its limits, its reason and its source. A setting that can change a number is one of
`MeasureSettings`: these alone have a hash (`settings_hash`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from calcimeasure.settings.fields import choice, count, number, switch, table, text


@dataclass(frozen=True)
class MeasureSettings:
    """Settings for measuring: every setting that can change a number, or whether a stack is measured at all."""

    # Hounsfield units are required. A CT is refused (not_hu) if Rescale Type names another unit, or if the values look
    # like stored values without their intercept. If no air is in view, this cannot be checked: the CT is measured with
    # the notice no_air.
    threshold_hu: float = number(
        200,
        "HU",
        -500,
        3000,
        "A voxel at or above it is calcified. Calcinosis is seen from 200 to 1500 HU; calcium scoring uses 130 HU at "
        "120 kVp, where contrast-filled vessels and noise come along. No published cut-off for calcinosis exists.",
    )
    min_volume_mm3: float = number(
        30,
        "mm3",
        0,
        1e6,
        "Smaller components are noise or below what 1 to 5 mm slices can measure (a ball of 30 mm3 is 3.9 mm wide).",
    )
    large_diameter_mm: float = number(
        20,
        "mm",
        0,
        1000,
        "From this size on a mass is large: the pseudotumoral calcinosis of Semin Arthritis Rheum 2020;50:1339 "
        "measures "
        "2 to 15.5 cm.",
    )
    mass_probability: float = number(
        0.5,
        "",
        0,
        1,
        "What is a calcified mass with this probability or more is called one: below half it is more likely something "
        "else.",
    )
    review_probability: float = number(
        0.1,
        "",
        0,
        1,
        "What is a calcified mass with this probability or more, but not called one, is of unknown tissue: a reviewer "
        "is shown it. Below it is clearly bone. On real limbs this leaves about one unknown part in two series.",
    )
    joining_distance_mm: float = number(
        5,
        "mm",
        0,
        20,
        "Dense pieces of soft tissue at most so far apart, from surface to surface, are one mass. Pseudotumoral "
        "calcinosis is parted by septa of up to 3 mm, and grains of one deposit lie as close.",
    )
    least_fill: float = number(
        0.05,
        "",
        0,
        1,
        "Where less of a mass of several pieces is calcified, its pieces are a chain, which is cut. The finest clouds "
        "of grains that are taken for one mass are filled to 8 %.",
    )
    direction_tolerance: float = number(
        0.001,
        "",
        1e-6,
        0.01,
        "Largest difference of a direction cosine within one stack, and of a direction pair from perpendicular unit "
        "vectors: 0.001 moves the far edge of a 500 mm field by half a pixel.",
    )
    spacing_tolerance_mm: float = number(
        0.02,
        "mm",
        1e-4,
        1.0,
        "Slice positions are often rounded to two decimals: steps that differ by less are the same step, and "
        "slices closer "
        "than this lie at one position.",
    )
    shift_tolerance_mm: float = number(
        0.5,
        "mm",
        1e-3,
        10.0,
        "Sideways deviation of a slice from the straight line of its stack: below it is rounding, above it the "
        "stack is "
        "refused (a gantry tilt shifts slices along a straight line).",
    )
    non_contiguous_factor: float = number(
        1.5,
        "",
        1.0,
        100.0,
        "Slice spacing above this many times SliceThickness leaves out tissue between the slices.",
    )
    max_volume_gb: float = number(
        8,
        "GB",
        0.01,
        1000,
        "A stack that would take more memory is refused before it is taken: 16000 slices of 512 x 512 take 8 GB.",
    )
    film_review_probability: float = number(
        0.05,
        "",
        0,
        1,
        "review_probability of a radiograph, where bones are round and lie on each other: one in 20 of the masses of "
        "2 cm or more is less likely one than this, and nearly all that is as likely is bone. A reviewer is shown it.",
    )
    film_smallest_mm: float = number(
        3,
        "mm",
        1,
        50,
        "Smaller masses are not looked for on a radiograph: they are as wide as the cortex of a finger's bone. Where "
        "no mm are known, the longer side of the film is taken for 250 mm in looking, not in measuring.",
    )
    film_largest_mm: float = number(
        160,
        "mm",
        10,
        500,
        "Larger masses are not looked for on a radiograph: pseudotumoral calcinosis of up to 155 mm has been described "
        "(Semin Arthritis Rheum 2020;50:1339), and a thigh is as wide.",
    )
    allow_uncertain_spacing: bool = switch(
        default=False,
        why="true takes Pixel Spacing of a radiograph for millimeters where the standard does not say of which plane "
        "it is (PS3.3 section 10.7.1.3); false leaves such a radiograph in pixels.",
    )
    marker_language: str = choice(
        ("de", "en", "es", "fr", "it", "pt"),
        "Language of the side markers on the radiographs of the site. D and G (fr), D and S (it), D and I (es; I "
        "with serifs), D and E (pt) alone are then read without a frame, too. R, L and words of several letters are "
        "read with any. Empty: lone letters of these languages are read in a marker's frame alone, and I is not.",
    )
    bone_mask: str = text(
        "File or folder of bones that another program outlined (DICOM SEG, RTSTRUCT, NIfTI; TotalSegmentator's names): "
        "what they hold is bone, unless it is too dense and thick for bone.",
        is_path=True,
    )


@dataclass(frozen=True)
class RunSettings:
    """Settings for running: number of processes, their limits, and a cluster. No measured number depends on them."""

    workers: int = count(
        0,
        1024,
        "Processes that measure, each a stack at a time on one core. 0: as many as there are cores, stacks, and 2 GB "
        "of free memory for each (a stack of 500 slices takes 1.3 GB); where that is one, it works with every core.",
    )
    time_limit_s: float = number(
        3600,
        "s",
        1,
        1e6,
        "A stack that takes longer is given up (time_limit): a decoder that hangs must not hold up a night. The "
        "largest take minutes.",
    )
    memory_limit_gb: float = number(
        0,
        "GB",
        0,
        1e5,
        "A stack whose process takes more memory is given up (memory_limit). 0: an equal share of the free memory for "
        "each worker.",
    )
    scheduler: str = text(
        "Address of a Dask scheduler, for example tcp://HOST:8786: its workers measure. Empty: this machine does."
    )
    cluster: str = table(
        "A Dask cluster that is started for the run: class names it (LocalCluster; SLURMCluster, PBSCluster and others "
        "of dask-jobqueue), everything else are its arguments. Empty: none.",
    )
    follow_links: bool = switch(
        default=False,
        why="true follows links below a PATH to wherever they lead; false follows those to files and folders below a "
        "PATH, and names the others (link_not_followed). A PATH that is a link itself is always followed.",
    )
    remeasure_reviewed: bool = switch(
        default=False,
        why="true measures stacks again that a reader has decided about; false leaves those alone and reports them.",
    )
    verify: bool = switch(
        default=False,
        why="true reads the pixels of every stack that is measured already, and compares them; false reads those alone "
        "whose files have another path, size or time of change than before.",
    )


@dataclass(frozen=True)
class WriteSettings:
    """Settings for writing: the output, its folder, and names. No measured number depends on them."""

    store: str = text(
        "Database URL of the store, for example postgresql+psycopg://USER@HOST/DATABASE. Empty: a file in DIR/private. "
        "A password in it is used and not kept: PGPASSWORD or ~/.pgpass are better places.",
        is_store_url=True,
    )
    identified: bool = switch(
        default=False,
        why="true also writes tables with PatientID, dates and UIDs as the headers have them, into private/identified. "
        "The tables in DIR always have pseudonyms.",
    )
    key: str = text(
        "File of the secret key that pseudonyms, shifted dates and replaced UIDs follow from; made on first use. "
        "Empty: a file in the user's own configuration folder.",
    )
    record_map: str = text(
        "CSV with the columns patient_id and record_id: the registry's own id of a patient, written instead of a "
        "pseudonym."
    )
    all_tissues: bool = switch(
        default=False,
        why="true writes everything that was found and kept into lesions.csv; false calcified masses alone.",
    )
    report: bool = switch(
        default=True, why="false leaves out report.html, and removes one that is there: it would show an earlier state."
    )


@dataclass(frozen=True)
class Settings(WriteSettings, RunSettings, MeasureSettings):
    """All settings: the three records in one.

    `Settings` is a subclass of all three records. A function that measures takes `MeasureSettings` and can be called
    with `Settings`; a type checker then refuses that the function reads settings for running or writing. Frozen and
    hashable.

    Examples
    --------
    >>> Settings(threshold_hu=250).threshold_hu
    250
    """


RECORDS: Final[dict[str, type[MeasureSettings] | type[RunSettings] | type[WriteSettings]]] = {
    "measure": MeasureSettings,
    "run": RunSettings,
    "write": WriteSettings,
}
"""The three records by the name of their table in a settings file."""


def cluster_arguments(settings: RunSettings) -> dict[str, Any]:
    """Give the table ``cluster``: ``class``, and the arguments of that class; empty if no cluster is to be started."""
    arguments: dict[str, Any] = json.loads(settings.cluster)
    return arguments


def measures_on_cluster(settings: RunSettings) -> bool:
    """Tell whether stacks are measured on a Dask cluster (a running or a new one), and not on this machine."""
    return bool(settings.scheduler or cluster_arguments(settings))
