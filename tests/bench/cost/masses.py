"""How long outlines and numbers of a few masses take, whose costs have bars.

``python -m tests.bench.cost.masses [NAME...]`` prints for each scene the median of five times of a core: of drawing the
outlines along the half-maximum, and of numbers, places, sides and sites.
"""

import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np

from calcimeasure import Settings
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.pipeline import NOT_MEASURED, refined_outline, survey
from calcimeasure.model import Volume
from calcimeasure.threads import hold_threads
from tests.conglomerates import granular
from tests.dicom_phantom import bench_phantom
from tests.masses import volume_of
from tests.phantoms import Ellipsoid, EllipticCylinder, Mass, Paintable, render, straight_grid

ROUNDS = 5
_LIMB = EllipticCylinder((0.0, 0.0, 0.0), (95.0, 90.0), 400.0, 45.0)


def twelve_masses() -> Volume:
    """Two femora and twelve masses of 2 to 10 cm, in 500 x 512 x 512 voxels."""
    phantom = bench_phantom()
    shapes: list[Paintable] = [*phantom.surroundings, *(mass for mass, _ in phantom.masses)]
    hu = render(shapes, phantom.grid, noise_sd_hu=phantom.noise_sd_hu, seed=phantom.seed)
    return volume_of(hu, phantom.grid)


def ball() -> Volume:
    """A ball of 60 mm in a limb, the mass of an edit."""
    return _in_limb(Ellipsoid((0.0, 30.0, 0.0), (30.0,) * 3, 700.0), (120, 256, 256), (1.0, 0.8, 0.8))


def large_mass() -> Volume:
    """A ball of 15 cm, in voxels of 0.5 mm."""
    return _in_limb(Ellipsoid((0.0, 0.0, 0.0), (75.0,) * 3, 700.0), (340, 400, 400), (0.5, 0.5, 0.5))


def grains() -> Volume:
    """A mass of 240 grains, in a cloud of 9 cm."""
    cloud = granular((0.0, 20.0, 0.0), (42.0, 36.0, 42.0), radius_mm=(2.0, 4.0), gap_mm=2.0, seed=3)
    return _in_limb(cloud, (120, 256, 256), (1.0, 0.8, 0.8))


SCENES: dict[str, Callable[[], Volume]] = {
    "twelve masses of 2 to 10 cm": twelve_masses,
    "a ball of 60 mm": ball,
    "a ball of 15 cm in voxels of 0.5 mm": large_mass,
    "a mass of 240 grains": grains,
}


def _in_limb(mass: Mass, shape_kji: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> Volume:
    grid = straight_grid(shape_kji, spacing_mm)
    return volume_of(render([_LIMB, mass], grid, noise_sd_hu=15.0, seed=1), grid)


def costs_of(volume: Volume, rounds: int = ROUNDS) -> tuple[list[float], list[float], int]:
    """Seconds of a core of each round, for outlines and for numbers, and the number of masses."""
    settings = Settings()
    seen = survey(volume, settings)
    parts = [part for part in seen.proposals.parts if part.tissue not in NOT_MEASURED]
    drawing, measuring = [], []
    for _ in range(rounds):
        begun = time.process_time()
        outlines = [refined_outline(volume, part, settings) for part in parts]
        drawn = time.process_time()
        for part, outline in zip(parts, outlines, strict=True):
            assess(volume, outline, 1, settings, part, seen.anatomy)
        drawing.append(drawn - begun)
        measuring.append(time.process_time() - drawn)
    return drawing, measuring, len(parts)


def main(names: Sequence[str]) -> None:
    hold_threads(1)
    for what, scene in SCENES.items():
        if not names or scene.__name__ in names:
            drawing, measuring, count = costs_of(scene())
            print(  # noqa: T201 - what is asked for
                f"{what:<40} {count:3d} masses: outlines {median(drawing):5.2f} s, numbers {median(measuring):5.2f} s,"
                f" together {np.median(np.add(drawing, measuring)):5.2f} s"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
