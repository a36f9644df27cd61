"""Whether a project has the forms as records need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.errors import RegistryError
from calcimeasure.export.redcap.dictionary import entries_of
from calcimeasure.export.redcap.fields import FORMS
from calcimeasure.export.redcap.merge import takes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_NEEDED = frozenset({name for form in FORMS for name in (*form.keys, form.key_field)} | {"cm_status", "cm_st_status"})
"""Fields without which an instance is not known again."""


def columns_of(fields: Mapping[str, Mapping[str, str]]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Find the fields of the forms that a project has.

    Parameters
    ----------
    fields
        Its data dictionary, by the names of the fields.

    Returns
    -------
    frozenset
        Their names, with those of the status of the forms.
    tuple
        Names of fields that the project lacks: one that was set up by an earlier version.

    Raises
    ------
    RegistryError
        It lacks a form or a field that is needed, or has a field of that name that is another one.
    """
    ours = entries_of(FORMS)
    lacking = tuple(entry["field_name"] for entry in ours if entry["field_name"] not in fields)
    if _NEEDED & set(lacking):
        forms = sorted({entry["form_name"] for entry in ours if entry["field_name"] in _NEEDED & set(lacking)})
        raise RegistryError(
            f"A project with the forms of calcimeasure expected, found none of {', '.join(forms)}: upload project.xml "
            "as a new project or the instrument zips into this one (calcimeasure export DIR --format redcap)."
        )
    differing = [
        entry["field_name"]
        for entry in ours
        if entry["field_name"] in fields and not takes(fields[entry["field_name"]], entry)
    ]
    if differing:
        raise RegistryError(
            "Fields as calcimeasure defines them expected, found others of the same name in form, type, validation or "
            f"choices: {', '.join(differing[:10])}. Bring the project up to date: export with --merge-into its data "
            "dictionary."
        )
    have = {entry["field_name"] for entry in ours} - set(lacking)
    return frozenset(have | {form.complete for form in FORMS}), lacking


def refuse_unless_repeating(repeating: Collection[tuple[str, str]], events: Collection[str]) -> None:
    """Refuse a project in which a form does not repeat.

    Parameters
    ----------
    repeating
        Unique names of events and forms that repeat.
    events
        The events that records are written to; an empty one in a project without events.

    Raises
    ------
    RegistryError
        A form does not repeat in one of them.
    """
    single = [(event, form.name) for event in events for form in FORMS if (event, form.name) not in repeating]
    if single:
        named = ", ".join(f"{form} in {event}" if event else form for event, form in single[:6])
        raise RegistryError(
            f"Repeating forms expected, found that these do not repeat: {named}. Enable them: Project Setup > "
            "Repeating instruments and events."
        )
