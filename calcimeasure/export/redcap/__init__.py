"""Lesions and studies as REDCap takes them: two repeating forms, their dictionary, and the records to import."""
