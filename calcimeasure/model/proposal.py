"""What a stack shows before anybody reviewed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calcimeasure.model.outline import Outline
    from calcimeasure.model.vocabulary import Tissue


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against a proposal being a calcified mass.

    Parameters
    ----------
    name
        Of the feature.
    value
        As found.
    log_odds
        How much it speaks for a calcified mass: the sum over all evidence is the logarithm of the odds.
    sentence
        For a person.
    """

    name: str
    value: float
    log_odds: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A dense thing, or the part of one that is of one tissue.

    Parameters
    ----------
    outline
        Its voxels.
    tissue, tissue_confidence
        What it is judged to be, and how likely that is right; of `Tissue.UNKNOWN` how likely it is a calcified mass.
    evidence
        What the judgement rests on.
    bone_contact_mm2
        How much of its surface lies on what is judged to be bone; 0 where it does not touch.
    """

    outline: Outline
    tissue: Tissue
    tissue_confidence: float
    evidence: tuple[Evidence, ...] = ()
    bone_contact_mm2: float = 0.0

    @property
    def touches_bone(self) -> bool:
        """Tell whether it touches bone."""
        return self.bone_contact_mm2 > 0


@dataclass(frozen=True, slots=True)
class Proposals:
    """What was found in a stack before anybody reviewed it.

    Parameters
    ----------
    parts
        Largest first.
    dropped_count
        Components below settings.min_volume_mm3.
    bodies
        The outline of each body in view, largest first; as fine as tissue is judged (about 1 mm).
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
