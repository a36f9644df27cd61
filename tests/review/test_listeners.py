"""Those who listen hear what changed, in turn, but for what changes while they are blocked."""

from weakref import ref

import pytest

from calcimeasure.errors import ReviewError
from calcimeasure.review.listeners import Listeners


def test_everybody_hears_what_changed_in_turn() -> None:
    heard: list[tuple[int, str]] = []
    listeners = Listeners()
    listeners.connect(lambda what: heard.append((1, what)))
    listeners.connect(lambda what: heard.append((2, what)))
    listeners.emit("labels")
    assert heard == [(1, "labels"), (2, "labels")]


def test_nobody_hears_while_blocked_and_everybody_after_a_failure() -> None:
    heard: list[str] = []
    listeners = Listeners()
    listeners.connect(heard.append)

    def fail() -> None:
        with listeners.blocked():
            with listeners.blocked():
                listeners.emit("numbers")
            listeners.emit("lesions")
            raise ReviewError("Nothing was changed.")

    with pytest.raises(ReviewError, match="Nothing was changed"):
        fail()
    listeners.emit("selected")
    assert heard == ["selected"]


class Window:
    def __init__(self, heard: list[str]) -> None:
        self.heard = heard

    def follow(self, what: str) -> None:
        self.heard.append(what)


def test_who_listens_is_not_kept_alive_by_it() -> None:
    heard: list[str] = []
    listeners, window = Listeners(), Window(heard)
    gone = ref(window)
    listeners.connect(window.follow)
    listeners.emit("labels")
    del window
    assert gone() is None
    listeners.emit("lesions")
    assert heard == ["labels"]
