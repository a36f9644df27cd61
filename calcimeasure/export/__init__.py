"""What leaves the program: tables and their schemas, and the names that stand in them. Nothing is judged here."""

from calcimeasure.export.atomic import write_atomic
from calcimeasure.export.columns import Audit, Leaving
from calcimeasure.export.lesions import write_lesions
from calcimeasure.export.pseudonym import (
    Identified,
    Naming,
    Pseudonyms,
    chain_key,
    fingerprint,
    read_or_make_key,
    read_record_map,
)
from calcimeasure.export.reports import write_csv
from calcimeasure.export.revisions import write_revisions
from calcimeasure.export.stacks import write_series
from calcimeasure.export.tables import write_identified_tables, write_tables
from calcimeasure.export.tracking_uids import write_tracking_uids

__all__ = [
    "Audit",
    "Identified",
    "Leaving",
    "Naming",
    "Pseudonyms",
    "chain_key",
    "fingerprint",
    "read_or_make_key",
    "read_record_map",
    "write_atomic",
    "write_csv",
    "write_identified_tables",
    "write_lesions",
    "write_revisions",
    "write_series",
    "write_tables",
    "write_tracking_uids",
]
