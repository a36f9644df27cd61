"""Registries that take records over a network. Nothing here knows the store or what a lesion is."""
