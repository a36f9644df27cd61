"""What descriptions and tags say of side and site; descriptions.csv holds the truth, a line a description.

A test goes through all descriptions at once and names those that it fails on.
"""

from __future__ import annotations

import csv
import inspect
import re
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from calcimeasure.locate.words import (
    WHOLE_BODY,
    NamedSite,
    SaidSide,
    arms,
    folding,
    reading,
    side,
    side_in_tags,
    side_in_text,
    site,
    site_in_body_part,
    site_in_text,
    tables,
)
from calcimeasure.locate.words.tables import LANGUAGES, WordList, word_set
from calcimeasure.model import BodySite, Laterality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Row(NamedTuple):
    """A description with its truth.

    `side` is what a radiologist reads; where `may_miss` is set, saying nothing is as good. `sites` is joined by +, a
    detail follows after a colon, * is the whole body. `written` tells the rows made before the code was finished
    (first) from those held out.
    """

    text: str
    language: str
    trap: str
    side: str
    sites: str
    may_miss: str
    written: str


def _rows() -> list[Row]:
    with (Path(__file__).parent / "descriptions.csv").open(encoding="utf-8", newline="") as lines:
        return [Row(**row) for row in csv.DictReader(lines)]


ROWS = _rows()


def _said(row: Row) -> str:
    found = site_in_text(row.text)
    if found.sites == WHOLE_BODY:
        return "*"
    return "+".join(sorted(f"{one.body_site}:{one.detail}" if one.detail else one.body_site for one in found.named))


# --- The corpus ---------------------------------------------------------------------------------------------------


def test_the_corpus_is_as_large_as_the_issue_asks() -> None:
    counted = Counter(row.language for row in ROWS)
    assert len(ROWS) >= 240
    assert set(counted) == set(LANGUAGES)
    assert min(counted.values()) >= 15
    assert sum(row.trap == "yes" for row in ROWS) >= len(ROWS) / 3
    assert sum(row.written != "first" for row in ROWS) >= 60
    assert len({row.text for row in ROWS}) == len(ROWS)


def _side_is_right(row: Row) -> bool:
    return side_in_text(row.text).side in ({row.side, "nothing"} if row.may_miss else {row.side})


def _sites_are_right(row: Row) -> bool:
    return _said(row) == "+".join(sorted(row.sites.split("+")))


def _failing(rows: Iterable[Row], holds: Callable[[Row], bool]) -> list[str]:
    return [row.text for row in rows if not holds(row)]


def test_side_of_each_description() -> None:
    assert _failing(ROWS, _side_is_right) == []


def test_sites_of_each_description() -> None:
    assert _failing(ROWS, _sites_are_right) == []


# Several texts of one series, the most specific first, and the side that they say together.
SEVERAL = (
    (("L", "CT HAND"), "left"),
    (("RT AP", "CT KNEES"), "right"),
    (("left 1.0 B60s", "CT HANDS"), "left"),
    (("left widget", "CT HANDS"), "nothing"),
    (("L", "CT CHEST"), "nothing"),
    (("Left", "CT CHEST"), "nothing"),
    (("B60 R", "CT HAND"), "nothing"),
    (("L",), "nothing"),
)


def test_a_text_without_a_part_borrows_the_parts_of_the_others() -> None:
    assert [texts for texts, said in SEVERAL if side_in_text(texts).side != said] == []


# --- Rules --------------------------------------------------------------------------------------------------------

_MODULES = (side, site, arms, reading)
RULES = sorted(
    {
        name
        for module in _MODULES
        for name, rule in vars(module).items()
        if inspect.isfunction(rule) and rule.__module__ == module.__name__ and rule.__annotations__["return"] == "bool"
    }
)


@pytest.mark.parametrize("answer", [False, True], ids=["never", "always"])
@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_needed(rule: str, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that always gives one answer makes a description wrong: no rule is there without a reason."""
    for module in _MODULES:
        if hasattr(module, rule):
            monkeypatch.setattr(module, rule, lambda *_, **__: answer)
    reading._unglued.cache_clear()  # it remembers what the rule said
    try:
        wrong = any(not (_side_is_right(row) and _sites_are_right(row)) for row in ROWS)
        wrong = wrong or any(side_in_text(texts).side != said for texts, said in SEVERAL)
    except KeyError:  # looked up as an abbreviation and none: the rule is needed to tell
        wrong = True
    finally:
        reading._unglued.cache_clear()
    assert wrong


def test_there_are_rules() -> None:
    assert len(RULES) >= 27


_WITHOUT_CAMEL_CASE = [row for row in ROWS if not re.search(r"[a-z][A-Z]|[A-Z][A-Z][a-z]", row.text)]
SIDED = [row for row in ROWS if row.side != "nothing" and not row.may_miss]


def test_the_words_that_a_side_rests_on_stand_in_the_text() -> None:
    def holds(row: Row) -> bool:
        found = side_in_text(row.text)
        return bool(found.words) and all(word.casefold() in row.text.casefold() for word in found.words)

    assert _failing(SIDED, holds) == []


# --- Ways of writing ----------------------------------------------------------------------------------------------

_PAIRS = """
    right left, rt lt, r l, rechts links, rechte linke, rechter linker, rechtes linkes, re li, rts lks,
    rle lle, rue lue,
    droit gauche, droite gauche, d g, dx sx, dx sn, dx sin, destra sinistra, destro sinistro, derecha izquierda,
    derecho izquierdo, dcha izda, dcho izdo, dcho izqdo, der izq, direita esquerda, direito esquerdo, dir esq,
    prawa lewa, prawy lewy, prawe lewe, prawej lewej, prawego lewego
"""
_MIRROR = {}
for _right, _left in (pair.split() for pair in _PAIRS.split(",")):
    _MIRROR.setdefault(_right, _left)
    _MIRROR.setdefault(_left, _right)
_MIRRORED_SIDE = {"right": "left", "left": "right", "both": "both"}


def _mirrored(text: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda found: _MIRROR.get(found.group().casefold(), found.group()), text)


def _has_twins(row: Row) -> bool:
    """Tell whether its side words can be swapped: not glued, no Spanish or Portuguese D (its twin says nothing)."""
    if row not in _WITHOUT_CAMEL_CASE or (row.language in ("es", "pt") and re.search(r"\bD\b", row.text)):
        return False
    return row.side == "both" or all(word.casefold() in _MIRROR for word in side_in_text(row.text).words)


def test_a_mirrored_text_says_the_mirrored_side() -> None:
    twins = [row for row in SIDED if _has_twins(row)]
    assert len(twins) > 100
    assert _failing(twins, lambda row: side_in_text(_mirrored(row.text)).side == _MIRRORED_SIDE[row.side]) == []


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_case_does_not_matter(change: Callable[[str], str]) -> None:
    def holds(row: Row) -> bool:
        return side_in_text(change(row.text)).side is side_in_text(row.text).side

    assert _failing(_WITHOUT_CAMEL_CASE, holds) == []


def _stripped(text: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return bare.replace("ł", "l").replace("Ł", "L").replace("ß", "ss")


def _spelled_out(text: str) -> str:
    for dotted, plain in {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}.items():
        text = text.replace(dotted, plain)
    return text


def test_accents_do_not_matter() -> None:
    def holds(row: Row) -> bool:
        change = _spelled_out if row.language == "de" else _stripped
        texts = (change(row.text), _stripped(row.text), unicodedata.normalize("NFD", row.text))
        found = side_in_text(row.text).side, site_in_text(row.text).sites
        return all((side_in_text(text).side, site_in_text(text).sites) == found for text in texts)

    accented = [row for row in ROWS if not row.text.isascii()]
    assert len(accented) > 50
    assert _failing(accented, holds) == []


_PLAIN = [row for row in ROWS if re.fullmatch(r"[^\W\d_]+( [^\W\d_]+)*", row.text)]


@pytest.mark.parametrize("separator", ["_", "  ", "^", "__", " _ "])
def test_separators_do_not_matter(separator: str) -> None:
    def holds(row: Row) -> bool:
        return side_in_text(row.text.replace(" ", separator)).side is side_in_text(row.text).side

    assert _failing(_PLAIN, holds) == []


_NEUTRAL = """
    CT XR RX TK hand knee hip shoulder foot Knie Schulter genou main ginocchio mano rodilla joelho kolano heup chest
    abdomen spine pelvis axial lateral LAT AP PA routine recon contrast 3D 2.0 B60s Br40 with
    without of der die la le il
    thin bone soft tissue protocol adult pain fracture R/O re-scan lateralized contralateral leftover rightly 1.25 mm
    links-rechts? RECON RLQ LLQ LAO RAO LWS L1-L5 LR RL sin/con Dx:
""".replace("links-rechts?", "").split()


@given(st.lists(st.sampled_from(_NEUTRAL), max_size=7))
@example(["R/O", "hand"])
@example(["mano", "sin/con"])
def test_a_text_without_a_side_word_says_no_side(chosen: list[str]) -> None:
    # "sin" is left in Italian where the part is a word of Italian alone.
    assume(not ({"ginocchio", "kolano"} & set(chosen) and "sin/con" in chosen))
    assert side_in_text(" ".join(chosen)).side is SaidSide.NOTHING


_EVERY_SIDE_WORD = {
    word.rstrip("*") for listed in (WordList.RIGHT, WordList.LEFT, WordList.BOTH) for word in word_set(listed)
} | {*tables.abbreviations(), *tables.glued("limb"), *tables.glued("before")}


@given(st.text(max_size=40))
def test_any_text_is_read_and_a_side_has_words(text: str) -> None:
    found = side_in_text(text)
    site_in_text(text)
    site_in_body_part(text, text)
    assert bool(found.words) == (found.side is not SaidSide.NOTHING)
    assert all(any(one in folding.fold(word) for one in _EVERY_SIDE_WORD) for word in found.words)


@given(
    st.sampled_from(["hand", "Knie", "genou", "ginocchio", "rodilla", "joelho", "kolano", "heup"]),
    st.sampled_from(["right", "rechts", "droit", "destro", "derecha", "direito", "prawe", "rechter"]),
    st.sampled_from(["left", "links", "gauche", "sinistro", "izquierda", "esquerdo", "lewe", "linker"]),
    st.booleans(),
)
def test_a_side_named_twice_and_two_sides(part: str, right: str, left: str, side_first: bool) -> None:
    one = f"{right} {part}" if side_first else f"{part} {right}"
    assert side_in_text(one).side is SaidSide.RIGHT
    assert side_in_text(f"{one} ({right})").side is SaidSide.RIGHT
    assert side_in_text(f"{one} / {left}").side is SaidSide.BOTH


_STUDIES = ["CT HAND", "CT KNEE", "CT Knie", "TDM GENOU", "TC RODILLA", "TC GINOCCHIO", "CT EXTREMITY"]
_APPENDED = [" 1.0 B60s", " axial", "^Routine (Adult)", " 3D", " Br40 L", " FC18-H R"]
_TRAPS = [row for row in ROWS if row.trap == "yes" and row.side == "nothing"]


def test_a_trap_stays_one_beside_a_limb_and_what_scanners_append() -> None:
    def holds(row: Row) -> bool:
        beside = [texts for study in _STUDIES for texts in ([row.text, study], [study, row.text])]
        appended = [[row.text + one] for one in _APPENDED]
        return all(side_in_text(texts).side is SaidSide.NOTHING for texts in (*beside, *appended))

    assert len(_TRAPS) > 100
    assert _failing(_TRAPS, holds) == []


# --- Several texts ------------------------------------------------------------------------------------------------


def test_the_most_specific_text_that_says_a_side_decides() -> None:
    assert side_in_text(["Knie links 1.0", "CT Knie bds."]).side is SaidSide.LEFT
    assert side_in_text(["Knie bds.", "CT Knie links"]).side is SaidSide.BOTH
    assert side_in_text([None, "", "axial", "CT HAND LEFT"]).side is SaidSide.LEFT


def test_texts_that_contradict_each_other_say_both_as_a_conflict() -> None:
    found = side_in_text(["HAND LEFT", "CT HAND RIGHT"])
    assert (found.side, found.conflict, found.laterality) == (SaidSide.BOTH, True, Laterality.UNKNOWN)
    assert found.words == ("LEFT", "RIGHT")


def test_the_laterality_of_a_said_side() -> None:
    assert side_in_text("KNEE RT").laterality is Laterality.RIGHT
    assert side_in_text("KNEE LT").laterality is Laterality.LEFT
    assert side_in_text("KNEES BILATERAL").laterality is Laterality.UNKNOWN
    assert side_in_text("KNEE").laterality is Laterality.UNKNOWN


def test_the_first_text_that_names_a_site_decides() -> None:
    assert site_in_text(["axial 1.0", "Knie li", "Becken"]).sites == {BodySite.KNEE}
    assert site_in_text(()).named == frozenset()


def test_no_word_is_listed_for_two_sides() -> None:
    right, left, both = map(word_set, (WordList.RIGHT, WordList.LEFT, WordList.BOTH))
    assert not right & left
    assert not (right | left) & both


def test_no_word_is_listed_for_two_sites() -> None:
    meanings: dict[tuple[str, ...], set[str]] = {}
    for language in LANGUAGES:
        for rows in tables._table(language)["site"].values():
            for sites, phrases in rows.items():
                for phrase in tables._phrases(phrases):
                    meanings.setdefault(phrase, set()).add(sites)
    assert {phrase: sites for phrase, sites in meanings.items() if len(sites) > 1} == {}


@pytest.mark.parametrize("language", [*LANGUAGES, tables.ANY])
def test_a_table_holds_only_what_is_read(language: str) -> None:
    table = tables._table(language)
    assert set(table) <= {"words", "abbreviation", "site"}
    assert set(table["words"]) <= set(WordList)
    assert set(table.get("site", ())) <= {"paired", "single"}
    assert all(len(set(listed)) == len(listed) for listed in table["words"].values())


def test_every_list_of_words_is_filled() -> None:
    assert [listed for listed in WordList if not word_set(listed)] == []


# --- Tags ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "side"),
    [
        ("R", "right"), ("L", "left"), ("U", "unpaired"), ("B", "both"), (" l ", "left"), ("r", "right"),
        ("R\0", "right"), ("", "nothing"), (" ", "nothing"), ("M", "nothing"), ("LEFT?", "nothing"),
        ("N/A", "nothing"), (None, "nothing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["laterality", "image_laterality", "frame_laterality"])
def test_side_of_a_laterality_tag(tag: str, value: str | None, side: str) -> None:
    found = side_in_tags(**{tag: value})
    assert found.side == side
    assert not found.conflict
    assert bool(found.words) == (side != "nothing")


@pytest.mark.parametrize(
    ("code", "side"),
    [
        ("24028007", "right"), ("7771000", "left"), ("51440002", "both"), ("G-A100", "right"), ("G-A101", "left"),
        ("g-a102", "both"), ("66459002", "nothing"), ("G-A103", "nothing"), ("399488007", "nothing"),
    ],
)  # fmt: skip
def test_side_of_a_modifier_code(code: str, side: str) -> None:
    assert side_in_tags(modifier_codes=[code]).side == side


@pytest.mark.parametrize(
    ("values", "side", "conflict"),
    [
        (("R", "R", None), "right", False),
        (("R", "L", None), "nothing", True),
        (("L", None, "R"), "nothing", True),
        (("R", "U", None), "nothing", True),
        (("B", "U", None), "nothing", True),
        (("B", "R", None), "both", False),
        (("B", "R", "L"), "nothing", True),
        (("M", "L", ""), "left", False),
    ],
)
def test_tags_that_disagree_are_a_conflict(values: tuple[str | None, ...], side: str, conflict: bool) -> None:
    found = side_in_tags(*values)
    assert (found.side, found.conflict) == (side, conflict)


def test_a_tag_and_a_code_that_disagree_are_a_conflict() -> None:
    found = side_in_tags("R", modifier_codes=["7771000"])
    assert (found.side, found.conflict) == (SaidSide.NOTHING, True)
    assert found.words == ("Laterality R", "modifier 7771000")


# --- Body Part Examined and Anatomic Region -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "sites"),
    [
        ("HAND", "hand_wrist"), ("hand ", "hand_wrist"), ("WRIST", "hand_wrist:wrist"), ("THUMB", "hand_wrist:thumb"),
        ("FINGER", "hand_wrist:finger"), ("RADIUSULNA", "forearm"), ("CLAVICLE", "shoulder"), ("HIP", "hip"),
        ("CSPINE", "spine:cervical"), ("LSSPINE", "spine:lumbar+spine:sacral"), ("SSPINE", "spine:sacral"),
        ("BUTTOCK", "pelvis:buttock"), ("ABDOMENPELVIS", "abdomen+pelvis"), ("Abdomen Pelvis", "abdomen+pelvis"),
        ("CHESTABDPELVIS", "chest+abdomen+pelvis"), ("WHOLEBODY", "*"), ("TIBIAFIBULA", "lower_leg"),
        ("TIBIA_FIBULA", "lower_leg"), ("LOWERLIMB", "hip+thigh+knee+lower_leg+ankle_foot"),
        ("HWS", "spine:cervical"), ("BWS", "spine:thoracic"), ("LWS", "spine:lumbar"), ("BECKEN", "pelvis"),
        ("SCHULTER", "shoulder"), ("ELLENBOGEN", "elbow"), ("KNIE", "knee"), ("L SPINE", "spine:lumbar"),
        ("C_SPINE", "spine:cervical"), ("LEG", "thigh+knee+lower_leg"), ("TAP", "chest+abdomen+pelvis"),
        ("EXTREMITY", ""), ("PHANTOM", ""), ("", ""), (None, ""), ("???", ""),
    ],
)  # fmt: skip
def test_sites_of_body_part_examined(term: str | None, sites: str) -> None:
    found = site_in_body_part(term)
    named = WHOLE_BODY if sites == "*" else {site.partition(":")[0] for site in sites.split("+") if site}
    details = {tuple(site.split(":")) for site in sites.split("+") if ":" in site}
    assert found.sites == named
    assert {(one.body_site, one.detail) for one in found.named if one.detail} == details


@pytest.mark.parametrize(
    ("code", "site", "detail"),
    [
        # domain.md section 7
        ("85562004", "hand_wrist", None), ("74670003", "hand_wrist", "wrist"), ("14975008", "forearm", None),
        ("16953009", "elbow", None), ("40983000", "upper_arm", None), ("16982005", "shoulder", None),
        ("816094009", "chest", None), ("421060004", "spine", None), ("122494005", "spine", "cervical"),
        ("122495006", "spine", "thoracic"), ("122496007", "spine", "lumbar"), ("54735007", "spine", "sacral"),
        ("816092008", "pelvis", None), ("46862004", "pelvis", "buttock"), ("29836001", "hip", None),
        ("24136001", "hip", None), ("68367000", "thigh", None), ("72696002", "knee", None),
        ("30021000", "lower_leg", None), ("56459004", "ankle_foot", None), ("70258002", "ankle_foot", "ankle"),
        ("774007", "head_neck", None), ("818981001", "abdomen", None),
        ("T-D8700", "hand_wrist", None), ("t-15460 ", "hand_wrist", "wrist"), ("T-D9200", "knee", None),
    ],
)  # fmt: skip
def test_site_of_an_anatomic_region_code(code: str, site: str, detail: str | None) -> None:
    found = site_in_body_part(None, code)
    assert found.named == {NamedSite(BodySite(site), detail)}
    assert found.detail(BodySite(site)) == detail


def test_the_code_goes_before_the_term_and_what_has_nothing_in_common_is_a_conflict() -> None:
    assert site_in_body_part("HAND", "7569003").named == {NamedSite(BodySite.HAND_WRIST, "finger")}
    found = site_in_body_part("CHEST", ["72696002"])
    assert found.conflict
    assert found.sites == {BodySite.CHEST, BodySite.KNEE}
    assert site_in_body_part("KNEE", ["unknown", None]).sites == {BodySite.KNEE}


def test_the_codes_of_annex_l_are_those_that_pydicom_knows() -> None:
    concepts = pytest.importorskip("pydicom.sr._concepts_dict").concepts["SCT"]
    meanings = {code: meaning for entry in concepts.values() for code, (meaning, *_) in entry.items()}
    unknown = {code for code in tables.sites_of_code() if code.isdigit() and code not in meanings}
    assert unknown <= _NOT_IN_CONTEXT_GROUPS


# SNOMED's abdomen; DICOM has 818981001.
_NOT_IN_CONTEXT_GROUPS = {"818983003"}


def test_every_srt_code_is_that_of_pydicoms_mapping() -> None:
    mapping = pytest.importorskip("pydicom.sr._snomed_dict").mapping["SRT"]
    known = tables._table("dicom")["srt"]
    assert {old: mapping.get(old) for old in known} == known
    assert {old: mapping[old] for old in ("G-A100", "G-A101", "G-A102")} == {
        "G-A100": "24028007", "G-A101": "7771000", "G-A102": "51440002",
    }  # fmt: skip


def test_every_site_has_a_term_and_words_in_every_language() -> None:
    termed = {one.body_site for named in tables.sites_of_term().values() for one in named}
    assert termed == WHOLE_BODY
    for language in LANGUAGES:
        keys = {sites for rows in tables._table(language)["site"].values() for sites in rows} - {tables.WHOLE}
        assert {one.body_site for sites in keys for one in tables.named_sites(sites)} == WHOLE_BODY, language


# Texts that nobody wrote by hand


@pytest.mark.parametrize(
    "unit", ["l ", "r", "re li ", "knee r/", "s/p ", "x(", "rt, ", "knie", "L-", "hand l l ", "ä", "HandL"]
)
def test_time_for_a_text_is_bounded(unit: str) -> None:
    """Once 10 kB took half a minute."""
    for length in (reading.LONGEST_TEXT, 10_000, 1_000_000):
        text = (unit * length)[:length]
        begun = time.process_time()
        side_in_text([text, "CT"])
        site_in_text(text)
        site_in_body_part(text)
        assert time.process_time() - begun < 2


def test_text_that_is_too_long_says_nothing() -> None:
    """What stands behind a cut may contradict what stands before it."""
    longest = "knee left".ljust(reading.LONGEST_TEXT - 1) + "."
    assert side_in_text(longest).side is SaidSide.LEFT
    assert side_in_text(longest + " knee right").side is SaidSide.NOTHING
    assert side_in_text(["knee left", longest + " knee right"]).side is SaidSide.NOTHING
    assert site_in_text(longest + ".").named == frozenset()
    assert max(len(row.text) for row in ROWS) * 4 < reading.LONGEST_TEXT


def test_words_of_others_do_not_fill_the_memory() -> None:
    for remembers in (reading._unglued, tables.plain_side):
        assert remembers.cache_info().maxsize is not None
