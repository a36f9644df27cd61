"""The appearance of a stack under review in a viewer: its layers, letters, lines and windows. No Qt."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components.overlays import TextOverlay
from napari.layers import Image, Labels

from napari_calcimeasure._convert import axis_shown, image_layer, image_of, layer_settings
from napari_calcimeasure._guard import Guard
from napari_calcimeasure._kinds import SLAB_MM, Looked, kind_of
from napari_calcimeasure._palette import (
    LETTER_COLOR,
    SHADE_COLOR,
)
from napari_calcimeasure._rows import length_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.components import ViewerModel
    from napari.layers import Layer
    from numpy.typing import ArrayLike, NDArray

    from calcimeasure import Lesion, Measurements
    from calcimeasure.review import Preview, RadiographMeasurements
    from napari_calcimeasure._session import ShownSession

PLANES = {"Axial": (0, 1, 2), "Coronal": (1, 0, 2), "Sagittal": (2, 0, 1)}
LAYER_NAME = "lesions"
ROOM = 2.6
"""Length of the shorter side of the canvas, in units of the extent of the selected lesion."""

FACTS_LETTERS, HINT_LETTERS = 46, 40
"""Letters in a line of the facts and of a hint: on a small screen the projection in the corner stands beside them."""

OPACITY = 0.0
"""The layer of lesions is painted and clicked on, and not seen: lines of one screen pixel show what is on it."""

_PLACES = ("middle_left", "middle_right", "top_center", "bottom_center")


class Screen:
    """The layers and overlays of a session in a viewer.

    Parameters
    ----------
    viewer
        The viewer; other layers in it are not changed.
    session
        The session that is shown.
    before
        The screen that this one replaces. Its layers are removed after the new ones are added. A viewer without layers
        would remove its slider and make it again; drawing at that moment has crashed OpenGL.
    """

    def __init__(self, viewer: ViewerModel, session: ShownSession, before: Screen | None = None) -> None:
        self.viewer, self.session = viewer, session
        self._where = where = layer_settings(session.display)
        if before is not None:
            before.take_units(where["units"])
        opened = self._opened(session)
        self._added_image = opened is None
        self.image: Image = viewer.add_layer(_image(session)) if opened is None else opened
        self._drawn_on = Labels(session.display.shown(session.labels), name=LAYER_NAME, opacity=OPACITY, **where)
        self.labels: Labels = viewer.add_layer(self._drawn_on)
        self._scale_bar_was = viewer.canvas.overlays.scale_bar.visible
        self._order_was = tuple(viewer.dims.order)
        if before is not None:
            self._scale_bar_was, self._order_was = before._scale_bar_was, before._order_was
            before.close()
            self.labels.name = LAYER_NAME  # napari added a number, because the name existed
        self._guard = Guard(viewer, (self.image, self.labels), where)
        viewer.canvas.overlays.scale_bar.visible = True
        for place in _PLACES:
            letter = TextOverlay(position=place, font_size=18, color=LETTER_COLOR, visible=True, box_color=SHADE_COLOR)
            viewer.canvas.overlays[f"calcimeasure_{place}"] = letter
        viewer.canvas.overlays["calcimeasure_facts"] = TextOverlay(
            position="top_left", font_size=9, color="white", visible=True, box_color=SHADE_COLOR
        )
        viewer.canvas.overlays["calcimeasure_hint"] = TextOverlay(
            position="top_left", font_size=12, color=LETTER_COLOR, visible=False, box_color=SHADE_COLOR
        )
        viewer.dims.events.order.connect(self._turn)
        viewer.dims.events.ndisplay.connect(self._turn)
        viewer.dims.events.current_step.connect(self._tell)
        self.image.events.contrast_limits.connect(self._tell)
        self._begin()

    def show(self, session: ShownSession) -> bool:
        """Show another stack on the same layers, which is three times as fast as with new ones.

        Returns
        -------
        bool
            False if this is not possible: the image is already open, or a layer was removed.
        """
        if not (self._added_image and self.is_whole and self._opened(session) is None):
            return False
        self.set_slab(False)
        self.labels.editable = False  # makes napari forget its own list of strokes, which belong to the previous stack
        for layer in self.layers:
            _be_visible(layer)  # a hidden layer would keep the extent of its previous data
        self.session = session
        data, settings, _ = image_layer(session.image)
        with self._guard.off():
            self.image.metadata, self.image.name = settings["metadata"], settings["name"]
        with self._as_one_change():
            self._place(layer_settings(session.display))
            self.image.data = data
            self.labels.data = session.display.shown(session.labels)
        self._guard.begin(self._where)
        self.labels.editable = True
        self._begin()
        return True

    @contextmanager
    def _as_one_change(self) -> Iterator[None]:
        """Tell napari of changes of data and position once, after all of them.

        napari asks every layer for its extent and sets its sliders anew at each of these events, and shows every slice
        that a slider then stands at.
        """
        layers = (self.image, self.labels)
        with ExitStack() as blocked:
            for layer in layers:
                for name in (*self._where, "data"):
                    if name in layer.events.emitters:
                        blocked.enter_context(layer.events[name].blocker())
            yield
        for layer in layers:
            layer.events.units()
            layer.events.translate()  # with the scale
        self.image.events.data(value=self.image.data)

    def _begin(self) -> None:
        """Set the layers to the state in which every stack is first shown."""
        # A radiograph has ten times the pixels of a slice, shown on the same canvas: a brush of a fixed width in pixels
        # would be too thin.
        longer = max(self.session.display.shape_kji[1:])
        self.forget_points()
        if self._added_image:
            self.image.opacity, self.image.gamma, self.image.colormap = 1.0, 1.0, "gray"
            self.image.interpolation2d = "linear"
            _be_visible(self.image)
        self.labels.opacity, self.labels.contiguous = OPACITY, True
        self.labels.contour = 0  # not seen, and it would be searched for whenever a slice or another stack is shown
        self.labels.brush_size = max(6, round(longer / 100))
        self.labels.preserve_labels, self.labels.show_selected_label = True, False
        self.labels.n_edit_dimensions, self.labels.selected_label, self.labels.mode = 2, 1, "pan_zoom"
        self.viewer.layers.selection.active = self.labels
        self.slab = False
        self._told: tuple[list[int], list[str]] | None = None
        self.plane(self.first_plane)
        self.viewer.reset_view()
        self.name_lesions()

    def _opened(self, session: ShownSession) -> Image | None:
        """Find the layer of the image, if the image was already opened by hand."""
        known = (layer for layer in self.viewer.layers if isinstance(layer, Image) and image_of(layer) is session.image)
        return next(known, None)

    @property
    def layers(self) -> tuple[Any, ...]:
        """The layers that the screen has added."""
        return (*((self.image,) if self._added_image else ()), self.labels)

    @property
    def is_whole(self) -> bool:
        """Whether none of the layers was removed."""
        return all(layer in self.viewer.layers for layer in (self.image, self.labels))

    @property
    def first_plane(self) -> str:
        """The plane of the acquired slices."""
        axis = self.session.display.slice_axis
        return next(name for name, order in PLANES.items() if order[0] == axis)

    def take_units(self, units: tuple[str, ...]) -> None:
        """Take the units of the stack that replaces this one: napari warns of layers with different units."""
        for layer in (self.image, self.labels):
            if layer in self.viewer.layers:
                layer.units = units

    def close(self) -> None:
        """Remove the added layers and overlays, and leave the rest unchanged."""
        viewer = self.viewer
        if self.slab:
            self.set_slab(False)
        self._guard.close()
        viewer.dims.events.order.disconnect(self._turn)
        viewer.dims.events.ndisplay.disconnect(self._turn)
        viewer.dims.events.current_step.disconnect(self._tell)
        self.image.events.contrast_limits.disconnect(self._tell)
        for layer in self.layers:
            if layer in viewer.layers:
                viewer.layers.remove(layer)
        for name in [name for name in viewer.canvas.overlays if name.startswith("calcimeasure_")]:
            del viewer.canvas.overlays[name]
        viewer.canvas.overlays.scale_bar.visible = self._scale_bar_was
        if viewer.dims.ndim == len(self._order_was):
            viewer.dims.order = self._order_was

    # Looking

    def hint(self, text: str) -> None:
        """Show a hint about the next click; an empty text hides the hint."""
        overlay = self.viewer.canvas.overlays["calcimeasure_hint"]
        overlay.text, overlay.visible = fill(text, HINT_LETTERS), bool(text)

    def forget_points(self) -> None:
        """Forget the corners of a polygon, and a stroke around a region, that were begun and not finished.

        napari keeps them when tool, label or data change: the polygon of one patient would be completed in the stack
        of the next one. napari has no public way to them, therefore `_drawn_on`, the layer without the proxy that
        napari gives to plugins. The key Esc of napari does the same as these lines.
        """
        overlays = self._drawn_on._overlays
        if overlays["brush_stroke"].active:
            overlays["brush_stroke"].abort(self._drawn_on)
        if overlays["polygon"].points:
            overlays["polygon"].points = []

    def lock(self) -> None:
        """Forbid painting on the remaining layers, because it would not be saved, and tell nothing of the patient."""
        overlays = self.viewer.canvas.overlays
        for name in [name for name in overlays if name.startswith("calcimeasure_")]:
            overlays[name].visible = False
        self.labels.mode = "pan_zoom"
        self.labels.editable = False

    def rescale(self) -> bool:
        """Update the scale of a radiograph after calibration; False if the scale did not change."""
        if not self._place(layer_settings(self.session.display)):
            return False
        self.viewer.reset_view()
        self._tell()
        return True

    def _place(self, where: dict[str, Any]) -> bool:
        """Give the layers the position of a stack; False if they already have this position."""
        changed = [name for name, value in where.items() if value != self._where[name]]
        with self._guard.off():
            for layer in (self.image, self.labels):
                for name in changed:
                    setattr(layer, name, where[name])
        self._where = where
        self._guard.expect(where)
        return bool(changed)

    def plane(self, name: str) -> None:
        """Show a plane; a radiograph has only one."""
        if self.session.display.shape_kji[0] == 1 and name != self.first_plane:
            return
        ndim = self.viewer.dims.ndim
        own = [ndim - 3 + axis for axis in PLANES[name]]
        self.viewer.dims.order = (*range(ndim - 3), *own)
        self._turn()

    def window(self, name: str) -> None:
        """Set the gray scale; on a radiograph: the full range, or the range without markers and open beam."""
        image = self.session.image
        full, limits = kind_of(image).window(image, name)
        self.image.contrast_limits_range, self.image.contrast_limits = full, limits

    def set_slab(self, on: bool) -> None:
        """Show the maximum over a slab instead of a slice, or not; a radiograph has no slab."""
        if not kind_of(self.session.image).has_slabs:
            return
        self.slab = on
        self.image.projection_mode = "max" if on else "none"
        thickness = [0.0] * self.viewer.dims.ndim
        if on:
            thickness[-3:] = [SLAB_MM] * 3
        self.viewer.dims.thickness = tuple(thickness)
        self._tell()

    def show_outlines(self, shows: bool) -> None:
        """Show outlines and axes, or the image alone."""
        self.labels.visible = shows

    def go_to(self, number: int) -> None:
        """Show a lesion: the slice of its long axis, centered, with a zoom for its size."""
        outline = self.session.outline(number)
        if outline is None:
            return
        viewer, display = self.viewer, self.session.display
        start, stop = np.array(outline.start_kji, dtype=float), np.array(outline.stop_kji) - 1.0
        corners = display.to_world(np.array([start, stop]))
        middle = corners.mean(axis=0)
        numbers = self._numbers(number)
        if numbers is not None:
            middle[display.slice_axis] = display.to_world((numbers.long_axis_slice, 0, 0))[display.slice_axis]
        # Set as steps of the sliders: a position would be rounded by each slider, and every layer would be sliced
        # again.
        own = range(viewer.dims.ndim - 3, viewer.dims.ndim)
        ranges = [viewer.dims.range[axis] for axis in own]
        steps = [round((at - one.start) / one.step) for at, one in zip(middle.tolist(), ranges, strict=True)]
        viewer.dims.set_current_step(own, steps)
        if viewer.dims.ndisplay == 2:
            shown = [axis - viewer.dims.ndim + 3 for axis in viewer.dims.displayed]
            smallest = kind_of(self.session.image).smallest_view(display)
            extent = max(np.abs(np.diff(corners, axis=0))[0][shown].max() * ROOM, smallest)
            viewer.scene.camera.center = (0.0, *middle[shown])
            viewer.scene.camera.zoom = min(viewer.canvas.size) / extent

    def place_of(self, number: int) -> tuple[float, float] | None:
        """Give the place (x, y) of the middle of a lesion on the canvas, in its pixels; None if it has none."""
        outline = self.session.outline(number)
        if outline is None or self.viewer.dims.ndisplay != 2:
            return None
        middle_kji = (np.array(outline.start_kji) + np.array(outline.stop_kji) - 1.0) / 2
        return self.on_canvas(self.session.display.to_world(middle_kji))

    def on_canvas(self, world: ArrayLike) -> tuple[float, float]:
        """Give the place (x, y) of a world position on the canvas, in pixels of the canvas."""
        dims = self.viewer.dims
        down, right = np.asarray(world, dtype=np.float64)[[axis - dims.ndim + 3 for axis in dims.displayed]].tolist()
        return self.in_plane(down, right)

    def in_plane(self, down: float, right: float) -> tuple[float, float]:
        """Give the place (x, y) on the canvas of world coordinates in the plane that is shown."""
        camera, (height, width) = self.viewer.scene.camera, self.viewer.canvas.size
        _, middle_down, middle_right = camera.center
        return width / 2 + (right - middle_right) * camera.zoom, height / 2 + (down - middle_down) * camera.zoom

    def scroll(self, steps: int) -> None:
        """Go on by slices of the plane that is shown, downward, backward or to the left; it ends at the last slice."""
        dims = self.viewer.dims
        across = dims.order[-3]
        last = int(dims.nsteps[across]) - 1
        dims.set_current_step(across, min(max(dims.current_step[across] + steps, 0), last))

    def step(self, axis: int) -> float:
        """Give the index, along an axis of the stack as it is shown, of the point through which the planes go."""
        display = self.session.display
        return float((self.viewer.dims.point[axis - 3] - display.translate[axis]) / display.scale[axis])

    def whole_step(self, axis: int) -> int:
        """Give the slice, along an axis of the stack as it is shown, through the point that is looked at."""
        last = self.labels.data.shape[axis] - 1
        return min(max(round(self.step(axis)), 0), int(last))

    def world_at(self, x: float, y: float) -> NDArray[np.float64]:
        """Give the world position at a place (x, y) on the canvas, in pixels of the canvas."""
        camera, dims = self.viewer.scene.camera, self.viewer.dims
        height, width = self.viewer.canvas.size
        world = np.array(dims.point[-3:], dtype=np.float64)
        shown = [axis - dims.ndim + 3 for axis in dims.displayed]
        world[shown] = np.array(camera.center[1:]) + (np.array([y, x]) - np.array([height, width]) / 2) / camera.zoom
        return world

    @property
    def axis_ends(self) -> tuple[list[NDArray[np.float64]], list[str]] | None:
        """The ends of both axes of the selected lesion as indexes of the stack as shown, and their lengths in words.

        None where nothing is selected or measured. During painting the axes stay as measured last.
        """
        selected = self.session.selected
        numbers = None if selected is None else self._numbers(selected)
        if numbers is None:
            return None
        image, display, axes = self.session.image, self.session.display, (numbers.long_axis, numbers.short_axis)
        return [axis_shown(image, display, axis) for axis in axes], [length_word(numbers, axis) for axis in axes]

    @property
    def slice_k(self) -> int:
        """The acquired slice that is shown, or through the middle of the view in another plane."""
        return round(float(self.session.display.to_index_kji(self.viewer.dims.point[-3:])[0]))

    def go_to_slice(self, k: int) -> None:
        """Show an acquired slice; in another plane, move the point of view there."""
        display, dims = self.session.display, self.viewer.dims
        axis = dims.ndim - 3 + display.slice_axis
        at = float(display.to_world((k, 0, 0))[display.slice_axis])
        dims.set_current_step(axis, round((at - dims.range[axis].start) / dims.range[axis].step))

    # Drawing

    def refresh(self) -> None:
        """Draw the labels again."""
        self.labels.refresh()

    def guard_data(self) -> None:
        """Restore the labels of the session, if a script gave the layer other data."""
        if not np.shares_memory(self.labels.data, self.session.labels):
            self.labels.data = self.session.display.shown(self.session.labels)

    def name_lesions(self) -> None:
        """Tell napari what each label is, for its status bar. The lines over the image have the colors."""
        session = self.session
        numbers = sorted({*session.lesions, *session.drafts})
        words = ["", *(_in_words(session.lesion(number)) for number in numbers)]
        if (numbers, words) != self._told:
            self._told = (numbers, words)
            self.labels.features = {"index": [0, *numbers], "lesion": words}

    def _numbers(self, number: int) -> Measurements | RadiographMeasurements | Preview | None:
        """Give the measurements for the axes of a lesion: those of its draft, if the draft has measurements."""
        draft, lesion = self.session.drafts.get(number), self.session.lesion(number)
        if draft is not None and draft.measured is None and draft.preview is not None:
            return draft.preview
        return None if lesion is None else lesion.measurements

    def _turn(self, _: object = None) -> None:
        """Show the direction in the patient at each edge, and prevent a mirrored 3-D view."""
        if self.viewer.dims.ndim < 3:
            return  # the layers are being removed
        dims, overlays = self.viewer.dims, self.viewer.canvas.overlays
        own = [axis - dims.ndim + 3 for axis in dims.order if axis >= dims.ndim - 3]
        even = sum(a > b for n, a in enumerate(own) for b in own[n + 1 :]) % 2 == 0
        self.viewer.scene.camera.orientation = ("towards" if even else "away", "down", "right")
        flat = dims.ndisplay == 2
        down, right = own[-2:]
        letters = (*self.session.display.letters(right), *self.session.display.letters(down))
        for place, letter in zip(_PLACES, letters, strict=True):
            overlay = overlays[f"calcimeasure_{place}"]
            overlay.text, overlay.visible = letter if flat else "", flat and bool(letter)
        self._tell()

    def _tell(self, _: object = None) -> None:
        """Show the patient, the series, the slice and the window."""
        if self.viewer.dims.ndim < 3:
            return
        session = self.session
        stack = session.image.stack
        when = stack.study_date.isoformat() if stack.study_date else ""
        who = "  ".join(filter(None, (stack.patient_id, when)))
        what = "  ".join(filter(None, (stack.modality, str(stack.series_number or ""), stack.description)))
        lines = [who, what]
        image, display = session.calibrated, session.display
        at = display.to_index_kji(self.viewer.dims.point[-3:])
        k = int(np.clip(np.rint(at[0]), 0, session.labels.shape[0] - 1))
        low, high = self.image.contrast_limits
        lines += kind_of(image).facts(image, display, Looked(k, (low, high), SLAB_MM if self.slab else None))
        words = "\n".join(fill(line, FACTS_LETTERS) for line in lines if line)
        self.viewer.canvas.overlays["calcimeasure_facts"].text = words


def _be_visible(layer: Layer) -> None:
    if not layer.visible:  # setting the attribute slices the layer anew, even without a change
        layer.visible = True


def _image(session: ShownSession) -> Image:
    data, settings, _ = image_layer(session.image)
    return Image(data, **settings)


def _in_words(lesion: Lesion | None) -> str:
    if lesion is None:
        return "drawn, not measured yet"
    return f"{lesion.number} {lesion.status} {lesion.tissue or ''}".strip()
