"""From a stack to its report."""

from __future__ import annotations

import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.analysis.lesion import assess, assess_again, tracking_uid, with_canal
from calcimeasure.analysis.overview import draw_overview
from calcimeasure.analysis.picture import draw
from calcimeasure.analysis.retain import MAY_BE_ONE_MASS, retain
from calcimeasure.edge import side_by_side
from calcimeasure.errors import SeriesError, UnsupportedError
from calcimeasure.fault import fault_report
from calcimeasure.load import bones_of, check_headers, content_of, load_image
from calcimeasure.memory import give_back_freed
from calcimeasure.model import (
    OUTLINE_IMPORTED,
    Failure,
    MaskUse,
    Report,
    SiteSource,
    Stack,
    State,
    Tissue,
    largest_first,
)
from calcimeasure.settings import Settings, settings_hash
from calcimeasure.threads import thread_count
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.model import Image, Lesion, Outline, Proposal, Proposals

NOT_MEASURED = (Tissue.BONE, Tissue.OUTSIDE, Tissue.ARTIFACT, Tissue.METAL)
"""Tissues that are certainly not calcifications. All other proposals are measured and kept for the reader."""

_OF_THE_OUTLINE = frozenset({MAY_BE_ONE_MASS, OUTLINE_IMPORTED, "references_disagree"})
"""Notices that stay with an outline when it is measured again."""


def analyze(
    stack: Stack, settings: Settings | None = None, earlier: Sequence[Lesion] = (), next_number: int = 1
) -> Report:
    """Measure what is calcified, or may be calcified, in a CT stack or on a radiograph.

    Parameters
    ----------
    stack
        One stack from `calcimeasure.find_series`.
    settings
        The settings for measuring; None for the defaults.
    earlier
        The current lesions of a stack that was measured before. A lesion that is found again keeps its Tracking UID
        and the decisions of readers. Outlines that a reader drew or decided are kept (`calcimeasure.analysis.retain`).
    next_number
        Number of the first new lesion.

    Returns
    -------
    Report
        The lesions, largest first, each with its tissue (calcified mass, other calcification, contrast agent, unknown),
        and the settings and version used.

    Raises
    ------
    SeriesError
        The stack cannot be measured; its `reason` is a key of `calcimeasure.codes.REASONS`.
    """
    settings = settings or Settings()
    image = load_image(stack, settings)
    image = kind_of(image).calibrated(image, earlier)
    # The files are in the memory of the system now. Reading them once more needs a core that the survey mostly leaves.
    seen, contents = side_by_side(lambda: survey(image, settings), lambda: content_of(stack, settings), image.shape_kji)
    give_back_freed()
    image, anatomy = replace(image, notices=(*image.notices, *seen.notices)), seen.anatomy
    parts = [part for part in seen.proposals.parts if part.tissue not in NOT_MEASURED]

    def measured(part: Proposal) -> Lesion:
        return assess(image, refined_outline(image, part, settings), 0, settings, part, anatomy)

    def measured_again(lesion: Lesion) -> Lesion:
        if not lesion.number:  # a part of what was found
            lesion = replace(lesion, tracking_uid=tracking_uid(image.stack, lesion.outline))
        noted = tuple(one for one in lesion.notices if one in _OF_THE_OUTLINE)
        again = assess_again(image, lesion, settings, anatomy)
        return replace(again, notices=(*again.notices, *noted))

    def site_by_reader(lesion: Lesion) -> Lesion:
        of_reader = lesion.site is not None and lesion.site.source is SiteSource.READER
        return with_canal(image, lesion) if of_reader else lesion

    # The most expensive computations release the interpreter lock, so threads can run them at the same time.
    with ThreadPoolExecutor(max_workers=thread_count()) as pool:
        lesions = sorted(pool.map(measured, parts), key=largest_first)
        smallest = min((part.outline.voxel_count for part in seen.proposals.parts), default=1)
        retained = retain(lesions, earlier, smallest)
        overview = pool.submit(draw_overview, image) if lesions or earlier else None
        again = pool.map(measured_again, (*retained.cut, *retained.keep))
        numbers = count(next_number)
        stay = pool.map(site_by_reader, retained.stay)
        lesions = sorted((*stay, *again), key=largest_first)
        lesions = [lesion if lesion.number else replace(lesion, number=next(numbers)) for lesion in lesions]
        thumbnails = tuple(pool.map(lambda lesion: draw(image, lesion), lesions))
    return Report(
        stack=stack,
        geometry=image.geometry,
        lesions=tuple(lesions),
        settings_hash=settings_hash(settings),
        software_version=software_version(),
        notices=tuple(dict.fromkeys((*image.notices, *kind_of(image).notices(image)))),
        thumbnails=thumbnails,
        overview=None if overview is None else overview.result(),
        midline=anatomy.midline,
        masks=seen.masks,
        contents=contents,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The findings in an image before anything is measured.

    Parameters
    ----------
    proposals
        The dense components, including bone.
    anatomy
        The anatomy that the image shows; sides and sites depend on it.
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    masks
        What became of the masks of bones that another program made.
    """

    proposals: Proposals
    anatomy: AnyAnatomy
    notices: tuple[str, ...] = ()
    masks: MaskUse = field(default_factory=MaskUse)


def survey(image: Image, settings: Settings) -> Survey:
    """Find the dense components in a CT volume or on a radiograph, and the anatomy that sides and sites depend on.

    `analyze` measures lesions from this survey. The review needs the same survey when a reader draws a lesion or
    declares bone a mass.
    """
    kind = kind_of(image)
    outlined = bones_of(image, settings)
    bones = outlined.named
    proposals = kind.propose(image, settings, None if bones is None else bones.mask)
    dropped = ("specks_dropped",) if proposals.dropped_count else ()
    anatomy = kind.anatomy(image, proposals, bones, settings)
    return Survey(proposals, anatomy, (*outlined.notices, *proposals.notices, *dropped), outlined.use)


def refined_outline(image: Image, part: Proposal, settings: Settings) -> Outline:
    """Draw a proposal along its half-maximum: the outline on which the lesion is measured."""
    return kind_of(image).refined(image, part, settings)


def analyze_or_fail(
    stack: Stack, settings: Settings, earlier: Sequence[Lesion] = (), next_number: int = 1
) -> Report | Failure:
    """Measure a stack; an error is returned as a value, so that the other stacks are still measured.

    Parameters
    ----------
    stack
        One stack from `calcimeasure.find_series`.
    settings
        The settings for measuring.
    earlier, next_number
        As in `analyze`.

    Returns
    -------
    Report or Failure
        The function raises no exception. A fault of the program itself is returned as a failure with the reason
        internal_error and its traceback.
    """
    begun = time.monotonic()
    try:
        return replace(analyze(stack, settings, earlier, next_number), seconds=time.monotonic() - begun)
    except SeriesError as error:
        return replace(_failure(stack, error), seconds=time.monotonic() - begun)
    except MemoryError:
        reason, trace = "out_of_memory", None
        message = f"Series {stack.series_uid} does not fit into memory. Measure it alone, or on a larger machine."
    except Exception as error:  # noqa: BLE001 - a fault in one stack must not cost the others
        reason, trace = "internal_error", traceback.format_exc()
        message = fault_report(error)
    return Failure(State.FAILED, reason, message, stack, traceback=trace, seconds=time.monotonic() - begun)


def verdict_from_headers(stack: Stack, settings: Settings) -> Failure | None:
    """Tell from the headers alone why a stack will not be measured; None if the headers show no such reason."""
    try:
        check_headers(stack, settings)
    except SeriesError as error:
        return _failure(stack, error)
    return None


def _failure(stack: Stack, error: SeriesError) -> Failure:
    state = State.SKIPPED if isinstance(error, UnsupportedError) else State.FAILED
    return Failure(state, error.reason, error.message, stack)
