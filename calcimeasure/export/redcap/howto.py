"""HOWTO.txt: how the files of the folder get into REDCap."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.export.redcap.events import Event

_HEAD = """How to load these files into REDCap
===================================

Two repeating forms: cm_lesions has an instance for each lesion, cm_studies one for each imaging study. Every field
begins with cm_ and is read-only: what was measured is corrected in a review, exported and imported again.

A new project
-------------
1. New Project > "Upload a REDCap project XML file" > project.xml. Both forms are there, and repeat.
2. Import the records as described below.
"""

_EXISTING = """
An existing project
-------------------
Do not upload a data dictionary that holds these forms alone: REDCap deletes every field that a dictionary does not
hold.
(A project in production: enter draft mode before, and submit the changes after.)
1. Designer > "Upload instrument ZIP": cm_lesions.zip, then cm_studies.zip. The fields of the project stay.
   (Or upload merged_dictionary.csv, if it was written: export with --merge-into THEIR_DICTIONARY.csv.)
2. Project Setup > "Repeating instruments and events": enable both forms{events}.
3. Import the records as described below. The first column of import.csv must have the name of the project's own record
   id field; it is "{record_field}" here.
"""

_IMPORT = """
The records
-----------
Applications > Data Import Tool > CSV > import.csv, with these settings:
- Date format: YYYY-MM-DD.
- "Overwrite data with blank values": Yes. The file has no columns but those of calcimeasure, so nothing else is wiped,
  and a value that is no longer known does not stay.
- Record auto-numbering ("force auto-number"): off.
Importing the same file again changes nothing. A later export gives each lesion and study the instance that it has.

What the rows say
-----------------
- cm_status: accepted masses alone have values. A lesion that was exported once stays, with its status: rejected,
  proposed again, withdrawn, other_tissue. Then its other cells are blank or "unknown".
- cm_primary is 1 for one lesion of each mass: count masses by it.
- The status of a form is 2 (complete) for accepted lesions and for studies that readers have gone through, 1 for
  studies in which nothing was found and nobody looked, else 0.
- cm_key and cm_st_key name the key of the pseudonyms (not the key itself). Records of two keys do not belong together.
"""


def howto_text(record_field: str, events: Sequence[Event]) -> str:
    """Write the file.

    Parameters
    ----------
    record_field
        The field that names records.
    events
        The events of a longitudinal project; none in a classic one.
    """
    named = f" in the events {', '.join(event.unique_name for event in events)}" if events else ""
    designate = "; designate them for these events first" if events else ""
    return _HEAD + _EXISTING.format(events=named + designate, record_field=record_field) + _IMPORT
