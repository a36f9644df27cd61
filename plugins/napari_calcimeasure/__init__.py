"""The review of calcimeasure in napari. The plugin shows and asks; all measuring and deciding is in calcimeasure."""
