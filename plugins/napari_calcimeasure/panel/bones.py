"""A survey of a stack in the background: it finds bone and the anatomy for sites and sides, which are not stored."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure.review import survey
from napari_calcimeasure._bones import Bones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.review import Survey
    from napari_calcimeasure.panel.controller import Controller


class BoneSearch:
    """The bone of the stack in the viewer."""

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._bones: Bones | None = None
        self._is_surveying = False

    def show(self, shows: bool) -> None:
        """Show or hide the components that were judged to be bone."""
        if self._bones is not None:
            self._show(self._bones, shows)
        elif shows:
            show_info("Looking for bone: it is shown in a moment. Click on a piece, T takes it over as a mass.")
            self.survey()

    def _show(self, bones: Bones, shows: bool) -> None:
        bones.show(shows)
        if shows and not bones.count:
            show_info(
                "Nothing was judged to be bone. On a radiograph only likely masses are proposed: G outlines others."
            )

    def survey(self) -> None:
        """Find the dense components and the anatomy of the stack again, because the store has only the masses."""
        review = self._review
        session = review.session
        if session is None or self._is_surveying:
            return
        self._is_surveying = True

        def take(seen: Survey) -> None:
            self._is_surveying = False
            if session is not review.session:
                return
            self._bones = Bones(review.viewer, session, seen.proposals)
            self._show(self._bones, review.widgets.draw.is_on("show bone"))
            review.guarded(partial(session.take_anatomy, seen.anatomy))
            review.painting.measure_next()

        review.background.run(partial(survey, session.image, session.settings), take)

    @property
    def has_choice(self) -> bool:
        """Whether a piece of bone is selected."""
        return self._bones is not None and self._bones.chosen is not None

    def choose(self, world: Sequence[float]) -> None:
        """Select the piece of bone at a world position, or none."""
        if self._bones is not None:
            self._bones.choose(world)

    def leave(self) -> None:
        """Select no piece of bone."""
        if self._bones is not None:
            self._bones.leave()

    def take_over(self) -> None:
        """Make a mass of the selected piece of bone, and select this mass."""
        bones = self._bones
        if bones is None:
            return
        added: list[int | None] = []
        self._review.guarded(lambda: added.append(bones.take_over()))
        if added and added[0] is not None:
            self._review.deciding.go_to(added[0])
            self._review.deciding.tell_unknown(added[0])

    def close(self) -> None:
        """Remove the layer of bone, when the stack is closed."""
        if self._bones is not None:
            self._bones.close()
        self._bones = None
        self._is_surveying = False
