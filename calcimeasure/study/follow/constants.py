"""The constants of follow-up: how two stacks are laid on each other, and what counts as a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class FollowConstants(Constants):
    """What dates are compared with."""

    # The copy that registration looks at
    look_mm: float = constant(
        2.0, "mm", "Registration needs 1 mm at the bone; the surface between cubes is ten times finer than their step."
    )
    most_cubes: int = constant(4_000_000, "cubes", "A trunk of 500 mm is looked at on steps of 2.7 mm, in a second.")
    air_hu: int = constant(-1000, "HU", "What lies outside of the body, the couch above all, counts as air.")
    blank_mm: float = constant(3.0, "mm", "A mass may have grown by this much into what is looked at around it.")
    blank_hu: float = constant(40.0, "HU", "Soft tissue, in the place of a mass.")
    bone_hu: float = constant(
        220.0,
        "HU",
        "The surface of bone on the copy, whose cubes average cortex of 1 mm with fat; denser than vessels with "
        "contrast agent.",
    )

    # Where to begin
    start_mm: float = constant(5.0, "mm", "Step of the correlation that finds where to begin.")
    most_start_cubes: int = constant(30_000, "cubes", "Larger bodies are correlated on longer steps: a trunk on 12 mm.")
    rough_start: float = constant(2.0, "times", "312 turned bodies are first correlated on a step so much longer.")
    start_window_hu: tuple[float, float] = constant(
        (-250.0, 350.0), "HU", "Fat, muscle and bone differ; denser bone says no more about its place."
    )
    least_common: float = constant(
        0.25, "of the smaller field", "Two fields that share less than this are not laid on each other."
    )
    rough_starts: int = constant(12, "starts", "So many turned bodies are turned on to where they are most alike.")
    starts: int = constant(3, "starts", "So many of the best beginnings are laid on bone.")
    distinct_degrees: float = constant(25.0, "degrees", "Beginnings that are turned by less end at the same motion.")
    climb_degrees: float = constant(14.0, "degrees", "Half of the step between turned bodies, about each axis.")

    # Motion by bone
    surface_step_mm: float = constant(2.5, "mm", "Distance between the points of bone that are laid on each other.")
    surface_reach_mm: tuple[float, float] = constant(
        (15.0, 5.0), "mm", "A point of bone is laid on bone within this distance: first, and when that has settled."
    )
    on_bone_mm: float = constant(2.0, "mm", "Bone that lies within this distance of bone lies on it.")
    bone_share: float = constant(
        0.85, "of the points", "From here on a motion carries: so much of the surface of bone comes to lie on bone."
    )
    fewest_points: int = constant(150, "points", "Less surface of bone gives no motion.")
    near_mm: float = constant(55.0, "mm", "The neighborhood of a lesion, when joints bend.")
    nearest_mm: float = constant(38.0, "mm", "The neighborhood of a lesion beside a joint that bends.")
    bend_degrees: float = constant(22.0, "degrees", "A neighborhood is turned by this much in each direction to begin.")

    # Whether a motion is right
    tissue_mm: float = constant(30.0, "mm", "All tissue within this distance of a lesion is compared.")
    tissue_window_hu: tuple[float, float] = constant(
        (-150.0, 250.0), "HU", "Fat, muscle and bone differ; contrast agent and other kernels change little."
    )
    least_similar: float = constant(
        0.75, "correlation", "Tissue near a lesion is less alike where a motion is wrong or slides along a shaft."
    )
    least_similar_near: float = constant(
        0.88, "correlation", "The same where the neighborhood of one lesion alone was laid on the other date."
    )
    mirror_margin: float = constant(
        0.02, "correlation", "The mirrored body is less alike by this much, or it may be the other limb."
    )
    surely_similar: float = constant(
        0.93, "correlation", "Where tissue is so alike under one motion of the whole, it is not the other limb."
    )

    # Which lesions are one mass
    most_points: int = constant(4000, "points", "So many voxels of a lesion show where it lies.")
    next_to_mm: float = constant(5.0, "mm", "A mass is moved on together with the tissue next to it.")
    mass_window_hu: tuple[float, float] = constant(
        (-150.0, 500.0), "HU", "Fat, muscle and calcium; the top of a mass may have changed."
    )
    shift_steps_mm: tuple[tuple[float, ...], ...] = constant(
        ((-8.0, -4.0, 0.0, 4.0, 8.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0)),
        "mm",
        "Soft tissue shifts by up to 8 mm against bone from one date to another.",
    )
    shift_penalty: float = constant(
        0.01, "correlation per mm", "Without evidence a mass lies where bone says, and not where its neighbor lies."
    )
    linked_mm: float = constant(2.5, "mm", "Voxels so near lie on each other: half of a slice of 5 mm.")
    linked_share: float = constant(
        0.5, "of the lesion", "Two lesions are one mass if so much of one of them lies on the other."
    )
    apart_share: float = constant(
        0.15,
        "of the lesion",
        "Two lesions are two masses if less of both lies on the other; between, a reader decides.",
    )
    look_around_mm: float = constant(4.0, "mm", "A mass is looked for within this distance of its place.")
    imaged_share: float = constant(
        0.98, "of the points", "Of a mass that is gone or new, so much of its place was in the field."
    )
    dense_hu: float = constant(
        150.0, "HU", "Denser tissue than this may be the mass; muscle with contrast agent reaches 120 HU."
    )
    dense_share: float = constant(
        0.12, "of the deep half", "So much dense tissue at its place may be a mass that was not found."
    )

    # Paired change
    rim_mm: float = constant(3.0, "mm", "Blur of both images carries calcium so far beyond an outline.")
    blurred_mm: float = constant(1.6, "mm", "Next to an outline, dense voxels are calcium that blur carried there.")
    unchanged_share: float = constant(
        0.2,
        "of the plateau",
        "Dense voxels that differ by less between the dates did not become calcium or cease to be.",
    )
    bone_differs: float = constant(
        0.05, "of the attenuation", "Bone at both dates differs by less where the tube voltage is the same."
    )
    soft_window_hu: tuple[float, float] = constant((0.0, 120.0), "HU", "Soft tissue, of which bone stands out.")
    fewest_bone: int = constant(120, "cubes", "Less bone near a mass does not show what another tube voltage does.")
    densest_bone: float = constant(0.7, "quantile", "Of bone, its densest cubes are compared: they are blurred least.")
    bone_parts: int = constant(4, "parts", "Bone is parted along its length, to see how far its factor varies.")
    bone_blur_share: float = constant(
        0.025,
        "of the factor",
        "Bone of two dates differs by this much at one tube voltage: cortex is blurred otherwise.",
    )
    rim_slices: float = constant(1.0, "slices", "Across thick slices it is carried by a slice.")
    shell_mm: float = constant(6.0, "mm", "The surroundings, beyond the rim.")
    fewest_shell: int = constant(60, "voxels", "Fewer show no surroundings.")
    local_mm: float = constant(2.5, "mm", "The surroundings are averaged so near: fat and muscle lie side by side.")
    next_mm: float = constant(2.0, "mm", "Tissue next to a mass shows no calcium from this distance on.")
    most_local: float = constant(0.4, "of the plateau", "Surroundings differ from their mean by no more.")
    least_weight: float = constant(0.003, "of all voxels", "Fewer surroundings so near leave the mean of all.")
    air_like_hu: float = constant(-200.0, "HU", "Air beside a mass is no negative calcium.")
    most_layers: int = constant(8, "layers", "A thick slice is averaged over so many layers of the other image.")
    deep_mm: float = constant(2.2, "mm", "Blur does not reach so deep.")
    fewest_deep: int = constant(40, "voxels", "Fewer do not show the density of both dates.")
    alike_steps: float = constant(
        2.0, "times", "On slices that are farther apart by more than this, edges of grains show another density."
    )
    grains_share: float = constant(
        0.065,
        "of the voxels",
        "Of chambers of sediment a larger share lies as deep as blur reaches, of grains a smaller one.",
    )
    top_quantile: float = constant(0.85, "quantile", "Of calcium too thin for that, the densest voxels are compared.")
    top_blur_mm: float = constant(
        0.8, "mm", "They are blurred so far that kernels make little difference; more blur lowers what shrank."
    )
    fitted_mm: float = constant(5.0, "mm", "The images are fitted in the mass and so far around it.")
    fitted_voxels: int = constant(8000, "voxels", "More make the fit no better.")
    fitted_window_hu: tuple[float, float] = constant((-150.0, 700.0), "HU", "Where edges of a mass lie.")
    fitted_scale_hu: float = constant(80.0, "HU", "A larger difference is a change, and no misfit.")
    fitted_most_mm: float = constant(5.0, "mm", "A fit that moves on by more has lost the mass.")

    # Whether a change is beyond the error of measuring; derived from repeats (tests/bench/follow)
    repeat_share: float = constant(
        0.012, "of the volume", "Standard deviation of the paired change between repeats, from the densities."
    )
    repeat_thin_share: float = constant(
        0.03, "of the volume", "The same of calcium too thin to show its density: grains, septa."
    )
    repeat_layer_mm: float = constant(
        0.012, "mm", "Standard deviation of the paired change as a layer on the surface of both outlines."
    )
    repeat_fault: float = constant(
        2.0, "times", "Repeats of volumes measured one by one differ by more than their u95."
    )
    repeat_kvp: float = constant(
        2.4, "times", "Another kVp changes density by 14 to 46 %, and no bone shows by how much."
    )
    repeat_kvp_bone: float = constant(1.3, "times", "The same where bone near the mass shows by how much.")
    repeat_tissue_hu: float = constant(
        40.0, "HU", "Standard deviation of tissue next to a mass, which another density of the mass weighs otherwise."
    )
    repeat_ruled: float = constant(
        1.4, "times", "Where an outline leaves the half-maximum edge, as along bone, repeats differ by more."
    )
    repeat_contrast_hu: float = constant(
        10.0, "HU", "Standard deviation of what contrast agent adds to the tissue next to a mass and not to its mean."
    )
    repeat_kernel: float = constant(1.3, "times", "Another kernel moves edges.")
    largest_volume_u95: float = constant(
        0.5, "of the volume", "A volume whose own half-width is larger does not carry a change."
    )
    conflict_share: float = constant(
        0.5, "of the volume", "The paired change and the difference of the volumes disagree by more than this."
    )
    stable_share: float = constant(0.25, "of the volume", "A mass is stable if its change is surely smaller.")
    shortest_year_days: int = constant(30, "days", "A change over less time is not scaled to a year.")
    width_95: float = constant(1.96, "standard deviations", "Half of the width of a 95 % interval.")

    # Responses
    percent_days: int = constant(180, "days", "Change in percent of a year is judged from half a year on.")
    percent_year: float = constant(25.0, "%", "Progression and response, in percent of a year (hand scores of films).")
    target_mm: float = constant(10.0, "mm", "Masses of at least this diameter are targets, as in RECIST 1.1.")
    most_targets: int = constant(5, "masses", "At most so many targets, as in RECIST 1.1.")
    shrunk_diameters: float = constant(-30.0, "%", "Partial response from baseline, as in RECIST 1.1.")
    grown_diameters: float = constant(20.0, "%", "Progression from the nadir, as in RECIST 1.1.")
    grown_diameters_mm: float = constant(5.0, "mm", "And at least so much, as in RECIST 1.1.")


FOLLOW: Final = FollowConstants()
