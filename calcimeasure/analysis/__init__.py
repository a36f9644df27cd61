"""A stack to its report: what is found is measured, placed, and keeps what a reader decided about it."""
