"""Scores of films by a table that the user gives. No table is built in, and no score is named after a published one."""
