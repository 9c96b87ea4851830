"""Who pays in the development clinic, and by which codes. Every pair of codes wants a coder's sign-off."""

from datetime import date
from typing import NamedTuple

SHA_BEGAN = date(2024, 10, 1)


class Insurer(NamedTuple):
    code: str
    name: str
    gateway: str
    payer_code: str = ""


INSURERS = (
    Insurer("MFANO-EDI", "Mfano Insurance (by Slade360)", "slade", "457"),
    Insurer("MFANO-CARD", "Mfano Card Insurance (by Smart)", "smart", "MFANO"),
    Insurer("MFANO-PAPER", "Mfano Mutual (on paper)", "manual"),
    Insurer("NHIF", "National Health Insurance Fund (ended 2024-10-01)", "manual"),
)
"""Fictional, but for NHIF, whose old services may still be claimed by hand."""

IG = "Kenya eClaims FHIR IG 0.1.0, claim_base.fsh"

SHA_SERVICES = (
    ("CONSULTATION", "SHA-12-001", IG),
    ("LABORATORY", "SHA-12-002", IG),
    ("PHARMACY", "SHA-12-004", IG),
    ("IMMUNIZATION", "SHA-12-010", IG),
    ("FAMILY_PLANNING", "SHA-12-011", IG),
    ("MCH", "SHA-12-011", IG),
)
"""Sources differ beyond SHA-12-004; SHA's own list (interventions of the member) decides, and refuses what is wrong."""

WHO = "WHO mapping ICD-10 to ICD-11"

DIAGNOSES = (
    ("A00.9", "1A00", WHO),
    ("B54", "1F4Z", WHO),
    ("E11.9", "5A11", WHO),
    ("I10", "BA00.Z", WHO),
    ("J06.9", "CA07.0", WHO),
    ("J18.9", "CA40.Z", WHO),
    ("N39.0", "GC08.Z", WHO),
)
