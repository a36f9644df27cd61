"""Rules for when an action is allowed, by the state of the review. No Qt, no napari.

Each rule returns None if the action is allowed, else the message for the reader.
"""

from __future__ import annotations

from dataclasses import dataclass

COMING = "The stack that was asked for was not on the screen yet: nothing was changed. Press the key again."
"""Refuses what would change a stack that the reader has not seen."""

NOT_NOW = ""
"""Refuses an action without a message: there is no object for the action."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of the review that decides which actions are allowed.

    Parameters
    ----------
    has_desk
        A folder of results, or a review that was begun by hand, is open.
    has_layers
        The layers of a stack are in the viewer.
    has_stack
        A stack is open for review.
    is_radiograph
        The stack that is open is a radiograph.
    has_outlines
        The stack has at least one lesion, kept or drawn.
    has_lesion
        A lesion is selected, or was drawn last.
    has_bone
        A piece of bone was clicked on.
    is_coming
        A stack was asked for, and its first frame is not on the screen.
    has_offer
        A tool offers an outline that is not kept.
    """

    has_desk: bool = False
    has_layers: bool = False
    has_stack: bool = False
    is_radiograph: bool = False
    has_outlines: bool = False
    has_lesion: bool = False
    has_bone: bool = False
    is_coming: bool = False
    has_offer: bool = False


def always(_: State) -> str | None:
    """Allow an action in every state."""
    return None


def with_desk(state: State) -> str | None:
    """Allow an action while a review is open."""
    if state.has_desk:
        return None
    return "There is no review yet: measure what is open, or open a folder of results."


def with_layers(state: State) -> str | None:
    """Allow an action while the layers of a stack are in the viewer."""
    return None if state.has_layers else NOT_NOW


def with_stack(state: State) -> str | None:
    """Allow an action while a stack is open and on the screen."""
    if state.is_coming:
        return COMING
    return None if state.has_stack else NOT_NOW


def with_lesion(state: State) -> str | None:
    """Allow an action while a lesion is selected or was drawn last."""
    refusal = with_stack(state)
    if refusal is not None:
        return refusal
    return None if state.has_lesion else "Choose a lesion first: click on it, or press the down key."


def with_lesion_or_offer(state: State) -> str | None:
    """Allow an action while a lesion is selected, or an outline is offered."""
    return with_stack(state) if state.has_offer else with_lesion(state)


def with_lesion_or_bone(state: State) -> str | None:
    """Allow an action while a lesion, or a piece of bone, is selected."""
    return with_stack(state) if state.has_bone else with_lesion(state)


def on_ct(state: State) -> str | None:
    """Allow an action on a CT that is open and on the screen."""
    refusal = with_stack(state)
    if refusal is None and state.is_radiograph:
        return "A CT expected, found a radiograph: it has no third dimension."
    return refusal


def in_planes(state: State) -> str | None:
    """Allow an action on an image with several planes; for the next CT, too, nothing is chosen on a radiograph."""
    refusal = with_stack(state)
    if refusal is None and state.is_radiograph:
        return "A radiograph has one plane."
    return refusal


def to_calibrate(state: State) -> str | None:
    """Allow an action on a radiograph with lesions: the calibration is stored with the lesions."""
    refusal = with_stack(state)
    if refusal is not None:
        return refusal
    if not state.is_radiograph:
        return "Radiographs are calibrated: the millimeters of a CT are those of the scanner."
    if not state.has_outlines:
        return "Outline a mass first (G, or N): it is the lesions that keep the calibration."
    return None
