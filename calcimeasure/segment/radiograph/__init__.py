"""Calcified masses on a radiograph: proposals, and the outline of a mass that a reader marks."""
