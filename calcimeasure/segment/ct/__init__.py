"""Calcified masses on CT: what is dense, and what of it may be a mass."""
