"""What is drawn in a session and not saved, for the journal, and how a later session gets it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.review.journal import Unsaved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.model import Outline
    from calcimeasure.review.session import Session


def unsaved_of(session: Session) -> tuple[Unsaved, ...]:
    """List the drafts of a session, with the revisions that they change."""
    lesions = session.lesions
    return tuple(
        Unsaved(label, draft.outline, lesions[label].number if label in lesions else None)
        for label, draft in sorted(session.drafts.items())
    )


def restore(session: Session, unsaved: Iterable[Unsaved]) -> list[int]:
    """Paint what an earlier session has not saved; give the labels of what was restored.

    A drawing of a lesion that somebody changed since becomes a new lesion: both stay. What was saved in the meantime is
    left alone.
    """
    session.compare()
    restored = []
    for one in unsaved:
        current = session.lesions.get(one.label)
        saved = {revision.lesion.outline for revision in session.lesions.values()}
        if one.outline in saved or (one.outline is None and current is None):
            continue
        is_as_then = (None if current is None else current.number) == one.base_number
        if one.outline is None and not is_as_then:
            continue  # what somebody drew anew is not erased
        label = one.label if is_as_then else session.next_number
        session.press += 1
        _paint(session, label, one.outline)
        session.compare()
        restored.append(label)
    session.press += 1
    session.changed.emit("labels")
    return restored


def _paint(session: Session, label: int, outline: Outline | None) -> None:
    """Paint an outline instead of what has the label now; voxels of other lesions do not change."""
    before = session.outline(label)
    if before is not None:
        here = session.labels[before.box]
        here[here == label] = 0
    if outline is not None:
        here = session.labels[outline.box]
        here[outline.mask() & (here == 0)] = label
