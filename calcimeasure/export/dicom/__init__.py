"""DICOM objects that leave: segmentations, and copies of images without what identifies a patient.

Nothing here is imported with `calcimeasure.export`: writing tables needs no pydicom.
"""
