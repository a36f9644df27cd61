"""The constants of the vertebral canal: how its section is found in a slice, and followed from slice to slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class CanalConstants(Constants):
    """What the vertebral canal is found by."""

    # Where it is looked for
    most_tilt_degrees: float = constant(
        35.0, "degrees", "Slices that are tilted more against the axial plane cut the canal at an angle, or along it."
    )
    most_step_mm: float = constant(
        5.0, "mm", "A pedicle is 10 to 15 mm high: slices farther apart show the closed ring once, or not at all."
    )
    enough_step_mm: float = constant(
        1.5, "mm", "Of thinner slices every second, third, ... is looked at, as far apart as this at most."
    )
    most_pixel_mm: float = constant(1.5, "mm", "The wall of the canal is 2 to 4 mm thick: wider pixels do not show it.")
    around_mm: float = constant(60.0, "mm", "The canal is looked for in this distance beside the lesion.")
    reach_mm: float = constant(
        40.0, "mm", "Above and below the lesion: from one closed ring to that of the next vertebra."
    )

    # The bone around it
    blur_mm: float = constant(0.5, "mm", "Standard deviation of the blur against noise before bone is told.")
    bone_hu: float = constant(
        150.0, "HU", "Above the content of the canal (ligament up to 80 HU, and its noise), below the cortex around it."
    )
    gap_mm: float = constant(1.0, "mm", "Radius of the disk that closes gaps in the ring: joint spaces, thin laminae.")
    rim_mm: float = constant(2.0, "mm", "The blurred rim of a mass is at most this wide, and it is not bone.")
    thinnest_bone_mm: float = constant(1.0, "mm", "Radius of the disk that fits into bone beside a mass.")

    # Its section
    neck_mm: float = constant(2.0, "mm", "Radius of the disk that does not pass where the canal opens to the side.")
    area_mm2: tuple[float, float] = constant(
        (80.0, 900.0),
        "mm2",
        "Section of the canal: 100 (sacrum) to 700 mm2 (first cervical vertebra). The hole of a transverse process has "
        "30 mm2.",
    )
    most_width_mm: float = constant(40.0, "mm", "Its largest extent; it is 30 mm in the first cervical vertebra.")
    content_hu: tuple[float, float] = constant(
        (-120.0, 110.0),
        "HU",
        "Its content, median: fat, fluid, nerves. Spongy bone is denser, lung is thinner; with contrast in the canal "
        "it is not judged.",
    )
    least_content_mm2: float = constant(15.0, "mm2", "Its content is judged on at least this area beside a mass.")
    vertebra_mm: tuple[float, float] = constant(
        (2.0, 14.0), "mm", "In front of the canal lies a vertebra: it is looked for at these distances from its border."
    )
    vertebra_half_width_mm: float = constant(8.0, "mm", "Half the width of that part of the vertebra.")
    vertebra_share: float = constant(
        0.7,
        "of the area",
        "That part is bone, or enclosed by bone, to at least this share. In front of a hole in the vertebra itself "
        "lies soft tissue.",
    )
    wall_mm: float = constant(
        2.5, "mm", "Its border lies half way between its content and the densest bone in this distance."
    )

    # From slice to slice
    same_share: float = constant(
        0.5, "of the smaller area", "Sections of two neighboring slices belong together where they share this much."
    )
    ring_mm: float = constant(5.0, "mm", "A closed ring is followed over at least this height, and over two slices.")
    shift_mm: float = constant(4.0, "mm", "Between two rings the canal moves by at most this and `shift_per_mm`.")
    shift_per_mm: float = constant(0.6, "mm per mm", "Added to `shift_mm`: the slope of the spine, 31 degrees.")
    between_mm: float = constant(32.0, "mm", "Between two closed rings it is continued over at most this distance.")
    beyond_mm: float = constant(12.0, "mm", "Beyond the last closed ring it is continued over at most this distance.")

    # What a mass takes of it
    least_share: float = constant(
        0.05,
        "of the section",
        "A mass that takes less of each section reaches the border of the canal, as far as that is known.",
    )
    foramen_mm: float = constant(
        10.0, "mm", "An intervertebral foramen reaches from the canal this far to the side, between two pedicles."
    )
    least_foramen_mm2: float = constant(5.0, "mm2", "A mass takes at least this much of a foramen in one slice.")


CANAL: Final = CanalConstants()
