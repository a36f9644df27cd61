"""Who is imaged: what headers say of a person, and which headers are of one person."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import astuple, dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable

_NOBODY: Final = frozenset(
    """ANON ANONIM ANONIMIZADO ANONIMIZZATO ANONIMO ANONYM ANONYME ANONYMISE ANONYMISED ANONYMISIERT ANONYMIZED
    ANONYMOUS AVAILABLE BLANK DEFAULT DEIDENTIFIED DESCONHECIDO DESCONOCIDO DUMMY EMPTY GIVEN ID IDENTIFIED
    IDENTIFIER INCONNU KNOWN MISSING NA NAME NAN NIL NO NOID NONAME NONE NOT NOTAVAILABLE NULL NUMBER
    ONBEKEND PAT PATID PATIENT PATIENTID REDACTED REMOVED SCONOSCIUTO SPECIFIED SUBJECT UNBEKANNT UNDEFINED UNK
    UNKNOWN UNKNOWNID UNNAMED UNSPECIFIED DE 匿名 未知 不明 АНОНИМ НЕИЗВЕСТНО""".split()  # noqa: SIM905 - a list of words
)
"""Words that stand where a Patient ID is not known or was removed. An ID of such words alone names nobody."""

_ZEROS: Final = re.compile(r"0+|X+")

_SEPARATOR: Final = "\x1f"
"""Between the parts of a person's name in a store: no header may have it (PS3.5 section 6.1.3)."""

_EARLIEST_BIRTH: Final = date(1900, 1, 2)
"""The oldest person alive was born later; 1900-01-01 and earlier dates stand where no date is known."""


@dataclass(frozen=True, slots=True)
class Person:
    """What a header says of who is imaged; None where it says nothing that can tell two persons apart.

    Parameters
    ----------
    patient_id
        Patient ID (0010,0020).
    issuer
        Issuer of Patient ID (0010,0021), in capital letters.
    birth_date
        Patient's Birth Date (0010,0030), YYYYMMDD.
    sex
        Patient's Sex (0010,0040): M or F. O (other) does not contradict either.
    """

    patient_id: str | None = None
    issuer: str | None = None
    birth_date: str | None = None
    sex: str | None = None

    @classmethod
    def said(
        cls, patient_id: str | None, issuer: str | None, birth_date: date | None, sex: str | None, on: date | None
    ) -> Self:
        """Take what a header says, as far as it is valid; `on` is the date of the study."""
        is_known = birth_date is not None and _EARLIEST_BIRTH <= birth_date <= (on or date.max)
        letter = (sex or "").strip().upper()
        return cls(
            patient_id=_plain(patient_id) or None,
            issuer=None if names_nobody(issuer) else _plain(issuer).upper(),
            birth_date=birth_date.strftime("%Y%m%d") if birth_date and is_known else None,
            sex=letter if letter in {"M", "F"} else None,
        )

    @classmethod
    def with_id(cls, patient_id: str | None) -> Self:
        """Make a person of whom only the Patient ID is known."""
        return cls(_plain(patient_id) or None)

    @property
    def text(self) -> str | None:
        """Everything in one line, as a store keeps it; the Patient ID alone if nothing else is known."""
        if self.patient_id is None and self == Person():
            return None
        others = (self.issuer, self.birth_date, self.sex)
        parts = (self.patient_id, *others) if any(others) else (self.patient_id,)
        return _SEPARATOR.join(part or "" for part in parts)

    @classmethod
    def of_text(cls, text: str | None) -> Self:
        """Read what `text` wrote."""
        return cls(*(part or None for part in (text or "").split(_SEPARATOR)[:4]))


NOT_SAID: Final = Person()
"""What a header says of a person that says nothing."""


def _plain(text: str | None) -> str:
    return (text or "").strip().replace(_SEPARATOR, r"\x1f")


def names_nobody(patient_id: str | None) -> bool:
    """Tell whether a Patient ID stands where none is known: zeros, ANONYMOUS, UNKNOWN and the like."""
    words = re.findall(r"[^\W_]+", (patient_id or "").upper().replace("N/A", "NA"))
    return all(word in _NOBODY or _ZEROS.fullmatch(word) for word in words)


def settled(people: Iterable[Person]) -> dict[Person, Person]:
    """Tell persons apart, and fill in what some headers of one person lack.

    Two headers are of two persons if both say something and it differs. A header that lacks what tells persons apart is
    of the one person whom it does not contradict. If it contradicts none of several, it is of a person of its own.

    Returns
    -------
    dict
        For what each header says: the same for all headers of one person.
    """
    distinct = set(people)
    apart = [field for field, values in enumerate(_columns(distinct)) if _differ(values)]
    if not apart:
        return dict.fromkeys(distinct, _filled(distinct))
    names = {one: tuple(astuple(one)[field] for field in apart) for one in distinct}
    whole_names = _whole_names(names.values())
    members: dict[tuple[str | None, ...], list[Person]] = defaultdict(list)
    for one, name in names.items():
        members[whole_names[name]].append(one)
    return {one: whole for same in members.values() for whole in [_filled(same)] for one in same}


def _whole_names(names: Collection[tuple[str | None, ...]]) -> dict[tuple[str | None, ...], tuple[str | None, ...]]:
    """Give for each name the only one without gaps that it does not contradict, else itself."""
    whole = {name for name in names if None not in name}
    by_known: dict[tuple[int, ...], dict[Hashable, list[tuple[str | None, ...]]]] = {}
    found: dict[tuple[str | None, ...], tuple[str | None, ...]] = {}
    for name in names:
        known = tuple(place for place, part in enumerate(name) if part is not None)
        if known not in by_known:
            by_known[known] = _by_parts(whole, known)
        fitting = by_known[known].get(tuple(name[place] for place in known), [])
        found[name] = fitting[0] if len(fitting) == 1 else name
    return found


def _differ(values: Iterable[str | None]) -> bool:
    return len({value for value in values if value is not None}) > 1


def _filled(same: Collection[Person]) -> Person:
    return Person(*(min((value for value in values if value is not None), default=None) for values in _columns(same)))


def _columns(same: Collection[Person]) -> Iterable[tuple[str | None, ...]]:
    return zip(*map(astuple, same), strict=True)


def _by_parts(
    names: Iterable[tuple[str | None, ...]], places: tuple[int, ...]
) -> dict[Hashable, list[tuple[str | None, ...]]]:
    found: dict[Hashable, list[tuple[str | None, ...]]] = defaultdict(list)
    for name in names:
        found[tuple(name[place] for place in places)].append(name)
    return found


@dataclass(frozen=True, slots=True)
class Who:
    """The name of a person among others: what a pseudonym is made from.

    Parameters
    ----------
    text
        The Patient ID if one person has it. If several have it, what tells them apart follows it. If it names nobody,
        the study is named instead. None without Patient ID.
    conflict
        Whether several persons have this Patient ID.
    """

    text: str | None
    conflict: bool = False


def names_among(people: Iterable[tuple[Person, str]]) -> dict[tuple[Person, str], Who]:
    """Name persons so that two persons never have one name.

    Parameters
    ----------
    people
        What headers say of a person, each with the UID of the study. All headers that there are: a Patient ID is no
        name by itself if others show that several persons have it.
    """
    of_study = _settled_in(dict.fromkeys(people), lambda person, study_uid: (person.patient_id, study_uid))
    whole = {one: (person, one[1]) for one, person in of_study.items()}
    of_all = _settled_in(dict.fromkeys(whole.values()), _scope)
    persons: dict[Hashable, set[Person]] = defaultdict(set)
    for known, person in of_all.items():
        persons[_scope(*known)].add(person)
    apart = {scope: [_differ(values) for values in _columns(same)] for scope, same in persons.items()}
    several = {scope: len(same) > 1 for scope, same in persons.items()}
    return {
        one: Who(_name(of_all[known], known[1], apart[_scope(*known)]), several[_scope(*known)])
        for one, known in whole.items()
    }


def name_alone(patient_id: str | None, study_uid: str) -> str | None:
    """Name a person of whom only a Patient ID and a study are known (`Who.text`)."""
    person = Person.with_id(patient_id)
    return names_among([(person, study_uid)])[person, study_uid].text


def _settled_in(
    people: Iterable[tuple[Person, str]], group: Callable[[Person, str], Hashable]
) -> dict[tuple[Person, str], Person]:
    """Settle each group of persons by itself."""
    groups: dict[Hashable, list[tuple[Person, str]]] = defaultdict(list)
    for one in people:
        groups[group(*one)].append(one)
    found: dict[tuple[Person, str], Person] = {}
    for same in groups.values():
        persons = settled(person for person, _ in same)
        found |= {one: persons[one[0]] for one in same}
    return found


def _scope(person: Person, study_uid: str) -> tuple[str | None, str | None]:
    """Give the Patient ID, and the study if the ID names nobody: then it is no name outside of the study."""
    is_nobody = person.patient_id is not None and names_nobody(person.patient_id)
    return (person.patient_id, study_uid if is_nobody else None)


def _name(person: Person, study_uid: str, apart: list[bool]) -> str | None:
    patient_id, only_study = _scope(person, study_uid)
    if patient_id is None:
        return None
    told = [part if differs else "" for part, differs in zip(astuple(person), apart, strict=True)]
    parts = [patient_id if only_study is None else ""]
    if any(apart):
        parts += [part or "" for part in told[1:]]
    # Who cannot be told from others is not known to be the same person in another study.
    if only_study is not None or None in told:
        parts += ["study", study_uid]
    return _SEPARATOR.join(parts)
