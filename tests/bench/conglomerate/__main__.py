"""Print the table of masses of several pieces."""

from tests.bench.conftest import BarTable
from tests.bench.conglomerate.table import KINDS_AND_ALL, judge_all, note_found, note_measured

table = BarTable("conglomerate")
judged = judge_all()
for kind in KINDS_AND_ALL:
    note_found(table, judged, kind)
for kind in KINDS_AND_ALL:
    note_measured(table, judged, kind)
table.write()
