"""Who is imaged: two persons never have one name, and one person has one name wherever headers allow it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimeasure.model import Person, name_alone, names_among, names_nobody, settled

ANNA = Person("100", "HOSP A", "19500101", "F")
BEN = Person("100", "HOSP B", "19800202", "M")


def said(birth_date: date | None = None, sex: str | None = None, issuer: str | None = None) -> Person:
    return Person.said("100", issuer, birth_date, sex, date(2024, 1, 10))


@pytest.mark.parametrize(
    "patient_id",
    ["0", "000", "0000-0000", "ANONYMOUS", "anonymous^^", "Unknown", "N/A", "NA", "none", "XXX", "?", "-", "NO ID"],
)
def test_ids_that_name_nobody(patient_id: str) -> None:
    assert names_nobody(patient_id)
    one, other = name_alone(patient_id, "1.2"), name_alone(patient_id, "1.3")
    assert None not in (one, other)
    assert one != other


@pytest.mark.parametrize("patient_id", ["1", "100", "ANON001", "TEST-1", "A0", "NA12", "Größe^中文", "20", "NOA"])
def test_ids_that_name_somebody(patient_id: str) -> None:
    assert not names_nobody(patient_id)
    assert name_alone(patient_id, "1.2") == name_alone(patient_id, "1.3") == patient_id


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(1, 1, 1), date(1858, 11, 17), date(2024, 1, 11), None])
def test_placeholders_of_a_birth_date_say_nothing(day: date | None) -> None:
    assert said(birth_date=day) == said()


@pytest.mark.parametrize("sex", ["O", "", None, "X", "U"])
def test_other_sex_says_nothing(sex: str | None) -> None:
    assert said(sex=sex) == said()


def test_an_issuer_that_names_nobody_says_nothing() -> None:
    assert said(issuer="UNKNOWN") == said(issuer="") == said()
    assert said(issuer="hosp a ") == said(issuer="HOSP A") != said()


@pytest.mark.parametrize("field", ["issuer", "birth_date", "sex"])
def test_each_attribute_that_differs_makes_two_persons(field: str) -> None:
    one, other = (Person("100", **{field: getattr(person, field)}) for person in (ANNA, BEN))
    names = names_among([(one, "1.1"), (other, "1.2")])
    assert len({who.text for who in names.values()}) == 2
    assert all(who.conflict for who in names.values())


def test_one_person_has_the_patient_id_as_name_whatever_is_known() -> None:
    """Keys of registries rest on this name."""
    people = [(ANNA, "1.1"), (Person("100"), "1.2"), (Person("100", sex="F"), "1.3")]
    assert {(who.text, who.conflict) for who in names_among(people).values()} == {("100", False)}


def test_what_is_missing_is_filled_in_only_where_it_is_clear() -> None:
    by_sex, unclear = Person("100", sex="M"), Person("100")
    names = names_among(
        [(ANNA, "1.1"), (BEN, "1.2"), (by_sex, "1.3"), (unclear, "1.4"), (unclear, "1.5"), (unclear, "1.1")]
    )
    assert names[by_sex, "1.3"] == names[BEN, "1.2"] != names[ANNA, "1.1"]
    # In a study of hers it is Anna. Elsewhere it may be either, and is neither, nor the same in two studies.
    assert names[unclear, "1.1"] == names[ANNA, "1.1"]
    assert len({names[one].text for one in names}) == 4


def test_nobody_is_told_apart_inside_a_study() -> None:
    woman, man = Person("0", sex="F"), Person("0", sex="M")
    names = names_among([(woman, "1.1"), (man, "1.1"), (woman, "1.2"), (Person("0"), "1.2")])
    assert len({who.text for who in names.values()}) == 3
    assert names[woman, "1.2"] == names[Person("0"), "1.2"]


def test_without_id_there_is_no_name() -> None:
    assert names_among([(Person(sex="F"), "1.1")])[Person(sex="F"), "1.1"].text is None


words = st.none() | st.sampled_from("AB")
people = st.lists(st.builds(Person, words, words, words, words), min_size=1, max_size=12)


@given(people)
def test_who_differs_is_never_one_person(people: list[Person]) -> None:
    found = settled(people)
    assert set(found) == set(people)
    for one in people:
        for mine, whole in zip(_values(one), _values(found[one]), strict=True):
            assert mine in (None, whole)


@given(people, st.randoms(use_true_random=False))
def test_order_says_nothing(people: list[Person], random: object) -> None:
    shuffled = list(people)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert settled(shuffled) == settled(people)


@given(st.builds(Person, words, words, words, words))
def test_text_gives_the_person_back(person: Person) -> None:
    assert Person.of_text(person.text) == person


def _values(person: Person) -> tuple[str | None, ...]:
    return (person.patient_id, person.issuer, person.birth_date, person.sex)


def test_ten_thousand_headers_that_all_differ_take_no_time() -> None:
    """Nothing here is compared with everything."""
    many = [Person("100", str(number), None if number % 2 else "19500101", None) for number in range(10000)]
    assert len(set(settled(many).values())) == 10000
