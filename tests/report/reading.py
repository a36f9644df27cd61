"""A report as a browser reads it: its elements with their attributes and texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_VOID = frozenset(("br", "meta", "link", "img", "input", "hr"))
_BLOCKS = frozenset(("td", "th", "tr", "p", "li", "h2", "h3", "h4", "dt", "dd", "div", "figure", "figcaption", "br"))
NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])")
"""A number that stands alone: no part of a date, a key or a word."""


class Element:
    """An element: its name, its attributes, and what is in it."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.inside: list[Element | str] = []

    @property
    def text(self) -> str:
        """Its text; a space parts a block from the next one."""
        inside = "".join(one if isinstance(one, str) else one.text for one in self.inside)
        return f" {inside} " if self.name in _BLOCKS else inside

    def every(self, *names: str) -> list[Element]:
        """Every element in it, and itself, of some names; of any name if none is said."""
        found = [self] if not names or self.name in names else []
        for one in self.inside:
            if isinstance(one, Element):
                found += one.every(*names)
        return found

    def of_class(self, word: str) -> list[Element]:
        return [one for one in self.every() if word in one.attributes.get("class", "").split()]

    def with_id(self, name: str) -> Element:
        (found,) = (one for one in self.every() if one.attributes.get("id") == name)
        return found


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"{tag} ends {self.open[-1].name}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read_page(path: Path) -> Element:
    """Read a page; every element in it is closed where it must be."""
    parser = _Parser()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.close()
    (root,) = parser.open
    return root
