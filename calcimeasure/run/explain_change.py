"""The reasons for a change of a mass between two dates: its motion, both edges, and the paired difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from calcimeasure.analysis.change_picture import draw_change
from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.load import load_image
from calcimeasure.results import find_lesion, series_of, store_that_is_there
from calcimeasure.run.follow_stacks import stack_of
from calcimeasure.store import current_links
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.dates import Day, Kept, compare, dated
from calcimeasure.study.follow.motion import moved
from calcimeasure.study.follow.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.model import Volume
    from calcimeasure.model.follow import Motion
    from calcimeasure.run.follow_stacks import FollowStack
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import StackPair, Store
    from calcimeasure.study.follow.dates import Followed
    from calcimeasure.study.follow.paired import Dated, Paired


@dataclass(frozen=True, slots=True)
class ChangeExplanation:
    """The explanation of a change between two dates.

    Parameters
    ----------
    parts
        Lines, a group for each part.
    picture
        A PNG: both dates and their difference; None where the images were not subtracted.
    picture_path
        The path for the picture.
    """

    parts: Sequence[Sequence[str]]
    picture: bytes | None
    picture_path: Path

    def write_picture(self) -> Path | None:
        """Write the picture and return its path; None without one.

        Raises
        ------
        OutputError
            The picture cannot be written.
        """
        if self.picture is None:
            return None
        try:
            self.picture_path.write_bytes(self.picture)
        except OSError as error:
            raise OutputError(f"{self.picture_path} cannot be written: {error.strerror or error}.") from error
        return self.picture_path


def explain_change(folder: Path, track: str, say: Say) -> list[ChangeExplanation]:
    """Explain the changes of a mass: each pair of stacks that it was compared on.

    Parameters
    ----------
    folder
        A folder in which ``calcimeasure follow`` was run.
    track
        The Tracking UID of a lesion of the mass at any date (``track_uid`` in changes.csv is that of the first one), as
        pseudonymous or as identified tables have it.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder has no such lesion, the lesion was not compared on CT, or images have changed.
    KeyFileError
        The UID is none of the store, and the key of the pseudonyms cannot be used.
    """
    with store_that_is_there(folder, say) as (store, settings):
        known = find_lesion(store, settings, folder, track, say)
        if known is None:
            raise InputPathError(f"{folder} has no lesion {track}: see track_uid in changes.csv.")
        uid = known[1].tracking_uid
        pairs = [
            pair
            for pair, links in store.every_link().items()
            if any(uid in (end and end[0] for end in (one.prior, one.current)) for one in current_links(links))
        ]
        if not pairs:
            raise InputPathError(f"{track} was not compared with another date on CT: run calcimeasure follow {folder}.")
        numbers = [*store.measured_stacks()]
        return [_explained(store, settings, folder, pair, (uid, track), numbers) for pair in pairs]


def _explained(
    store: Store, settings: Settings, folder: Path, pair: StackPair, names: tuple[str, str], numbers: Sequence[int]
) -> ChangeExplanation:
    """Compare two stacks again, with the motions that the store keeps, and tell what was found of one mass."""
    uid, track = names
    facts = store.measured_stacks()
    stacks = [stack_of(store, number, facts[number]) for number in pair]
    volumes = [_loaded(store, one, settings) for one in stacks]
    days = [Day(image, one.masses, one.others, one.shows_midline) for image, one in zip(volumes, stacks, strict=True)]
    stored = store.motions_between(pair)
    kept = Kept(
        next((one.motion for one in reversed(stored) if one.prior_tracking_uid is None), None),
        {one.prior_tracking_uid: one.motion for one in stored if one.prior_tracking_uid},
    )
    found = compare(days[0], days[1], settings, kept)
    mass = next(
        (one for one in found.masses if uid in [lesion.tracking_uid for lesion in (*one.prior, *one.current)]), None
    )
    if mass is None:
        raise InputPathError(f"{track} is no mass of these dates any more: run calcimeasure follow {folder}.")
    lines = [
        f"Mass {track}: {mass.state} (confidence {mass.confidence:.2f})",
        *(
            f"  {name} date: stack {numbers.index(one.stack_id) + 1}, {one.facts.path}"
            for name, one in zip(("earlier", "later"), stacks, strict=True)
        ),
    ]
    parts = [lines, _motion_lines(mass, found.whole)]
    picture = None
    if mass.motion is not None and mass.prior and mass.current:
        ends = zip(days, (mass.prior, mass.current), strict=True)
        before, after = (dated(day.volume, lesions, settings)[0] for day, lesions in ends)
        paired = mass.paired
        parts += [_edge_lines(before, after), _change_lines(mass, paired)]
        if paired is not None:
            picture = draw_change(
                (paired.prior_hu, paired.current_hu),
                (paired.prior_mask, paired.current_mask),
                paired.difference,
                paired.spacing_kji_mm,
            )
    return ChangeExplanation(parts, picture, folder / "private" / f"{track}.change-{pair[0]}-{pair[1]}.png")


def _loaded(store: Store, one: FollowStack, settings: Settings) -> Volume:
    image = load_image(series_of(store, one.stack_id, settings), settings)
    if image.geometry is None:
        raise InputPathError(f"{one.facts.path} is no CT: changes on radiographs are not explained.")
    return image


def _motion_lines(mass: Followed, whole: Motion | None) -> list[str]:
    if mass.motion is None:
        return ["Motion", "  none is certain: nothing is said of the mass. A reader decides."]
    matrix = np.array(mass.motion.matrix)
    places = [one.measurements.place_lps_mm for one in (mass.prior or mass.current)]
    middle = np.mean([place for place in places if place is not None], axis=0)
    here = middle if mass.prior else moved(np.linalg.inv(matrix), middle)
    moved_mm = float(np.linalg.norm(moved(matrix, here) - here))
    degrees = float(np.degrees(Rotation.from_matrix(matrix[:3, :3]).magnitude()))
    is_whole = whole is not None and whole.carries
    least = FOLLOW.least_similar if is_whole else FOLLOW.least_similar_near
    return [
        "Motion",
        f"  of {'the whole body' if is_whole else 'the neighborhood of the mass'}: {moved_mm:.1f} mm at the mass, "
        f"turned by {degrees:.1f} degrees",
        f"  bone on bone {100 * mass.motion.bone_share:.1f} % (at least {100 * FOLLOW.bone_share:.0f} % within "
        f"{FOLLOW.on_bone_mm:.0f} mm)",
        f"  tissue near the lesions correlates by {mass.motion.similarity:.2f} (at least {least:.2f})",
    ]


def _edge_lines(before: Dated, after: Dated) -> list[str]:
    lines = ["Edges"]
    for name, one in (("earlier", before), ("later", after)):
        rule = "half-maximum" if one.edge.follows_outline else "outline, which leaves the half-maximum"
        lines.append(
            f"  {name}: plateau {one.edge.plateau_hu:.0f} HU, surroundings {one.edge.background_hu:.0f} HU, "
            f"volume {one.volume_ml:.3f} mL, edge by {rule}"
        )
    return lines


def _bone_lines(paired: Paired) -> list[str]:
    if paired.bone is None:
        return []
    factor = f"{paired.bone.ratio:.2f} (+- {paired.bone.spread:.2f})"
    return [f"  another tube voltage: bone near the mass is denser by a factor of {factor}"]


def _change_lines(mass: Followed, paired: Paired | None) -> list[str]:
    change = mass.change
    lines = ["Change"]
    if paired is None:
        lines.append("  the images were not subtracted: one of them does not show the place of the mass as a whole")
    else:
        density = "not known" if paired.density_ratio is None else f"{100 * (paired.density_ratio - 1):+.1f} %"
        told = f"from {paired.deep_voxels} deep voxels" if paired.deep_voxels else "of thin calcium"
        lines += [
            f"  moved on by {paired.turned_mm:.2f} mm until both images fitted",
            f"  density {density}, {told}",
            *_bone_lines(paired),
            f"  paired change {paired.change_ml:+.4f} mL inside both outlines ({paired.area_mm2:.0f} mm2 of surface)",
        ]
    if change is None:
        return [*lines, "  no change is known"]
    judged = judge(change, mass.before.volume_ml if mass.before else None)
    reason = f" ({judged.reason})" if judged.reason else ""
    lines.append(
        f"  change {change.change_ml:+.4f} mL +- {change.u95_ml:.4f} mL ({change.source}): {judged.verdict}{reason}"
    )
    if change.notices:
        lines.append(f"  notices: {', '.join(change.notices)}")
    return lines
