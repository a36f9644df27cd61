"""Values of headers that are known, and so can stand in a table that leaves: no other text of a header does.

Modality (0008,0060), View Position (0018,5101) and Convolution Kernel (0018,1210) are text that a person or a program
typed into the header, and can hold a name. What is on no list below becomes `OTHER`.
"""

from __future__ import annotations

import re
from typing import Final

OTHER: Final = "other"
"""Stands for a value that is on no list."""

MODALITIES: Final = frozenset(
    """
    ANN AR AS ASMT AU BDUS BI BMD CD CF CFM CP CR CS CT CTPROTOCOL DD DF DG DM DMS DOC DS DX EC ECG EEG EMG EOG EPS ES
    FA FID FS GM HC HD IO IOL IVOCT IVUS KER KO LEN LP LS M3D MA MG MR MS NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF OPV
    OSS OT PA PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG
    SM SMR SR SRF ST STAIN TEXTUREMAP TG US VA VF XA XAPROTOCOL XC
    """.split()  # noqa: SIM905 - a list of words
)
"""Defined Terms of Modality, today's and retired ones (PS3.3 C.7.3.1.1.1)."""

VIEW_POSITIONS: Final = frozenset(
    """
    AP PA LL RL RLD LLD RLO LLO LAO RAO LPO RPO AP_PA LAT LATERAL LATERO-MEDIAL MEDIO-LATERAL LM ML OBL OBLIQUE AXIAL
    TAN TANGENTIAL DP PD DORSOPLANTAR PLANTODORSAL DORSOPALMAR PALMODORSAL PALM_UP BALLCATCHER NORGAARD SKYLINE SUNRISE
    MERCHANT TUNNEL ROSENBERG FROG FROGLEG FROG_LEG LAUENSTEIN JUDET INLET OUTLET MORTISE SCAPHOID SWIMMERS
    TRANSTHORACIC Y_VIEW GRASHEY STRYKER WATERS TOWNE CALDWELL ERECT SUPINE PRONE
    """.split()  # noqa: SIM905 - a list of words
)
"""Terms of View Position (PS3.3 C.8.1.1.1 and C.8.11.5.1), and the projections of hands, feet and joints that scanners
write there, in capital letters."""

KERNELS: Final = frozenset(
    """
    SOFT STANDARD STND STD DETAIL LUNG BONE BONEPLUS BONE+ EDGE CHST CHEST ULTRA HD_SOFT HD_STANDARD HD_DETAIL HD_LUNG
    HD_BONE HD_BONEPLUS HD_EDGE HDSOFT HDSTANDARD HDDETAIL HDLUNG HDBONE HDBONEPLUS HDEDGE A B C D E F L UA UB UC EA EB
    EC YA YB YC YD YE ROUTINE SHARP SMOOTH BR SOFT_TISSUE
    """.split()  # noqa: SIM905 - a list of words
)
"""Kernels with names, of GE and of Philips, in capital letters."""

_KERNEL_SERIES: Final = re.compile(
    r"""
    [ABCHIQSTU][FHRSV]?C?[0-9]{2}[DFHMPQSU]?(?:\\[1-5])?   # Siemens: B30f, I31f\3, Br40d\3, Qr44, Hv60s
    |FC[0-9]{2}(?:-H)?                                     # Canon, Toshiba: FC08, FC30-H
    |[BCEHLP]_(?:V?SOFT|STD|V?SHARP)_[ABC]                 # United Imaging: B_SOFT_B
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Kernels that a maker numbers: at most three letters, two digits and a strength."""


def known_modality(modality: str) -> str:
    """Give a modality of the standard as it is, and any other as `OTHER`; an empty one stays empty.

    Examples
    --------
    >>> known_modality("CT"), known_modality("DOE^JOHN"), known_modality("")
    ('CT', 'other', '')
    """
    return modality if modality in MODALITIES or not modality else OTHER


def known_view(view_position: str | None) -> str | None:
    """Give a view that is known in capital letters, and any other as `OTHER`; None if the header has none.

    Examples
    --------
    >>> known_view("Lateral"), known_view("left of Mr Doe"), known_view(None)
    ('LATERAL', 'other', None)
    """
    plain = _plain(view_position)
    return None if not plain else plain if plain in VIEW_POSITIONS else OTHER


def known_kernel(convolution_kernel: str | None) -> str | None:
    r"""Give a kernel that is known as the header writes it, and any other as `OTHER`; None if the header has none.

    Examples
    --------
    >>> known_kernel("B30f"), known_kernel("Br40d\\3"), known_kernel("BONEPLUS"), known_kernel("Mr Doe 30")
    ('B30f', 'Br40d\\3', 'BONEPLUS', 'other')
    """
    plain = _plain(convolution_kernel)
    if not plain:
        return None
    is_known = plain in KERNELS or _KERNEL_SERIES.fullmatch(plain) is not None
    return str(convolution_kernel).strip() if is_known else OTHER


def _plain(text: str | None) -> str:
    return "_".join((text or "").upper().split())
