"""Calcified masses on a radiograph: what may be one, and the outline of what a reader points at."""
