"""Lesions as resources of FHIR R5, by HL7's mapping of DICOM structured reports (DICOM SR to FHIR, 1.0.0)."""
