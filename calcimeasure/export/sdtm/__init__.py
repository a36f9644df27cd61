"""Lesions as the domains TU and TR of CDISC SDTM (SDTMIG 3.4, section 6.3.12), for the data of a trial."""
