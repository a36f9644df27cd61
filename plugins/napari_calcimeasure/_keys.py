"""What each key does. Deciding keys count only while a layer of the review, or none, is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.review import BodySite, Laterality, Status, Tissue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from napari.components import ViewerModel
    from napari.layers import Layer

STATUS_KEYS = {"A": Status.ACCEPTED, "X": Status.REJECTED, "U": Status.PROPOSED}
SIDE_KEYS = {"R": Laterality.RIGHT, "L": Laterality.LEFT, "M": Laterality.MIDLINE, "Q": Laterality.UNKNOWN}
TISSUE_KEYS = {"C": Tissue.CALCIFIED_MASS, "O": Tissue.OTHER_CALCIFICATION, "B": Tissue.BONE}
WINDOW_KEYS = {"F2": "Bone", "F3": "Soft tissue", "F4": "Calcium", "F5": "Full"}
PLANE_KEYS = {"F6": "Axial", "F7": "Coronal", "F8": "Sagittal"}
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


def bind_layers(layers: Iterable[Layer], actions: Mapping[str, Callable[[], object]]) -> None:
    """Bind keys on the layers of the review, whose own meaning of them gives way; they go with the layers."""
    for key, action in actions.items():

        def on_layer(_: object, action: Callable[[], object] = action) -> None:
            action()

        for layer in layers:
            layer.bind_key(key, on_layer, overwrite=True)


def bind_viewer(
    viewer: ViewerModel, layers: Callable[[], Iterable[Layer]], actions: Mapping[str, Callable[[], object]]
) -> Callable[[], None]:
    """Bind keys on the viewer, where they count while no other layer than those of the review is active.

    Returns
    -------
    callable
        Takes them from the viewer again.
    """
    for key, action in actions.items():

        def on_viewer(viewer: ViewerModel, action: Callable[[], object] = action) -> None:
            if viewer.layers.selection.active in (None, *layers()):
                action()

        viewer.bind_key(key, on_viewer, overwrite=True)

    def unbind() -> None:
        for key in actions:
            viewer.bind_key(key, None)

    return unbind
