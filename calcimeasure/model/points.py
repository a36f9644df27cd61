"""Points, as pairs and triples of numbers."""

from __future__ import annotations

PointLps = tuple[float, float, float]
"""Position in the patient: x to the left, y to the back, z to the head, in mm (PS3.3 C.7.6.2.1.1)."""

PointPx = tuple[float, float]
"""Row and column index on a radiograph, with fractions."""
