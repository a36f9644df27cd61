"""The constants of reading side markers that are burned into a radiograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class MarkerConstants(Constants):
    """What side markers are found and read by."""

    # What they say
    right_words: tuple[str, ...] = constant(
        ("R", "RT", "Rt", "RE", "Re", "re", "RIGHT", "Right", "D", "Dx", "DX", "dx", "Dt"),
        "words",
        "Right in English, German, Latin, French and Spanish.",
    )
    left_words: tuple[str, ...] = constant(
        ("L", "LT", "Lt", "LI", "Li", "li", "LEFT", "Left", "S", "Sin", "SIN", "sin", "Sn", "G", "E"),
        "words",
        "Left in English, German, Latin, French, Portuguese and Spanish.",
    )
    bar: str = constant("|", "", "An I without serifs among the drawn words: it is no letter for sure.")
    spanish_left_words: tuple[str, ...] = constant(
        ("I",), "words", "Left where the site's language is Spanish, drawn with serifs; elsewhere it is a number."
    )
    framed_words: tuple[str, ...] = constant(
        ("D", "S", "G", "E"), "words", "Alone, these are no side outside of a marker's frame: D is a drawing, too."
    )
    letters_of_languages: tuple[tuple[str, tuple[str, ...]], ...] = constant(
        (("de", ()), ("en", ()), ("es", ("D", "I")), ("fr", ("D", "G")), ("it", ("D", "S")), ("pt", ("D", "E"))),
        "words",
        "Alone, these are a side without a frame, too, where the site's language is this one (`marker_language`). R, L "
        "and words of several letters count in every language.",
    )
    upright_words: tuple[str, ...] = constant(
        ("L", "LI", "LT", "D", "E", "S", "G", "re", "li", "Li", "I"),
        "words",
        "Turned or mirrored, these look like other letters (L like 7 and J), and are read upright only.",
    )
    symmetric_words: tuple[str, ...] = constant(
        ("Dx", "DX"), "words", "Turned, these look like their mirror image: that they are mirrored is not seen."
    )
    template_ji: tuple[int, int] = constant((24, 40), "pixels", "Rows and columns of a drawn word.")
    template_sigma: float = constant(0.8, "pixels", "Drawn words and what is read are smoothed, as fonts differ.")
    angles: int = constant(24, "angles", "A marker is read in so many directions, 15 degrees apart.")
    upright_degrees: float = constant(31.0, "degrees", "See `upright_words`.")
    least_likeness: float = constant(
        0.8,
        "",
        "Correlation with a drawn word from which on it is read. Chosen on drawn markers in other fonts and on 38 free "
        "radiographs.",
    )
    least_lead: float = constant(
        0.05, "", "The likeliest other word, side or mirror image is less alike by so much, or nothing is read."
    )

    least_likeness_unsure: float = constant(
        0.7,
        "",
        "From this correlation on a word is read, but not for sure: it sets no side, and may contradict a tag. On 38 "
        "free radiographs nine of ten such places are markers.",
    )
    least_lead_unsure: float = constant(0.03, "", "`least_lead` of a word that is not read for sure.")

    # Where they are looked for
    longer_side_pixels: int = constant(1000, "pixels", "Along the longer side of the copy that is looked at.")
    heights: tuple[int, int] = constant(
        (11, 120), "pixels of the copy", "Letters are between a hundredth and an eighth of the longer side."
    )
    levels: tuple[float, ...] = constant(
        (0.025, 0.04, 0.06, 0.09, 0.13, 0.19, 0.27, 0.38, 0.5, 0.65, 0.8, 0.93),
        "of the range",
        "Letters are looked for above each of these levels: burned-in ones are white, lead over the open beam may be "
        "hardly brighter than it.",
    )
    range_quantiles: tuple[float, float] = constant((0.03, 0.999), "of the pixels", "See `levels`.")
    half_height: tuple[float, float] = constant(
        (0.3, 0.72), "of its height", "A level at which a letter is taken lies between its background and its top."
    )
    least_contrast: float = constant(0.02, "of the range", "A letter is brighter than its background by this.")
    least_over_noise: float = constant(
        5.0, "standard deviations", "A letter is brighter than its background by so much of what the background varies."
    )
    most_stroke: float = constant(0.42, "of its height", "Strokes of letters are no wider.")
    cover: tuple[float, float] = constant((0.1, 0.75), "of its box", "So much of its box a word covers.")
    most_oblong: float = constant(7.0, "times", "No word is longer than this, compared with its height.")
    gap: float = constant(0.35, "of its height", "Letters of a word are no farther apart.")
    most_parts: int = constant(6, "parts", "A line of more parts is text.")
    most_parts_of_level: int = constant(600, "parts", "A level with more parts shows noise.")
    smaller: float = constant(
        0.7, "of its height", "Initials below a letter are so small at most: the letter is read alone, too."
    )
    on_line: float = constant(
        0.5, "of its height", "Smaller letters whose middle is no farther above or below a letter's are of its word."
    )
    least_plate: float = constant(3.0, "times", "A plate with letters as holes covers so much of what the holes do.")
    most_candidates: int = constant(60, "places", "Most places that are read, those of the highest contrast.")
    frame_sizes: tuple[float, float] = constant(
        (1.25, 4.0), "of the letter's height", "A frame, a ring or a plate around a letter is so large."
    )
    frame_solid: float = constant(0.7, "of its box", "With its holes filled, a frame or a plate covers so much.")


MARKERS: Final = MarkerConstants()
