"""The review of calcimeasure in napari: it shows, asks and passes on; calcimeasure measures and decides."""
