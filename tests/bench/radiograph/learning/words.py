"""Draw the words of side markers, and words that are none, for `calcimeasure.locate.marker_words`.

`python -m tests.bench.radiograph.learning.words calcimeasure/locate/marker_words.npz` draws them in free fonts and in
strokes of three widths, as lead letters have. The fonts are those of the Debian packages fonts-dejavu-core,
fonts-liberation, fonts-crosextra-caladea, fonts-sil-charis, fonts-roboto-slab, fonts-oldstandard, fonts-linuxlibertine
and fonts-courier-prime, Open Sans of vispy, and that of Pillow. Fonts that are missing on the machine are named, and
left out: the file is then another one.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from calcimeasure.locate.marker_constants import MARKERS

if TYPE_CHECKING:
    from tests.phantoms import Array

FONTS: Final = (
    "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif-Bold.ttf",
    "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSansNarrow-Bold.ttf",
    "LiberationMono-Regular.ttf", "OpenSans-Regular.ttf", "LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf",
    "Caladea-Regular.ttf", "CharisSIL-Regular.ttf", "RobotoSlab-Regular.otf", "OldStandard-Regular.ttf",
    "LinLibertine_R.otf", "Courier Prime.otf", "Courier Prime Bold.otf",
)  # fmt: skip
FONTS_OF_OTHERS: Final = (
    "DejaVuSans-Bold.ttf", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSerif-Regular.ttf",
    "CharisSIL-Regular.ttf",
)  # fmt: skip
"""Of words that are no side."""
OTHERS: Final = (
    *string.ascii_uppercase, *"abdefghkmnpqrtuy", *string.digits, "AP", "PA", "LAT", "Lat", "LL", "OBL", "XT", "CM",
    "SUP", "PORT", "STAND", "O", "Q", "RL", "LR", "LO", "RO", "10", "11", "12", "L1", "L2", "L3", "L4", "L5", "T12",
    "LC", "LM", "RM", "RC", "JL", "JR", "kV", "mm", "cm", "TL", "UP",
)  # fmt: skip
"""Words that are no side."""
_S: Final = [(6, 2), (4.5, 0), (1.5, 0), (0, 1.5), (0, 3.5), (1.5, 5), (4.5, 5), (6, 6.5), (6, 8.5), (4.5, 10),
             (1.5, 10), (0, 8)]  # fmt: skip
STROKES: Final = {
    "R": [[(0, 10), (0, 0), (4, 0), (6, 1.2), (6, 4), (4, 5.2), (0, 5.2)], [(3, 5.2), (6.4, 10)]],
    "L": [[(0, 0), (0, 10), (6, 10)]],
    "D": [[(0, 0), (0, 10), (3.5, 10), (6, 7.5), (6, 2.5), (3.5, 0), (0, 0)]],
    "G": [[(6, 2), (4.5, 0), (1.5, 0), (0, 2), (0, 8), (1.5, 10), (4.5, 10), (6, 8), (6, 5.5), (3.6, 5.5)]],
    "S": [_S],
    "E": [[(6, 0), (0, 0), (0, 10), (6, 10)], [(0, 5), (5, 5)]],
    "I": [[(0, 0), (0, 10)]],
    "J": [[(6, 0), (6, 8), (4.5, 10), (1.5, 10), (0, 8)]],
    "7": [[(0, 0), (6, 0), (2, 10)]],
    "A": [[(0, 10), (3.2, 0), (6.4, 10)], [(1.2, 6.5), (5.2, 6.5)]],
    "P": [[(0, 10), (0, 0), (4, 0), (6, 1.2), (6, 4), (4, 5.2), (0, 5.2)]],
    "B": [[(0, 0), (0, 10), (4.5, 10), (6, 8.7), (6, 6.4), (4.5, 5.2), (0, 5.2)], [(4.5, 5.2), (6, 4), (6, 1.2), (4, 0),
          (0, 0)]],
    "Dx": [[(0, 0), (0, 10), (3.5, 10), (6, 7.5), (6, 2.5), (3.5, 0), (0, 0)], [(8, 4), (13, 10)], [(13, 4), (8, 10)]],
    "Sin": [_S, [(8.5, 3.5), (8.5, 10)], [(8.5, 0.8), (8.5, 1.0)],
            [(11, 10), (11, 3.5)], [(11, 5), (13, 3.5), (15, 4.5), (15, 10)]],
}  # fmt: skip
"""Lines from point to point (across, down); a capital letter is 10 high."""


def font(name: str) -> ImageFont.FreeTypeFont | None:
    """Load a font in a size at which its strokes show."""
    folders = [Path("/usr/share/fonts"), *(Path(folder) for folder in sys.path if folder.endswith("site-packages"))]
    for folder in folders:
        for path in sorted(folder.rglob(name)):
            return ImageFont.truetype(str(path), 120)
    return None


def drawn(word: str, face: ImageFont.FreeTypeFont) -> Array:
    """(rows, columns) of a word in a font, cut at its border."""
    image = Image.new("L", (160 * len(word) + 80, 260))
    ImageDraw.Draw(image).text((40, 40), word, fill=255, font=face)
    return cut(np.asarray(image) > 127)


def stroked(word: str, width: float) -> Array:
    """(rows, columns) of a word in strokes with round ends, cut at its border."""
    image = Image.new("L", (420, 320))
    draw = ImageDraw.Draw(image)
    for line in STROKES[word]:
        points = [(60 + 18 * x, 60 + 18 * y) for x, y in line]
        draw.line(points, fill=255, width=round(18 * width), joint="curve")
        for x, y in points:
            radius = 9 * width
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return cut(np.asarray(image) > 127)


def named(word: str, mask: Array) -> str:
    """Name a word; an I without serifs is a bar."""
    return MARKERS.bar if word == "I" and mask.all() else word


def cut(mask: Array) -> Array:
    """Cut a mask at its border."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted(mask: Array) -> Array:
    """(rows, columns) of a template: the word as large as it fits, in the middle, true where it covers half a pixel."""
    shape = MARKERS.template_ji
    scale = min((full - 2) / length for full, length in zip(shape, mask.shape, strict=True))
    smooth = ndimage.gaussian_filter(mask.astype(np.float32), 0.35 / scale)
    at = [(np.arange(full) - (full - 1) / 2) / scale + (length - 1) / 2
          for full, length in zip(shape, mask.shape, strict=True)]  # fmt: skip
    return ndimage.map_coordinates(smooth, np.meshgrid(*at, indexing="ij"), order=1) > 0.5


def all_drawn(fonts: tuple[str, ...] = FONTS) -> list[tuple[str, Array]]:
    """All words in all fonts."""
    rng = np.random.default_rng(1)
    pairs = ["".join(rng.choice([*string.ascii_uppercase], 2)) for _ in range(60)]
    words = [*MARKERS.right_words, *MARKERS.left_words, *MARKERS.spanish_left_words]
    others = [word for word in (*OTHERS, *pairs) if word not in words]
    faces = [face for name in fonts if (face := font(name)) is not None]
    faces.append(ImageFont.load_default(120))
    found = [(word, drawn(word, face)) for face in faces for word in words]
    found += [(word, drawn(word, face)) for name in FONTS_OF_OTHERS if (face := font(name)) for word in others]
    found += [(word, stroked(word, width)) for word in STROKES for width in (1.0, 1.5, 2.2)]
    return [(named(word, mask), mask) for word, mask in found]


def main() -> None:
    """Write the templates to the file that is named."""
    missing = [name for name in FONTS if font(name) is None]
    if missing:
        print("missing:", *missing)  # noqa: T201
    templates: dict[bytes, str] = {}
    for word, mask in all_drawn():
        templates.setdefault(np.packbits(fitted(mask)).tobytes(), word)
    bits = np.stack([np.frombuffer(one, dtype=np.uint8) for one in templates])
    np.savez_compressed(sys.argv[1], bits=bits, words=np.array(list(templates.values())))
    print(f"{len(bits)} templates of {len(set(templates.values()))} words")  # noqa: T201


if __name__ == "__main__":
    main()
