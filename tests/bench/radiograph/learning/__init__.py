"""How the network of `calcimeasure.segment.radiograph.network` was taught, so that it can be done again.

    python -m tests.bench.radiograph.learning.learn FOLDER --minutes 50
    python -m tests.bench.radiograph.learning.learn_films FOLDER --begin FOLDER/shadow_network.npz

It needs PyTorch, which nothing else here does, and the public DICOM beside the project.
"""
