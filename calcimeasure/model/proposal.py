"""Proposals: what the program finds in a stack before a reader reviews it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calcimeasure.model.outline import Outline
    from calcimeasure.model.vocabulary import Tissue


@dataclass(frozen=True, slots=True)
class Evidence:
    """One feature that speaks for or against a calcified mass.

    Parameters
    ----------
    name
        Name of the feature.
    value
        Value of the feature.
    log_odds
        How much the feature speaks for a calcified mass. The sum over all evidence is the logarithm of the odds.
    sentence
        The evidence in words, for a person.
    """

    name: str
    value: float
    log_odds: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A dense component, or the part of a component that consists of one tissue.

    Parameters
    ----------
    outline
        Its voxels.
    tissue, tissue_confidence
        The judged tissue, and the probability that this judgement is right. For `Tissue.UNKNOWN` the probability that
        the proposal is a calcified mass.
    evidence
        The evidence for the judgement.
    bone_contact_mm2
        Area of its surface that touches bone, as judged by the program; 0 without contact.
    """

    outline: Outline
    tissue: Tissue
    tissue_confidence: float
    evidence: tuple[Evidence, ...] = ()
    bone_contact_mm2: float = 0.0

    @property
    def touches_bone(self) -> bool:
        """Tell whether the proposal touches bone."""
        return self.bone_contact_mm2 > 0


@dataclass(frozen=True, slots=True)
class Proposals:
    """Everything that the program found in a stack before a reader reviews it.

    Parameters
    ----------
    parts
        The proposals, largest first.
    dropped_count
        Number of components smaller than settings.min_volume_mm3.
    bodies
        The outline of each body in the field of view, largest first; on the grid on which tissue is judged (about
        1 mm).
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    """

    parts: tuple[Proposal, ...]
    dropped_count: int = 0
    bodies: tuple[Outline, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def outlines(self) -> tuple[Outline, ...]:
        """Outlines of all parts."""
        return tuple(part.outline for part in self.parts)
