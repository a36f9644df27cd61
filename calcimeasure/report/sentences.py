"""The key sentences of a study, and what has to be known about single masses, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from calcimeasure.codes import NOTICES
from calcimeasure.model import BodySite, Laterality
from calcimeasure.report.words import counted, figure, listed, numbered, side_words, site_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure.report.view import Finding, StudyView

TOLD_OTHERWISE: Final = frozenset({"detector_plane", "no_spacing", "single_slice"})
"""Notices about all masses of a stack: told once for the study, and not again of each mass."""

_UNKNOWN: Final = ("", str(BodySite.UNKNOWN))


def key_sentences(study: StudyView) -> list[Markup]:
    """Say what a study shows: how many masses, the largest, the total, where they lie, pairs, the review."""
    cells, masses = study.cells, study.masses
    if cells["stacks_measured"] == "0":
        return [Markup("Nothing was measured.")]
    if not masses:
        return [Markup("No calcified mass was found."), *_review(study)]
    return [*_how_many(study), *_largest(masses), *_where(masses), *_pairs(masses), *_review(study)]


def _how_many(study: StudyView) -> list[Markup]:
    cells = study.cells
    sentence = counted(cells["masses"], "calcified mass", "calcified masses")
    sentence += Markup(", {} of them large").format(figure(cells["large_masses"]))
    if cells["total_volume_ml"]:
        sentence += Markup("; total calcified volume {} mL").format(figure(cells["total_volume_ml"]))
    return [sentence + Markup(".")]


def _largest(masses: Sequence[Finding]) -> list[Markup]:
    largest = max(masses, key=lambda one: one.size_mm or 0.0)
    cells = largest.cells
    sentence = Markup("Largest: {}, {}").format(numbered([largest.number]), place_words(largest))
    if cells["long_axis_mm"]:
        sentence += Markup(", {} × {} mm in its slice").format(
            figure(cells["long_axis_mm"]), figure(cells["short_axis_mm"])
        )
    else:
        sentence += Markup(", {} × {} pixels (millimeters are not known)").format(
            figure(cells["long_axis_px"]), figure(cells["short_axis_px"])
        )
    if cells["max_3d_diameter_mm"]:
        sentence += Markup(", {} mm in three dimensions").format(figure(cells["max_3d_diameter_mm"]))
    if cells["volume_ml"]:
        sentence += Markup(", {} mL").format(figure(cells["volume_ml"]))
    return [sentence + Markup(".")]


def place_words(finding: Finding) -> str:
    """Say on which side and at which site a finding lies: left hip; spine, side not known."""
    cells = finding.cells
    site = site_words(cells["site"] or "unknown")
    if cells["site_detail"]:
        site += f" ({cells['site_detail']})"
    side = side_words(cells["laterality"])
    return f"{side} {site}" if side in ("left", "right") and cells["site"] not in _UNKNOWN else f"{site}, {side}"


def _where(masses: Sequence[Finding]) -> list[Markup]:
    sites = Counter((one.cells["site"] or "unknown", side_words(one.cells["laterality"])) for one in masses)
    by_site = defaultdict(list)
    for (site, side), count in sites.items():
        by_site[site].append((count, side))
    words = [
        Markup("{} ({})").format(
            site_words(site),
            listed([Markup("{} {}").format(figure(n), side) for n, side in sorted(found, reverse=True)]),
        )
        for site, found in by_site.items()
    ]
    return [Markup("Where: {}.").format(Markup(", ").join(words))]


def _pairs(masses: Sequence[Finding]) -> list[Markup]:
    pairs = defaultdict(list)
    for one in masses:
        if one.cells["pair_number"]:
            pairs[one.cells["pair_number"]].append(one.number)
    if not pairs:
        return []
    words = Markup("; ").join(listed([*map(figure, numbers)]) for numbers in pairs.values())
    return [Markup("Symmetric {}: masses {}.").format("pair" if len(pairs) == 1 else "pairs", words)]


def _review(study: StudyView) -> list[Markup]:
    state, readers = study.cells["review_state"], study.cells["readers"]
    words = {
        "none": "No reader has decided about it: every outline is a proposal of the program.",
        "partial": "Readers have decided about a part of it.",
        "done": "Readers have decided about all of it.",
    }[state]
    if readers:
        words += f" Readers: {readers.replace(';', ', ')}."
    return [Markup("{}").format(words)]


def without_place(masses: Sequence[Finding]) -> list[Markup]:
    """Name the masses that the map of the body cannot show, with what is known of their place."""
    groups = defaultdict(list)
    for one in masses:
        groups[place_words(one)].append(one.number)
    return [Markup("{}: {}").format(words, listed([*map(figure, numbers)])) for words, numbers in groups.items()]


def remarks(study: StudyView) -> list[Markup]:
    """Say what a reader must know: lower bounds, conflicts of sides, lost pictures, notices."""
    found = [
        *_of_findings(
            study,
            lambda cells: cells["truncated"] == "true",
            "reaches the edge of what was imaged: its sizes are lower bounds.",
            "reach the edge of what was imaged: their sizes are lower bounds.",
        ),
        *_conflicts(study),
        *_of_findings(
            study,
            lambda cells: cells["canal"] in ("canal", "foramen"),
            "reaches into the vertebral canal or an intervertebral foramen.",
            "reach into the vertebral canal or an intervertebral foramen.",
        ),
        *_of_findings(
            study,
            lambda cells: cells["fluid_level"] == "true",
            "shows a fluid level: sediment of calcium lies under fluid.",
            "show a fluid level: sediment of calcium lies under fluid.",
        ),
    ]
    return found + _notices(study)


def _of_findings(study: StudyView, holds: Callable[[dict[str, str]], bool], one: str, several: str) -> list[Markup]:
    numbers = _numbers([finding for finding in study.findings if holds(dict(finding.cells))])
    return [_begin(numbered(numbers), one if len(numbers) == 1 else several)] if numbers else []


def _conflicts(study: StudyView) -> list[Markup]:
    found = []
    for finding in study.masses:
        cells = finding.cells
        hint = cells["laterality_hint"]
        hinted = f" Weak evidence says {hint}." if hint not in ("", str(Laterality.UNKNOWN)) else ""
        if cells["laterality_conflict"] == "true":
            found.append(_begin(numbered([finding.number]), f"has sources of its side that disagree.{hinted}"))
        elif hinted and side_words(cells["laterality"]) == side_words(""):
            found.append(_begin(numbered([finding.number]), f"has no known side.{hinted}"))
    return found


def _notices(study: StudyView) -> list[Markup]:
    by_code = defaultdict(list)
    for finding in study.findings:
        for code in filter(None, finding.cells["notices"].split(";")):
            if code not in TOLD_OTHERWISE and code not in study.notices:
                by_code[code].append(finding)
    of_masses = [
        Markup("{}: {} ({})").format(_capital(numbered(_numbers(found))), NOTICES.get(code, "").rstrip("."), code)
        for code, found in by_code.items()
    ]
    of_stacks = [
        Markup("{}: {} ({})").format(_unique(titles), NOTICES.get(code, "").rstrip("."), code)
        for code, titles in study.notices.items()
    ]
    return [one + Markup(".") for one in (*of_masses, *of_stacks)]


def _unique(titles: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(titles))


def _numbers(findings: Sequence[Finding]) -> list[str]:
    """Give the number of each mass once, in their order; what is no mass is named by what it is in its stack."""
    return [*dict.fromkeys(one.number or f"other {one.cells['lesion_number']}" for one in findings)]


def _begin(subject: Markup, rest: str) -> Markup:
    return Markup("{} {}").format(_capital(subject), rest)


def _capital(words: Markup) -> Markup:
    return Markup(words[:1].upper() + words[1:])  # noqa: S704 - escaped already
