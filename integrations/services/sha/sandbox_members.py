"""The people and benefits behind the exchange's counterpart. Nobody is real; tariffs are the sandbox's own."""

import re
import zlib
from datetime import date, timedelta
from typing import Any

from integrations.services.sha.requests import REGISTERED

NOT_FOUND, NOT_PAID_UP = "404", "402"
PAGE_SIZE = 5

SUB_BENEFITS = {
    "SHA-12-SC-01": ("Outpatient Care", "SHA-12", "Outpatient Services"),
    "SHA-12-SC-03": ("Outpatient: MCH", "SHA-12", "Outpatient Services"),
    "SHA-18-SC-01": ("Laboratory investigations for long-term conditions", "SHA-18", "Essential Diagnostic Laboratory"),
    "SHA-09-SC-01": ("Imaging", "SHA-09", "Medical Imaging & Other Investigations"),
}
CAPITATION, FEE_FOR_SERVICE = "CAPITATION", "FEE FOR SERVICE"
INTERVENTIONS = {
    "SHA-12-001": ("Consultation", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-002": ("Laboratory investigations", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-003": ("Basic radiological examinations", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-004": ("Prescription, drug administration and dispensing", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-008": ("Screening for common health conditions", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-020": ("Daycare Procedures", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-021": ("Others", "SHA-12-SC-01", CAPITATION, 0),
    "SHA-12-010": ("Immunization", "SHA-12-SC-03", CAPITATION, 0),
    "SHA-12-011": ("Reproductive, maternal and child health", "SHA-12-SC-03", CAPITATION, 0),
    "SHA-12-012": ("Antenatal care", "SHA-12-SC-03", CAPITATION, 0),
    "SHA-18-001": ("Haemoglobin A1C (HbA1C)", "SHA-18-SC-01", FEE_FOR_SERVICE, 1500),
    "SHA-09-001": ("Imaging that must be authorised before", "SHA-09-SC-01", FEE_FOR_SERVICE, 11000),
}
NEEDS_PREAUTH = frozenset({"SHA-09-001"})


def digits(number: str) -> str:
    """The digits that make somebody, without a check digit behind a dash."""
    found = "".join(re.findall(r"\d", re.sub(r"-\d$", "", number)))
    return found or str(zlib.crc32(number.encode()))


def registry_number(number: str) -> str:
    """The same person's number in the client registry, whichever number was given."""
    if REGISTERED.fullmatch(number):
        return number
    own = digits(number)[-13:]
    return f"CR{own:0>13}-{sum(map(int, own)) % 10}"


def is_member(number: str) -> bool:
    return not digits(number).endswith(NOT_FOUND)


def eligibility_of(number: str, today: date) -> dict[str, Any]:
    """As seen on the wire: what is said of the person is empty, what counts is said for each scheme."""
    about: dict[str, Any] = {"requestIdType": 2, "requestIdNumber": number, "dateOfBirth": "", "gender": "", "age": 0}
    about |= {"isAlive": False, "whitelistedForOTP": False, "facilityContracts": None}
    if not is_member(number):
        return {**about, "memberCrNumber": "", "statusCode": "00", "statusDesc": "Member not found", "schemes": None}
    schemes = [scheme_of(name, number, today) for name in ("UHC", "SHIF")]
    found = {"memberCrNumber": registry_number(number), "fullName": "SANDBOX MEMBER", "statusCode": "10"}
    return {**about, **found, "statusDesc": "Member found. Check Schemes for coverages", "schemes": schemes}


def scheme_of(name: str, number: str, today: date) -> dict[str, Any]:
    is_paid_up = not digits(number).endswith(NOT_PAID_UP)
    period = {"startDate": "2024-10-01", "endDate": (today + timedelta(days=3650)).isoformat()}
    coverage = {**period, "message": "The individual is covered.", "reason": "Payment is up to Date. ", "status": "1"}
    if not is_paid_up:
        coverage |= {
            "message": "The individual is not covered.",
            "reason": "Contributions are not paid up.",
            "status": "0",
        }
        coverage |= {"possibleSolution": "Pay the outstanding contributions, then check again."}
    policy = {**period, "number": f"{name}-{digits(number)[-6:]}"}
    return {"schemeName": name, "schemeId": 1, "memberType": "PRIMARY", "policy": policy, "coverage": coverage}


def contacts_of(patient_id: str) -> list[dict[str, Any]]:
    own = digits(patient_id)[-3:]
    contact = {"id": 7000 + int(own), "contactValue": f"+254714***{own}", "contactType": "PHO"}
    return [{**contact, "isConfirmed": True, "active": True, "isMainContact": True}]


def sub_benefit_rows() -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "name": name,
            "accessPoint": "OP",
            "fund": "",
            "parentBenefit": parent,
            "parentBenefitCode": package,
        }
        for code, (name, package, parent) in SUB_BENEFITS.items()
    ]


def intervention_rows(sub_benefit: str) -> list[dict[str, Any]]:
    """Amounts are text, and a list may be null."""
    return [
        {
            "code": code,
            "name": name,
            "accessPoint": "OP",
            "paymentMechanism": mechanism,
            "fund": "PHC Only" if mechanism == CAPITATION else "SHIF Only",
            "needsPreauth": code in NEEDS_PREAUTH,
            "overallTariff": str(tariff),
            "applicableSchemes": ["UHC"],
            "requiredPreauthDocumentTypes": None,
        }
        for code, (name, of, mechanism, tariff) in INTERVENTIONS.items()
        if of == sub_benefit
    ]


def paged(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    pages = max(1, -(-len(rows) // PAGE_SIZE))
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    following = f"?page={number + 1}" if number < pages else None
    place = {"currentPage": number, "pageSize": PAGE_SIZE, "totalPages": pages, "next": following, "previous": None}
    return {"count": len(rows), **place, "results": shown}
