"""Fill the reference pages from the tables of the code, while MkDocs builds them.

A page holds a line ``<!-- generated: NAME -->`` where the table NAME of `TABLES` is to stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_OF_COHORTS = ("flow", "cohort", "associations", "bodymap", "sizes", "scores", "scorechanges", "scoreagreement")

MARK = re.compile(r"<!-- generated: ([a-z]+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:  # noqa: ANN401 - what MkDocs passes to a hook
    """Replace each mark of a page by its table (a hook of MkDocs)."""
    return MARK.sub(lambda mark: TABLES[mark[1]](), markdown)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def commands() -> str:
    """Tell each command with its arguments and options."""
    from calcimeasure.cli import app

    group: Any = typer.main.get_command(app)
    return "\n\n".join(_command(name, command) for name, command in group.commands.items() if not command.hidden)


def _command(name: str, command: Any) -> str:  # noqa: ANN401 - typer's own classes of commands are private
    context = command.make_context(name, [], resilient_parsing=True)
    shown = [one for one in command.params if not one.hidden]
    arguments = [one.metavar for one in shown if one.param_type_name == "argument"]
    options = [one for one in shown if one.param_type_name == "option" and "--help" not in one.opts]
    usage = " ".join(["calcimeasure", name, *arguments, "[OPTIONS]"])
    rows = [(f"`{one.get_help_record(context)[0]}`", one.help or "") for one in options]
    return f"## {name}\n\n```\n{usage}\n```\n\n{command.help or ''}\n\n{_table(('option', 'meaning'), rows)}"


def settings() -> str:
    """Tell each setting with its table in a settings file, its default, its unit and its reason."""
    import dataclasses

    from calcimeasure.settings import RECORDS

    rows = [
        (
            f"`{one.name}`",
            f"`[{title}]`",
            f"`{str(one.default).lower() if isinstance(one.default, bool) else one.default}`"
            if one.default != ""
            else "",
            one.metadata["unit"],
            one.metadata["why"],
        )
        for title, record in RECORDS.items()
        for one in dataclasses.fields(record)
    ]
    return _table(("setting", "table", "default", "unit", "meaning"), rows)


def _codes(codes: Mapping[str, str]) -> Callable[[], str]:
    return lambda: _table(("code", "meaning"), ((f"`{code}`", sentence) for code, sentence in codes.items()))


def _columns(name: str) -> Callable[[], str]:
    def table() -> str:
        from calcimeasure.export.agreement import AGREEMENT_COLUMNS, PAIR_COLUMNS
        from calcimeasure.export.changes import CHANGE_COLUMNS, RESPONSE_COLUMNS
        from calcimeasure.export.cohort import (
            ASSOCIATION_COLUMNS,
            BODY_MAP_COLUMNS,
            COHORT_COLUMNS,
            FLOW_COLUMNS,
            SIZE_COLUMNS,
        )
        from calcimeasure.export.lesions import LESION_COLUMNS
        from calcimeasure.export.schema import markdown_table
        from calcimeasure.export.scores import SCORE_AGREEMENT_COLUMNS, SCORE_CHANGE_COLUMNS, SCORE_COLUMNS
        from calcimeasure.export.stacks import SERIES_COLUMNS
        from calcimeasure.export.studies import STUDY_COLUMNS

        tables: dict[str, Sequence[Any]] = {
            "lesions": LESION_COLUMNS,
            "studies": STUDY_COLUMNS,
            "series": SERIES_COLUMNS,
            "changes": CHANGE_COLUMNS,
            "responses": RESPONSE_COLUMNS,
            "agreement": AGREEMENT_COLUMNS,
            "pairs": PAIR_COLUMNS,
            "flow": FLOW_COLUMNS,
            "cohort": COHORT_COLUMNS,
            "associations": ASSOCIATION_COLUMNS,
            "bodymap": BODY_MAP_COLUMNS,
            "sizes": SIZE_COLUMNS,
            "scores": SCORE_COLUMNS,
            "scorechanges": SCORE_CHANGE_COLUMNS,
            "scoreagreement": SCORE_AGREEMENT_COLUMNS,
        }
        return markdown_table(tables[name])

    return table


def clinical() -> str:
    """Tell each column of the clinical table."""
    from calcimeasure.model import cohort

    meanings = {
        "record_id": "The patient, as `patient_key` in lesions.csv.",
        "source": "`cohort` if there is no such column or cell.",
        "subset": "Subset of systemic sclerosis.",
        "vital_status": "At the end of observation.",
        "outcome": "What became of the masses, as a clinician says it.",
        "treatments": "Against calcinosis; `none` where nothing was given.",
        "severe_vascular": "Severe vascular disease, as the registry defines it.",
        "ulcer_fistula": "An ulcer or a fistula at a mass.",
        "infection": "An infection of a mass.",
        "nerve_compression": "A nerve or the spinal cord compressed by a mass.",
        "surgery": "A mass was operated.",
        "age_years": "Age when the mass was found.",
        "disease_duration_years": "Duration of the disease when the mass was found.",
        "reported_largest_mm": "Largest mass as the chart or a publication has it; taken where nothing was measured.",
        "reported_sites": "Where masses lie, in the same way.",
    }
    kinds = {name: f"number from 0 to {most:g}, `{unit}`" for name, (unit, most) in cohort.NUMBERS.items()}
    kinds |= {name: ", ".join(f"`{word}`" for word in words) for name, words in cohort.WORDS.items()}
    kinds |= dict.fromkeys(cohort.ANSWERS, "`yes`, `no`")
    rows = ((f"`{name}`", kinds.get(name, "text"), meanings.get(name, "")) for name in cohort.CLINICAL_COLUMNS)
    return _table(("column", "values", "meaning"), rows)


def _variables(name: str) -> Callable[[], str]:
    def table() -> str:
        from calcimeasure.export.sdtm import variables

        rows = (
            (
                f"`{one.name}`",
                one.label,
                "Num" if one.is_number else "Char",
                one.role,
                one.core,
                one.origin,
                one.codelist,
                one.meaning,
            )
            for one in {"tu": variables.TU, "tr": variables.TR, "supp": variables.SUPP, "relrec": variables.RELREC}[
                name
            ]
        )
        return _table(("name", "label", "type", "role", "core", "origin", "codelist", "what is written"), rows)

    return table


def assessments() -> str:
    """Tell each test of TR with its unit, and the column of lesions.csv that it holds."""
    from calcimeasure.export.sdtm.terms import SUM, TESTS, TESTS_ON_IMAGE

    rows = (
        (f"`{one.code}`", one.name, one.unit, one.nci, f"`{one.number}`" if one.number else "the sum of `long_axis_mm`")
        for one in (*TESTS, *TESTS_ON_IMAGE, SUM)
    )
    return _table(("TRTESTCD", "TRTEST", "unit", "NCI code", "column of lesions.csv"), rows)


def qualifiers() -> str:
    """Tell each supplemental qualifier."""
    from calcimeasure.export.sdtm.terms import QUALIFIERS

    return _table(("QNAM", "QLABEL", "QVAL"), ((f"`{name}`", *told) for name, told in QUALIFIERS.items()))


def keys() -> str:
    """Tell each key of the review window."""
    from napari_calcimeasure.actions import keys_table

    return keys_table()


def _all_tables() -> dict[str, Callable[[], str]]:
    from calcimeasure.codes import (
        CHANGE_NOTICES,
        CHANGE_REASONS,
        COHORT_REASONS,
        FAILED_REASONS,
        NOTICES,
        SKIPPED_REASONS,
    )

    return {
        "commands": commands,
        "settings": settings,
        "skipped": _codes(SKIPPED_REASONS),
        "failed": _codes(FAILED_REASONS),
        "notices": _codes(NOTICES),
        "lesions": _columns("lesions"),
        "studies": _columns("studies"),
        "series": _columns("series"),
        "changes": _columns("changes"),
        "responses": _columns("responses"),
        "agreement": _columns("agreement"),
        "pairs": _columns("pairs"),
        **{name: _columns(name) for name in _OF_COHORTS},
        "clinical": clinical,
        "cohortreasons": _codes(COHORT_REASONS),
        "changereasons": _codes(CHANGE_REASONS),
        "changenotices": _codes(CHANGE_NOTICES),
        **{f"sdtm{name}": _variables(name) for name in ("tu", "tr", "supp", "relrec")},
        "sdtmtests": assessments,
        "sdtmqualifiers": qualifiers,
        "keys": keys,
    }


TABLES = _all_tables()
"""Name of a mark to what writes its table."""
