"""The table of all actions of the review: keys, texts, place in the panel, conditions, and the function to call.

The buttons, the check boxes, the menus, the key bindings, the sheet of keys and the table of keys in the documentation
are made from this table. No Qt, no napari: the documentation imports it on machines without a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from calcimeasure.review import BodySite, Laterality, Morphology, Shape, Status, Tissue
from napari_calcimeasure import allowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from napari_calcimeasure.allowed import State
    from napari_calcimeasure.panel.controller import Controller


class Group(StrEnum):
    """A group of actions: one box of the panel, one menu, or one part of the sheet."""

    STACKS = "Worklist"
    BY_HAND = "Images opened by hand"
    LESIONS = "Lesions"
    DECIDE = "Decide"
    SITE = "Body site"
    MORPHOLOGY = "Morphology"
    DRAW = "Draw"
    TOOLS = "Tools of napari"
    CALIBRATE = "Calibrate"
    LOOK = "Look"
    PRIOR = "Earlier date"
    HELP = "Help"


class Shown(Enum):
    """The place where the panel shows an action; the sheet and the documentation show every action that has a key."""

    BUTTON = "button"
    CHECK_BOX = "check box"
    MENU = "menu"
    HEADER = "header"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table.

    Parameters
    ----------
    name
        The name by which the panel identifies the action.
    keys
        The keys as napari names them ("Control-Shift-Z"); empty if only a button or a menu has the action.
    text
        The text on its button, or in its menu.
    words
        The effect of the action in one sentence, for the tooltip of the button, the sheet and the documentation.
    group
        The box of the panel, or the menu, that contains the action.
    shown
        The place where the panel shows the action.
    row
        The row of its button in its group.
    refusal
        Checks whether the action is allowed: returns None if it is, else the message for the reader
        (`allowed.NOT_NOW`: no message).
    act
        The function to call; None for a switch, and for the size of the brush, whose keys napari binds.
    switch
        The function that a check box calls with its new state; the key toggles the box.
    ends_pointing
        Whether the action first cancels a special meaning of the next click.
    """

    name: str
    keys: tuple[str, ...]
    text: str
    words: str
    group: Group
    shown: Shown = Shown.BUTTON
    row: int = 0
    refusal: Callable[[State], str | None] = allowed.always
    act: Callable[[Controller], object] | None = None
    switch: Callable[[Controller, bool], object] | None = None
    ends_pointing: bool = False

    @property
    def is_bound(self) -> bool:
        """Whether the review binds the keys of the action; napari binds those for the size of the brush."""
        return bool(self.keys) and (self.act is not None or self.switch is not None)

    @property
    def label(self) -> str:
        """The keys of the action as written on keyboards: Ctrl+Shift+Z."""
        return " ".join(map(label_of, self.keys))

    @property
    def meaning(self) -> str:
        """The effect of the action in words; its text comes first unless the words repeat it."""
        text = self.text.rstrip("…")
        return self.words if text.lower() in self.words.lower() else f"{text[0].upper()}{text[1:]}: {self.words}"


_ON_KEYBOARDS = {"Control": "Ctrl", "PageUp": "PgUp", "PageDown": "PgDn", "Delete": "Del", "Escape": "Esc"}


def label_of(key: str) -> str:
    """Write a key as on keyboards.

    >>> label_of("Control-Shift-Z")
    'Ctrl+Shift+Z'
    """
    return "+".join(_ON_KEYBOARDS.get(part, part) for part in key.split("-"))


def _sides() -> Iterable[Action]:
    for key, side in (
        ("R", Laterality.RIGHT),
        ("L", Laterality.LEFT),
        ("M", Laterality.MIDLINE),
        ("Q", Laterality.UNKNOWN),
    ):
        act = partial(_set_side, side)
        words = f"The side is {side}"
        yield Action(
            f"side {side}",
            (key,),
            str(side).capitalize(),
            words,
            Group.DECIDE,
            row=1,
            refusal=allowed.with_lesion,
            act=act,
        )


def _set_side(side: Laterality, review: Controller) -> None:
    review.deciding.set_side(side)


def _tissues() -> Iterable[Action]:
    for key, text, tissue in (
        ("C", "Mass", Tissue.CALCIFIED_MASS),
        ("O", "Other calc.", Tissue.OTHER_CALCIFICATION),
        ("B", "Bone", Tissue.BONE),
    ):
        act = partial(_set_tissue, tissue)
        words = f"The tissue is {text.lower()}"
        yield Action(f"tissue {tissue}", (key,), text, words, Group.DECIDE, row=2, refusal=allowed.with_lesion, act=act)


def _set_tissue(tissue: Tissue, review: Controller) -> None:
    review.deciding.set_tissue(tissue)


SITE_KEYS = {
    "Shift-W": BodySite.HAND_WRIST,
    "Shift-F": BodySite.FOREARM,
    "Shift-E": BodySite.ELBOW,
    "Shift-U": BodySite.UPPER_ARM,
    "Shift-S": BodySite.SHOULDER,
    "Shift-C": BodySite.CHEST,
    "Shift-I": BodySite.SPINE,
    "Shift-P": BodySite.PELVIS,
    "Shift-H": BodySite.HIP,
    "Shift-T": BodySite.THIGH,
    "Shift-K": BodySite.KNEE,
    "Shift-L": BodySite.LOWER_LEG,
    "Shift-A": BodySite.ANKLE_FOOT,
    "Shift-N": BodySite.HEAD_NECK,
    "Shift-B": BodySite.ABDOMEN,
    "Shift-Q": BodySite.UNKNOWN,
}


def _sites() -> Iterable[Action]:
    for key, site in SITE_KEYS.items():
        text = str(site).replace("_", " ")
        act = partial(_set_site, site)
        yield Action(
            f"site {site}",
            (key,),
            text,
            f"The body site is {text}",
            Group.SITE,
            Shown.MENU,
            refusal=allowed.with_lesion,
            act=act,
        )


def _set_site(site: BodySite, review: Controller) -> None:
    review.deciding.set_site(site)


MORPHOLOGY_WORDS = {
    Morphology.SOLID: "one dense mass with a smooth surface",
    Morphology.LOBULATED: "one dense mass with a lobulated surface",
    Morphology.LOCULATED: "several loculi, parted by septa",
    Morphology.GRANULAR: "grains, apart from each other",
    Morphology.NET: "a net of thin strands",
    Morphology.SHELL: "a calcified wall around a center without calcium",
    Morphology.PLATE: "a flat sheet",
}


def _morphologies() -> Iterable[Action]:
    for morphology, words in MORPHOLOGY_WORDS.items():
        yield Action(
            f"morphology {morphology}",
            (),
            str(morphology),
            f"The mass is {morphology}: {words}",
            Group.MORPHOLOGY,
            Shown.MENU,
            refusal=allowed.with_lesion,
            act=partial(_set_morphology, morphology),
        )


def _set_morphology(morphology: Morphology, review: Controller) -> None:
    review.deciding.set_morphology(morphology)


def _flow() -> Iterable[Action]:
    """From one undecided lesion to the next one, and remarks."""
    yield Action(
        "next undecided",
        ("Space",),
        "Next undecided",
        "Next lesion to decide, in this stack or in the next one that has any",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.flow.go_to_open(1),
    )
    yield Action(
        "previous undecided",
        ("Shift-Space",),
        "Previous undecided",
        "Lesion to decide before this one, in this stack or in the one before it that has any",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.flow.go_to_open(-1),
    )
    yield Action(
        "long axis",
        ("Home",),
        "Long axis",
        "Slice of the long axis of the lesion",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_lesion,
        act=lambda review: review.flow.go_home(),
    )
    yield Action(
        "unsure",
        ("W",),
        "Unsure",
        "A second reader is wanted; again: no longer",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_lesion,
        act=lambda review: review.flow.toggle_unsure(),
    )
    yield Action(
        "note",
        (";",),
        "Note",
        "Write a note about the lesion; it stays in the folder private",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_lesion,
        act=lambda review: review.flow.note(),
    )
    yield Action(
        "copy picture",
        ("Control-C",),
        "Copy picture",
        "Copy a picture of the lesion, without a word of the patient",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_lesion,
        act=lambda review: review.flow.copy_picture(),
    )


def _shapes() -> Iterable[Action]:
    """Offer another outline of the lesion; Enter keeps it."""
    for key, shape, words in (
        ("Shift-G", Shape.SNAP, "Draw the outline again along the edge of what it holds"),
        (".", Shape.LARGER, "Make the outline a step larger"),
        (",", Shape.SMALLER, "Make the outline a step smaller"),
        ("Z", Shape.SMOOTH, "Smooth the outline; its size stays"),
        ("I", Shape.FILL_SLICES, "Fill the slices between the drawn ones"),
        ("Control-D", Shape.WITHOUT_BONE, "Take the bone out of the outline"),
    ):
        yield Action(
            f"shape {shape}",
            (key,),
            str(shape).capitalize(),
            words,
            Group.DRAW,
            Shown.SHEET,
            refusal=allowed.with_lesion_or_offer,
            act=partial(_shape, shape),
        )
    yield Action(
        "keep offered",
        ("Enter",),
        "Keep",
        "Keep the outline that is offered (dashed)",
        Group.DRAW,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.offering.keep(),
    )
    yield Action(
        "divide between points",
        ("Shift-D",),
        "Divide at points",
        "Two clicks: one into each part; the lesion is divided at its thinnest place",
        Group.DRAW,
        Shown.SHEET,
        refusal=allowed.with_lesion,
        act=lambda review: review.offering.divide_between(),
        ends_pointing=True,
    )
    yield Action(
        "paint dense",
        ("0",),
        "Paint dense",
        "The brush paints only what is dense; again: all",
        Group.TOOLS,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.offering.toggle_dense(),
    )


def _shape(shape: Shape, review: Controller) -> None:
    review.offering.shape(shape)


def _tools() -> Iterable[Action]:
    for key, mode, text, words in (
        ("1", "erase", "erase", "Erase from the lesion"),
        ("2", "paint", "brush", "Paint the lesion with a brush"),
        ("3", "polygon", "polygon", "Outline the lesion by a polygon; a double click ends it"),
        ("4", "fill", "fill", "Fill a region"),
        ("5", "pick", "pick", "Choose the lesion to draw on by a click"),
        ("6", "pan_zoom", "move", "Move and zoom the image; select lesions by a click"),
    ):
        act = partial(_take_tool, mode)
        yield Action(f"tool {text}", (key,), text, words, Group.TOOLS, Shown.SHEET, refusal=allowed.with_stack, act=act)


def _take_tool(mode: str, review: Controller) -> None:
    review.painting.take_tool(mode)


def _windows() -> Iterable[Action]:
    for key, name in (("F2", "Bone"), ("F3", "Soft tissue"), ("F4", "Calcium"), ("F5", "Full")):
        act = partial(_set_window, name)
        yield Action(
            f"window {name}", (key,), name, f"Window {name.lower()}", Group.LOOK, refusal=allowed.with_layers, act=act
        )


def _set_window(name: str, review: Controller) -> None:
    review.looking.window(name)


def _planes() -> Iterable[Action]:
    for key, name in (("F6", "Axial"), ("F7", "Coronal"), ("F8", "Sagittal")):
        act = partial(_set_plane, name)
        yield Action(
            f"plane {name}", (key,), name, f"{name} plane", Group.LOOK, row=1, refusal=allowed.in_planes, act=act
        )


def _set_plane(name: str, review: Controller) -> None:
    review.looking.plane(name)


def _priors() -> Iterable[Action]:
    """Show the earlier date beside the image."""
    yield Action(
        "prior",
        ("7",),
        "Prior",
        "The date before beside the image, linked by the motion of the body; again: hide it",
        Group.LOOK,
        row=3,
        refusal=allowed.with_stack,
        act=lambda review: review.prior.toggle(),
    )
    yield Action(
        "earlier date",
        ("8",),
        "Earlier",
        "The date before the one that is shown beside the image; after the first date the nearest again",
        Group.PRIOR,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.prior.go_earlier(),
    )
    yield Action(
        "difference",
        ("9",),
        "Difference",
        "Subtract the earlier date around the lesion, for display only: orange is denser now, blue was denser before",
        Group.LOOK,
        row=3,
        refusal=allowed.with_stack,
        act=lambda review: review.prior_difference.toggle(),
    )
    for key, step, text in (("Shift-Down", 1, "next"), ("Shift-Up", -1, "previous")):
        yield Action(
            f"{text} earlier lesion",
            (key,),
            f"{text.capitalize()} of the earlier date",
            f"Choose the {text} lesion of the earlier date, as a click on it does",
            Group.PRIOR,
            Shown.SHEET,
            refusal=allowed.with_stack,
            act=partial(_pick_earlier, step),
        )
    for name, key, text, words, act in (
        ("link", "Shift-J", "Link", "The lesion is the chosen one of the earlier date", _link),
        ("unlink", "Shift-X", "Unlink", "Take back what links the lesion with the earlier date", _unlink),
        (
            "no partner",
            "Shift-V",
            "New or gone",
            "The lesion is new; if one of the earlier date is chosen: that one is gone",
            _say_alone,
        ),
    ):
        yield Action(name, (key,), text, words, Group.PRIOR, Shown.SHEET, refusal=allowed.with_stack, act=act)
    yield Action(
        "next waiting",
        ("Shift-O",),
        "Next waiting",
        "Next lesion that waits for a link, at both dates, else at the next two dates that have one",
        Group.PRIOR,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.prior_links.go_to_waiting(),
    )


def _pick_earlier(step: int, review: Controller) -> None:
    review.prior_links.pick_beside(step)


def _link(review: Controller) -> None:
    review.prior_links.join()


def _unlink(review: Controller) -> None:
    review.prior_links.part()


def _say_alone(review: Controller) -> None:
    review.prior_links.say_alone()


ACTIONS: tuple[Action, ...] = (
    Action(
        "seen",
        ("V",),
        "Seen",
        "Nothing to decide: looked through; again: not yet",
        Group.STACKS,
        refusal=allowed.with_stack,
        act=lambda review: review.stacks.note_seen(),
    ),
    Action(
        "previous stack",
        ("PageUp",),
        "Previous",
        "Previous stack",
        Group.STACKS,
        act=lambda review: review.stacks.go_beside(-1),
    ),
    Action(
        "next stack",
        ("PageDown",),
        "Next",
        "Next stack",
        Group.STACKS,
        act=lambda review: review.stacks.go_beside(1),
    ),
    Action(
        "change reader",
        (),
        "Reader…",
        "Say who reads",
        Group.STACKS,
        act=lambda review: review.change_reader(),
    ),
    Action(
        "open results",
        (),
        "Open results…",
        "Open a folder that measure wrote",
        Group.BY_HAND,
        act=lambda review: review.by_hand.ask_for_folder(),
    ),
    Action(
        "measure open",
        (),
        "Measure what is open",
        "Measure the image of the active layer",
        Group.BY_HAND,
        act=lambda review: review.by_hand.measure_open(),
    ),
    Action(
        "save review",
        (),
        "Save review…",
        "Keep this review in a folder of its own",
        Group.BY_HAND,
        refusal=allowed.with_desk,
        act=lambda review: review.by_hand.ask_where_to_save(),
    ),
    Action(
        "recover review",
        (),
        "Recover review…",
        "Open a review of images opened by hand that was not saved",
        Group.BY_HAND,
        row=1,
        act=lambda review: review.by_hand.recover(),
    ),
    Action(
        "previous lesion",
        ("Up",),
        "Previous lesion",
        "Previous lesion of the table",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.deciding.go_beside(-1),
    ),
    Action(
        "next lesion",
        ("Down",),
        "Next lesion",
        "Next lesion of the table",
        Group.LESIONS,
        Shown.SHEET,
        refusal=allowed.with_stack,
        act=lambda review: review.deciding.go_beside(1),
    ),
    *_flow(),
    Action(
        "accept",
        ("A",),
        "Accept",
        "It is a calcified mass, outlined right",
        Group.DECIDE,
        refusal=allowed.with_lesion,
        act=lambda review: review.deciding.decide(Status.ACCEPTED),
    ),
    Action(
        "reject",
        ("X",),
        "Reject",
        "It is none: it leaves the table",
        Group.DECIDE,
        refusal=allowed.with_lesion,
        act=lambda review: review.deciding.decide(Status.REJECTED),
    ),
    Action(
        "undecide",
        ("U",),
        "Undecide",
        "Take the decision back",
        Group.DECIDE,
        refusal=allowed.with_lesion,
        act=lambda review: review.deciding.decide(Status.PROPOSED),
    ),
    Action(
        "accept shown",
        ("Control-A",),
        "All shown",
        "Accept every mass that was gone to",
        Group.DECIDE,
        row=3,
        refusal=allowed.with_stack,
        act=lambda review: review.deciding.accept_shown(),
    ),
    *_sides(),
    *_tissues(),
    Action(
        "choose site",
        ("S",),
        "Site…",
        "Choose the body site",
        Group.DECIDE,
        row=3,
        act=lambda review: review.widgets.decide.show_menu("choose site", Group.SITE),
    ),
    *_sites(),
    Action(
        "choose morphology",
        ("F",),
        "Morphology…",
        "Choose what the mass looks like as a whole",
        Group.DECIDE,
        row=3,
        act=lambda review: review.widgets.decide.show_menu("choose morphology", Group.MORPHOLOGY),
    ),
    *_morphologies(),
    Action(
        "new",
        ("N",),
        "New",
        "Draw a new lesion",
        Group.DRAW,
        refusal=allowed.with_stack,
        act=lambda review: review.deciding.draw_new(),
    ),
    Action(
        "delete",
        ("Delete",),
        "Delete",
        "Take the lesion away",
        Group.DRAW,
        refusal=allowed.with_lesion,
        act=lambda review: review.deciding.delete(),
    ),
    Action(
        "undo",
        ("Control-Z",),
        "Undo",
        "Undo the last stroke or decision",
        Group.DRAW,
        refusal=allowed.with_stack,
        act=lambda review: review.deciding.undo(),
    ),
    Action(
        "redo",
        ("Control-Shift-Z",),
        "Redo",
        "Do it again",
        Group.DRAW,
        refusal=allowed.with_stack,
        act=lambda review: review.deciding.redo(),
    ),
    Action(
        "divide",
        ("D",),
        "Divide",
        "Two clicks: a line between two parts of the lesion",
        Group.DRAW,
        row=1,
        refusal=allowed.with_lesion,
        act=lambda review: review.outlining.divide(),
        ends_pointing=True,
    ),
    Action(
        "join",
        ("J",),
        "Join",
        "One click: on the lesion that belongs to this one; the older one keeps its number",
        Group.DRAW,
        row=1,
        refusal=allowed.with_lesion,
        act=lambda review: review.outlining.join(),
        ends_pointing=True,
    ),
    Action(
        "grow",
        ("G",),
        "Grow",
        "Outline what is clicked on, or painted",
        Group.DRAW,
        row=1,
        refusal=allowed.with_stack,
        act=lambda review: review.outlining.grow(),
    ),
    *_shapes(),
    Action(
        "calibrate",
        ("K",),
        "Calibrate…",
        "Say how large something on a radiograph is",
        Group.DRAW,
        row=1,
        refusal=allowed.to_calibrate,
        act=lambda review: review.widgets.draw.show_menu("calibrate", Group.CALIBRATE),
        ends_pointing=True,
    ),
    Action(
        "calibrate by line",
        (),
        "Line of known length: two clicks",
        "Draw a line along something whose length is known",
        Group.CALIBRATE,
        Shown.MENU,
        act=lambda review: review.calibrating.begin_line(),
    ),
    Action(
        "calibrate by distances",
        (),
        "Distances of detector and mass from the tube…",
        "Say how far detector and mass were from the tube",
        Group.CALIBRATE,
        Shown.MENU,
        act=lambda review: review.calibrating.ask_distances(),
    ),
    Action(
        "take calibration back",
        (),
        "Take the calibration back",
        "Measure in what the header says again",
        Group.CALIBRATE,
        Shown.MENU,
        act=lambda review: review.calibrating.keep(None),
    ),
    Action(
        "take over",
        ("T",),
        "Take over",
        "It is a calcified mass: accept it",
        Group.DRAW,
        row=2,
        refusal=allowed.with_lesion_or_bone,
        act=lambda review: review.deciding.take_over(),
    ),
    Action(
        "show bone",
        ("F10",),
        "Bone",
        "Show what was judged to be bone",
        Group.DRAW,
        Shown.CHECK_BOX,
        row=2,
        switch=lambda review, shows: review.bones.show(shows),
    ),
    Action(
        "show rejected",
        (),
        "Rejected",
        "Show rejected lesions too",
        Group.DRAW,
        Shown.CHECK_BOX,
        row=2,
        switch=lambda review, shows: review.looking.show_rejected(shows),
    ),
    Action(
        "leave pointing",
        ("Escape",),
        "Leave",
        "Take back what the next click was to mean, and a polygon that was begun",
        Group.DRAW,
        Shown.SHEET,
        act=lambda review: review.pointing.stop(),
    ),
    *_tools(),
    Action("brush size", ("[", "]"), "brush size", "Make the brush smaller, larger", Group.TOOLS, Shown.SHEET),
    *_windows(),
    *_planes(),
    Action(
        "slab",
        ("F9",),
        "Slab MIP",
        "The brightest of 10 mm instead of a slice",
        Group.LOOK,
        row=1,
        refusal=allowed.with_layers,
        act=lambda review: review.looking.toggle_slab(),
    ),
    Action(
        "hide outlines",
        ("H",),
        "Hide outlines",
        "Hide outlines and axes; again: show them",
        Group.LOOK,
        Shown.SHEET,
        refusal=allowed.with_layers,
        act=lambda review: review.looking.toggle_outlines(),
    ),
    Action(
        "worklist",
        ("P",),
        "Worklist",
        "Show the worklist over the image, or hide it",
        Group.LOOK,
        Shown.HEADER,
        act=lambda review: review.widgets.toggle_worklist(),
    ),
    Action(
        "caliper",
        ("E",),
        "Caliper",
        "Two clicks: measure a distance; Esc takes it away",
        Group.LOOK,
        row=2,
        refusal=allowed.with_stack,
        act=lambda review: review.caliper.begin(),
        ends_pointing=True,
    ),
    Action(
        "three planes",
        ("F12",),
        "Three planes",
        "The two other planes beside the image, with a crosshair: a click goes there, the brush paints in each",
        Group.LOOK,
        row=2,
        refusal=allowed.with_stack,
        act=lambda review: review.planes.toggle(),
    ),
    Action(
        "surfaces",
        ("Shift-F12",),
        "Surfaces",
        "The lesions and the bone round them in three dimensions; the mouse turns them, a click goes there",
        Group.LOOK,
        row=2,
        refusal=allowed.on_ct,
        act=lambda review: review.surfaces.toggle(),
    ),
    Action(
        "overview",
        ("Y",),
        "Overview",
        "All lesions as dots on a projection in the corner; a click on a dot goes there",
        Group.LOOK,
        row=2,
        refusal=allowed.with_stack,
        act=lambda review: review.overview.toggle(),
    ),
    *_priors(),
    Action(
        "keys",
        ("?",),
        "Keys",
        "Show every key",
        Group.HELP,
        Shown.HEADER,
        act=lambda review: review.widgets.show_keys(),
    ),
    Action(
        "napari",
        ("F11",),
        "napari",
        "Fold the docks and menus of napari away, or bring them back",
        Group.HELP,
        Shown.HEADER,
        act=lambda review: review.room.toggle(),
    ),
)
"""All actions, in the order of the panel and the documentation."""

BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}


def actions_of(group: Group) -> tuple[Action, ...]:
    """Give the actions of a group, in their order."""
    return tuple(action for action in ACTIONS if action.group is group)


def button_rows(group: Group) -> tuple[tuple[Action, ...], ...]:
    """Give the rows of buttons and check boxes of a group."""
    drawn = [one for one in actions_of(group) if one.shown in (Shown.BUTTON, Shown.CHECK_BOX)]
    in_order = sorted(drawn, key=lambda one: one.row)
    return tuple(tuple(row) for _, row in groupby(in_order, key=lambda one: one.row))


def groups_with_keys() -> tuple[tuple[Group, tuple[Action, ...]], ...]:
    """Give the actions that have keys, by group: what the sheet and the documentation show."""
    with_keys = ((group, tuple(action for action in actions_of(group) if action.keys)) for group in Group)
    return tuple((group, actions) for group, actions in with_keys if actions)


def tools_line() -> str:
    """Write the tools of napari in one line: `1 erase, 2 brush; [ ] brush size`."""
    tools = actions_of(Group.TOOLS)
    of_one_key = ", ".join(f"{one.label} {one.text}" for one in tools if len(one.keys) == 1)
    return "; ".join([of_one_key, *(f"{one.label} {one.text}" for one in tools if len(one.keys) > 1)])


def keys_table() -> str:
    """Write the table of keys in Markdown: one row for each action that has a key.

    Returns
    -------
    str
        A table of four columns, with a line break at its end.
    """
    lines = ["| About | Key | Action | What it does |", "|---|---|---|---|"]
    for group, actions in groups_with_keys():
        for action in actions:
            keys = " ".join(f"`{label_of(key)}`" for key in action.keys)
            lines.append(f"| {group} | {keys} | {action.text} | {action.words} |")
    return "\n".join(lines) + "\n"
