"""The store of all measurements and decisions of readers. Entries are appended, and never changed or removed."""

from calcimeasure.store.beside import NAME as BESIDE_STORE
from calcimeasure.store.connect import absolute_url, file_url
from calcimeasure.store.dicom_objects import ObjectKind, ObjectLine, WrittenObject
from calcimeasure.store.exports import Export
from calcimeasure.store.links import LesionLink, StackPair, StoredMotion, current_links, groups_of_links, links_on
from calcimeasure.store.opening import open_store
from calcimeasure.store.queries import MassFacts
from calcimeasure.store.readings import CLINICAL_READING, Reading, ReadingKind, is_reading_name
from calcimeasure.store.registry import RegistryForm
from calcimeasure.store.remarks import Remark, RemarkKind
from calcimeasure.store.runs import Plan, Todo
from calcimeasure.store.store import Store
from calcimeasure.store.verify import Verified

__all__ = [
    "BESIDE_STORE",
    "CLINICAL_READING",
    "Export",
    "LesionLink",
    "MassFacts",
    "ObjectKind",
    "ObjectLine",
    "Plan",
    "Reading",
    "ReadingKind",
    "RegistryForm",
    "Remark",
    "RemarkKind",
    "StackPair",
    "Store",
    "StoredMotion",
    "Todo",
    "Verified",
    "WrittenObject",
    "absolute_url",
    "current_links",
    "file_url",
    "groups_of_links",
    "is_reading_name",
    "links_on",
    "open_store",
]
