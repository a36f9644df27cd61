"""What may be said of a stack or a lesion: closed lists of words, as the tables hold them."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What became of a stack."""

    MEASURED = "measured"
    SKIPPED = "skipped"
    FAILED = "failed"


class Tissue(StrEnum):
    """What a dense component is."""

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
    """Which evidence the side rests on."""

    READER = "reader"
    DICOM_TAG = "dicom_tag"
    BONE_LABELS = "bone_labels"
    BODY_MIDLINE = "body_midline"
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
    """Which evidence the body site rests on."""

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
    """How an outline came about: Segment Algorithm Type (0062,0008)."""

    AUTOMATIC = "automatic"
    SEMIAUTOMATIC = "semiautomatic"
    MANUAL = "manual"


class ReviewState(StrEnum):
    """How much of a stack or study its readers have decided."""

    NONE = "none"
    PARTIAL = "partial"
    DONE = "done"


class SpacingSource(StrEnum):
    """Where millimeters come from: in the patient on CT, PS3.3 section 10.7 on a radiograph."""

    PATIENT = "patient"
    CALIBRATED = "calibrated"
    MAGNIFICATION_CORRECTED = "magnification_corrected"
    DETECTOR_PLANE = "detector_plane"
    UNCERTAIN = "uncertain"
    READER = "reader"
    NONE = "none"


class ImageKind(StrEnum):
    """What a lesion is measured in: a stack of CT slices, or a radiograph (one projection)."""

    CT_STACK = "ct_stack"
    RADIOGRAPH = "radiograph"
