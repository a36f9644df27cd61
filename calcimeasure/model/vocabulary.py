"""The words that may describe a stack or a lesion: closed lists, as used in the tables."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The result of a stack: measured, skipped or failed."""

    MEASURED = "measured"
    SKIPPED = "skipped"
    FAILED = "failed"


class Tissue(StrEnum):
    """The tissue of a dense component."""

    CALCIFIED_MASS = "calcified_mass"
    OTHER_CALCIFICATION = "other_calcification"
    CONTRAST = "contrast"
    BONE = "bone"
    METAL = "metal"
    OUTSIDE = "outside"
    ARTIFACT = "artifact"
    UNKNOWN = "unknown"


class Laterality(StrEnum):
    """Side of the body."""

    RIGHT = "right"
    LEFT = "left"
    MIDLINE = "midline"
    UNKNOWN = "unknown"


class SideSource(StrEnum):
    """The evidence from which the side is known."""

    READER = "reader"
    DICOM_TAG = "dicom_tag"
    BONE_LABELS = "bone_labels"
    BODY_MIDLINE = "body_midline"
    MARKER = "marker"
    DESCRIPTION = "description"
    NONE = "none"


class BodySite(StrEnum):
    """Region of the body. Hip is the joint's region, greater trochanter included; pelvis includes the buttock."""

    HAND_WRIST = "hand_wrist"
    FOREARM = "forearm"
    ELBOW = "elbow"
    UPPER_ARM = "upper_arm"
    SHOULDER = "shoulder"
    CHEST = "chest"
    SPINE = "spine"
    PELVIS = "pelvis"
    HIP = "hip"
    THIGH = "thigh"
    KNEE = "knee"
    LOWER_LEG = "lower_leg"
    ANKLE_FOOT = "ankle_foot"
    HEAD_NECK = "head_neck"
    ABDOMEN = "abdomen"
    UNKNOWN = "unknown"


class SiteSource(StrEnum):
    """The evidence from which the body site is known."""

    READER = "reader"
    DICOM_TAG = "dicom_tag"
    BONE_LABELS = "bone_labels"
    DESCRIPTION = "description"
    GEOMETRY = "geometry"
    NONE = "none"


class Status(StrEnum):
    """What a reader decided about a lesion."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AlgorithmType(StrEnum):
    """How an outline was made: Segment Algorithm Type (0062,0008)."""

    AUTOMATIC = "automatic"
    SEMIAUTOMATIC = "semiautomatic"
    MANUAL = "manual"


class ReviewState(StrEnum):
    """How many of the lesions of a stack or study the readers have decided."""

    NONE = "none"
    PARTIAL = "partial"
    DONE = "done"


class SpacingSource(StrEnum):
    """The origin of the spacing: distances in the patient on CT, PS3.3 section 10.7 on a radiograph."""

    PATIENT = "patient"
    CALIBRATED = "calibrated"
    MAGNIFICATION_CORRECTED = "magnification_corrected"
    DETECTOR_PLANE = "detector_plane"
    UNCERTAIN = "uncertain"
    READER = "reader"
    NONE = "none"


class ImageKind(StrEnum):
    """The kind of image in which a lesion is measured: a stack of CT slices, or a radiograph (one projection)."""

    CT_STACK = "ct_stack"
    RADIOGRAPH = "radiograph"


class Morphology(StrEnum):
    """What a mass looks like as a whole."""

    SOLID = "solid"
    LOBULATED = "lobulated"
    LOCULATED = "loculated"
    GRANULAR = "granular"
    NET = "net"
    SHELL = "shell"
    PLATE = "plate"


class MorphologySource(StrEnum):
    """Where the morphology of a mass comes from: judged from the image, or set by a reader."""

    IMAGE = "image"
    READER = "reader"


class Canal(StrEnum):
    """What a mass at the spine reaches: the vertebral canal, an intervertebral foramen, or none of them."""

    NONE = "none"
    FORAMEN = "foramen"
    CANAL = "canal"
