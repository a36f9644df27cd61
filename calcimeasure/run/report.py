"""The report written again from the store of a folder; pictures that are missing are drawn where the images are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.analysis.overview import draw_overview
from calcimeasure.analysis.picture import draw
from calcimeasure.errors import InputPathError, SeriesError
from calcimeasure.export.lesions import WRITTEN_STATUSES
from calcimeasure.load import load_image
from calcimeasure.model import Status
from calcimeasure.report import keep_overview, overview_of
from calcimeasure.results import REPORT, ReportOrder, audit_of, report_of, series_of
from calcimeasure.run.order import goal_of, naming_of, opened
from calcimeasure.run.withheld import withheld
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from calcimeasure.run.order import Order
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store


def write_report_of(folder: Path, order: Order, changes: Mapping[str, object], say: Say) -> Path:
    """Write the report of a folder.

    A picture with the present outline of a lesion is drawn where there is none, as after a reader has changed it. So is
    the overview of a stack. Where the images are no longer as they were measured, the report says that there is no
    picture.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    order
        Which lesions, where to, and with which names.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``.
    KeyFileError
        The key cannot be used, or is another one than that of the folder's pseudonyms.
    OutputError
        A file cannot be written, or an identified one would lie in a folder that may leave.
    """
    with opened(folder, changes, say, order.reading) as (store, settings):
        name = REPORT if order.status is None else f"report_{order.status}.html"
        path = goal_of(folder, order, name)
        naming = naming_of(store, settings, folder, order, say)
        status = None if order.status is None else Status(order.status)
        _draw_missing(store, settings, folder, say, WRITTEN_STATUSES if status is None else (status,))
        audit = audit_of(store, "export html", order.recipient)
        with report_of(store, settings, folder, ReportOrder(path, naming, status, audit)) as add:
            for study in linked_studies(store.outcomes()):
                add(study)
    return path


def _draw_missing(store: Store, settings: Settings, folder: Path, say: Say, statuses: Collection[Status]) -> None:
    """Draw the pictures that the store and the folder lack, one stack at a time."""
    told = store.told_stacks()
    for stack_id, facts in store.measured_stacks().items():
        if told is not None and stack_id not in told:
            continue
        lesions = [history[-1].lesion for history in store.histories(stack_id).values() if not history[-1].withdrawn]
        shown = [one for one in lesions if one.status in statuses]
        without = [one for one in shown if store.thumbnail(one) is None]
        lacks_overview = bool(shown) and facts.row_spacing_mm is not None and overview_of(folder, facts) is None
        if without or lacks_overview:
            try:
                image = load_image(series_of(store, stack_id, settings), settings)
                store.note_thumbnails([(lesion, draw(image, lesion)) for lesion in without])
                overview = draw_overview(image) if lacks_overview else None
                if overview is not None:
                    keep_overview(folder, facts, overview)
            except (InputPathError, SeriesError) as error:
                say(f"Pictures of a stack are missing in the report: {withheld(str(error))}")
