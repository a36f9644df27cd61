"""From an outline of a file to a revision of a lesion, measured like any other outline."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from calcimeasure.model import OUTLINE_IMPORTED, AlgorithmType
from calcimeasure.review.edits import add, redraw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.imports.compare import Step
    from calcimeasure.load.masks import MaskFile
    from calcimeasure.model import Image, Revision
    from calcimeasure.review.edits import Signature
    from calcimeasure.settings import Settings

_UID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
"""PS3.5 section 9.1."""


def revision_of(
    step: Step,
    file: MaskFile,
    newest: Mapping[str, Revision],
    image: Image,
    settings: Settings,
    by: Signature,
    anatomy: AnyAnatomy | None,
    is_free: Callable[[str], bool],
) -> Revision:
    """Make the revision of a lesion that an outline becomes.

    Parameters
    ----------
    step
        An outline that is a new lesion or a new revision.
    file
        Its file.
    newest
        The newest revision of every lesion that the stack ever had, by Tracking UID.
    image, settings, anatomy
        What it is measured on, and placed by.
    by
        The author and the time.
    is_free
        Tells whether no lesion of any stack has a Tracking UID: a new lesion then keeps that of its file.

    Returns
    -------
    Revision
        A new lesion is proposed, whatever drew it. A revision keeps what readers decided. The outline is manual,
        semiautomatic or automatic as its file says, and manual if it does not.
    """
    outline, known = step.outline, step.known
    if outline is None:
        raise ValueError("An outline without voxels is no lesion.")
    drawn = step.one.algorithm_type or AlgorithmType.MANUAL
    # An edit of a reader is never automatic: what the file says is set afterwards.
    by_hand = AlgorithmType.MANUAL if drawn is AlgorithmType.AUTOMATIC else drawn
    if known is None:
        made = add(outline, by_hand, newest, image, settings, by, anatomy)
    else:
        made = redraw(replace(known, withdrawn=False), outline, by_hand, image, settings, by, anatomy)
    lesion = replace(made.lesion, algorithm_type=drawn, notices=(*made.lesion.notices, OUTLINE_IMPORTED))
    uid = step.one.tracking_uid
    if made.base_number is None and uid and len(uid) <= 64 and _UID.fullmatch(uid) and is_free(uid):
        lesion = replace(lesion, tracking_uid=uid)
    return replace(made, lesion=lesion, why=f"imported from {file.kind}: {drawn}")
