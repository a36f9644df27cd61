"""Calcified masses on CT: dense components, and which of them may be masses."""
