"""Print the table of outlines that a click makes, and that are filled between drawn slices."""

from tests.bench.conftest import BarTable
from tests.bench.editing.table import judge_all, note_all

table = BarTable("editing")
try:
    note_all(table, judge_all())
finally:
    table.write()
