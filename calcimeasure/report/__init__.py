"""report.html: what was measured, what not and why, and a section for each patient. Made from records alone."""

from calcimeasure.report.files import keep_overview, overview_of, remove_report

__all__ = ["keep_overview", "overview_of", "remove_report"]
