"""How the network of `calcimeasure.segment.ct.network` was taught and its weights fitted, so that it can be done again.

    python -m tests.bench.tissue.learning.sources FOLDER ../shared/dicom
    python -m tests.bench.tissue.learning.build FOLDER SCENES
    python -m tests.bench.tissue.learning.learn SCENES OUT

`learn` needs PyTorch, which nothing else here does. The first command fails if an image that is taught on judges too.
"""
