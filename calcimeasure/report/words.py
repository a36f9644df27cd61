"""Words of the tables as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

_SITES: Final = {
    "hand_wrist": "hand/wrist",
    "ankle_foot": "ankle/foot",
    "head_neck": "head/neck",
    "unknown": "site not known",
}
_SOURCES: Final = {
    "bone_labels": "named bones",
    "body_midline": "midline of the body",
    "dicom_tag": "DICOM tag",
    "marker": "side marker",
    "none": "no evidence",
}
_TISSUES: Final = {"": "mass", "calcified_mass": "mass", "contrast": "contrast agent", "unknown": "not surely a mass"}


def site_words(site: str) -> str:
    """Write a site (`calcimeasure.model.BodySite`) for a person."""
    return _SITES.get(site, _spaced(site))


def source_words(source: str) -> str:
    """Write the evidence of a side or a site for a person."""
    return _SOURCES.get(source, _spaced(source))


def tissue_words(tissue: str) -> str:
    """Write a tissue for a person."""
    return _TISSUES.get(tissue, _spaced(tissue))


def side_words(laterality: str) -> str:
    """Write a side for a person."""
    return "side not known" if laterality in ("", "unknown") else laterality


def _spaced(word: str) -> str:
    return word.replace("_", " ")


_FIGURE: Final = Markup('<span class="n" translate="no">%s</span>')
"""Of texts that are made thousands of times, `%` makes one at a third of the time of `format`; both escape."""


def figure(text: str | int) -> Markup:
    """Mark a number that no translation by a browser may change."""
    return _FIGURE % (text,)


def listed(items: Sequence[str | Markup]) -> Markup:
    """List items in a sentence: one, two and three."""
    if len(items) < 2:
        return Markup("").join(items)
    return Markup("{} and {}").format(Markup(", ").join(items[:-1]), items[-1])


def counted(count: int | str, one: str, several: str | None = None) -> Markup:
    """Write a number with its noun: 1 mass, 2 masses."""
    return Markup("%s %s") % (figure(count), one if str(count) == "1" else several or f"{one}s")


def numbered(numbers: Sequence[str]) -> Markup:
    """Name masses by their numbers: mass 3; masses 1, 2 and 4."""
    return Markup("%s %s") % ("mass" if len(numbers) == 1 else "masses", listed([*map(figure, numbers)]))
