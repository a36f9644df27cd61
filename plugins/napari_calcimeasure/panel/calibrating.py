"""Calibration of a radiograph by a reader: by a line of known length, or by distances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from calcimeasure.review import KnownDistances, KnownLength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.review import Calibration
    from napari_calcimeasure.panel.controller import Controller


class Calibrating:
    """The calibration of the radiograph in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review

    def begin_line(self) -> None:
        """Ask for a line along something whose length is known."""
        self._review.pointing.ask_for_line("Click on one end of the known length", "known length", self._end_line)

    def _end_line(self, world: Sequence[float]) -> None:
        pointing = self._review.pointing
        if pointing.end_line(world) is not None:
            pointing.hold()
            # Not called during the event of the click, because a question processes events.
            QTimer.singleShot(0, self._ask_length)

    def _ask_length(self) -> None:
        line = self._review.pointing.line
        if line is None:
            return
        ends_px = line.ends_px
        length_mm = self._review.questions.ask_mm("Length", "Length of the line in mm (at the depth of the mass):")
        self._review.pointing.stop()
        if length_mm is not None:
            self.keep(KnownLength(ends_px, length_mm))

    def ask_distances(self) -> None:
        """Ask for the distances of detector and mass from the tube."""
        ask_mm = self._review.questions.ask_mm
        detector_mm = ask_mm("Detector", "From the tube's focus to the detector, in mm (SID):")
        object_mm = None if detector_mm is None else ask_mm("Mass", "From the tube's focus to the mass, in mm:")
        if detector_mm is not None and object_mm is not None:
            self.keep(KnownDistances(detector_mm, object_mm))

    def keep(self, calibration: Calibration | None) -> None:
        """Store a calibration for every lesion of the radiograph; None removes the calibration."""
        session = self._review.session
        if session is not None:
            self._review.guarded(partial(session.calibrate, calibration))
