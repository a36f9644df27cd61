"""What leaves the program: tables and their schemas."""

from calcimeasure.export.table import write_csv, write_tables
from calcimeasure.export.whole import write_whole

__all__ = ["write_csv", "write_tables", "write_whole"]
