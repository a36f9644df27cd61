"""The panel of the review: widgets that show and ask, and one controller that calls the session."""

from napari_calcimeasure.panel.review_panel import ReviewPanel

__all__ = ["ReviewPanel"]
