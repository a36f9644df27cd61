"""The newest revisions of a stack say what is there, and what can be appended."""

from dataclasses import replace

from calcimeasure.model import AlgorithmType
from calcimeasure.review import Signature, add, redraw
from calcimeasure.review.revisions import Revisions
from tests.review.desks import FIRST, SECOND, SETTINGS, box, two_cuboids

OTHER, BY = box(SECOND), Signature("A. Reader")


def test_revisions_know_what_is_there_and_what_can_be_appended() -> None:
    volume = two_cuboids()
    kept = add(box(FIRST), AlgorithmType.MANUAL, {}, volume, SETTINGS, BY)
    uid = kept.lesion.tracking_uid
    revisions = Revisions({uid: [kept]})
    assert (revisions.lesions, revisions.numbers, revisions.next_number) == ({1: kept}, {uid: 1}, 2)
    drawn = redraw(kept, OTHER, AlgorithmType.MANUAL, volume, SETTINGS, BY)
    new = add(OTHER, AlgorithmType.MANUAL, revisions.newest, volume, SETTINGS, BY)
    assert revisions.is_next(drawn)
    assert revisions.is_next(new)
    revisions.append([new])
    gone = replace(drawn, withdrawn=True)
    revisions.append([gone])
    assert not revisions.is_next(drawn)
    assert not revisions.is_next(new)
    assert (set(revisions.lesions), revisions.next_number) == ({2}, 3)
    assert list(revisions.history(uid)) == [kept, gone]
    late = replace(new, lesion=replace(new.lesion, tracking_uid="1.2.3.4"))
    assert not revisions.is_next(late)  # its number was given meanwhile
