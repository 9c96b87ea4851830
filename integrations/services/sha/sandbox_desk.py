"""What the counterpart answers before and beside a claim: registries, cover, consent, and who is told of changes."""

import secrets
from typing import Any

from integrations.services.sha import sandbox_members as members
from integrations.services.sha.sandbox_building import unsupported
from integrations.services.sha.sandbox_checks import Acts, Fields, Refusal, one_of, text, words
from integrations.services.sha.sandbox_claims import some_id
from integrations.services.sha.sandbox_office import CODE, Endpoint, Office

SERVICE_TYPES = frozenset({"CAPITATION", "OUTPATIENT", "INPATIENT", "EMERGENCY"})
ENTITIES = frozenset({"claim", "preauth", "authorization"})


class Desk:
    """One method for each call."""

    def __init__(self, office: Office) -> None:
        self.office, self.stand = office, office.stand

    @property
    def acts(self) -> Acts:
        return {
            ("GET", "/patients"): self.patient,
            ("GET", "/facilities/search"): self.facility,
            ("GET", "/professionals"): self.professional,
            ("GET", "/patients/eligibility"): self.eligibility,
            ("GET", "/patients/benefits"): self.benefits,
            ("GET", "/patients/sub-benefits"): self.sub_benefits,
            ("GET", "/patients/benefits/interventions"): self.interventions,
            ("GET", "/patients/benefits/utilization"): self.utilization,
            ("GET", "/patients/contacts"): self.contacts,
            ("POST", "/claims/otp"): self.send_visit_code,
            ("POST", "/claims/visit"): self.visit,
            ("POST", "/claims/authorize"): self.authorize,
            ("GET", "/claims/authorizations"): self.authorizations,
            ("POST", "/claims/authorizations/{token}/reject"): self.reject,
            ("GET", "/claims/preview/payer"): self.payers_claims,
            ("POST", "/tenants/{tenant}/endpoints"): self.register_endpoint,
            ("POST", "/tenants/{tenant}/endpoints/{endpoint_id}/operations"): self.register_operation,
        }

    def patient(self, fields: Fields) -> Any:
        number = text(fields, "identification_number")
        text(fields, "identification_type")
        if not members.is_member(number):
            raise Refusal("Patient not found", 404)
        return {"id": members.registry_number(number), "resourceType": "Patient", "dependants": None}

    def facility(self, fields: Fields) -> Any:
        found = {"id": text(fields, "identifier"), "facility_name": "SANDBOX CLINIC", "keph_level": "LEVEL 3"}
        return {**found, "identifier_type": text(fields, "identifier-type")}

    def professional(self, fields: Fields) -> Any:
        number, regulator = text(fields, "identification_number"), text(fields, "regulator")
        if number.endswith(members.NOT_FOUND):
            raise Refusal("Practitioner not found", 404)
        return {"registration_number": number, "regulator": regulator, "is_active": "yes"}

    def eligibility(self, fields: Fields) -> Any:
        text(fields, "identification_type")
        return members.eligibility_of(text(fields, "identification_number"), self.stand.now().date())

    def benefits(self, fields: Fields) -> Any:
        text(fields, "patient_id")
        rows = {code: name for _, code, name in members.SUB_BENEFITS.values()}
        benefits = [{"parentBenefit": name, "parentBenefitCode": code} for code, name in rows.items()]
        return members.paged(benefits, int(fields.get("page", 1)))

    def sub_benefits(self, fields: Fields) -> Any:
        text(fields, "patient_id")
        return members.paged(members.sub_benefit_rows(), int(fields.get("page", 1)))

    def interventions(self, fields: Fields) -> Any:
        """A sub-benefit that there is not is no error: its list is empty."""
        text(fields, "patient_id")
        rows = members.intervention_rows(text(fields, "sub_benefit_code"))
        return members.paged(rows, int(fields.get("page", 1))) if rows else []

    def utilization(self, fields: Fields) -> Any:
        code, _ = text(fields, "intervention_code"), text(fields, "patient_id")
        return [{"code": code, "limitScope": "INDIVIDUAL", "individualMaxLimit": None, "fundUtilizationLimit": None}]

    def contacts(self, fields: Fields) -> Any:
        rows = members.contacts_of(text(fields, "patient_id"))
        return {"count": len(rows), "results": rows}

    def send_visit_code(self, fields: Fields) -> Any:
        patient, codes = text(fields, "patient_id"), words(fields, "intervention_codes")
        self.office.visit_codes.add(patient)
        self.stand.ledger.take("code", codes[0], intent=some_id(), purpose="visit")
        return {"message": f"Your OTP is {CODE}"}

    def visit(self, fields: Fields) -> Any:
        """The patient's open visit where there is one, whatever the code: so it was seen."""
        patient, codes = text(fields, "patient_id"), words(fields, "intervention_codes")
        service_type = one_of(fields, "service_type", SERVICE_TYPES)
        if (claim := self.office.open_claim(patient)) is not None:
            return claim.shown()
        for code in codes:
            self.check(code, service_type)
        if not members.is_member(patient):
            raise Refusal("Kindly note the beneficiary was not found", engine=True)
        if not fields.get("otp") and not fields.get("auth_guid"):
            raise Refusal("Please provide one of otp, auth_guid or match_id")
        if self.office.pending.get(patient):
            raise Refusal("Kindly ensure the biometrics visit has been successfully verified", engine=True)
        self.office.use_code(fields.get("otp"), self.office.visit_codes, patient)
        return self.office.keep(patient, service_type, codes).shown()

    def check(self, code: str, service_type: str) -> None:
        if code not in members.INTERVENTIONS:
            raise Refusal(f"Kindly note the intervention {code} was not found", engine=True)
        if (members.INTERVENTIONS[code][2] == members.CAPITATION) != (service_type == "CAPITATION"):
            raise unsupported(code, service_type)

    def authorize(self, fields: Fields) -> Any:
        """Stays PENDING: no finger is ever put on a sandbox. Until it is rejected no code is taken."""
        patient = text(fields, "patient_id")
        words(fields, "interventions")
        token = self.office.pending.setdefault(patient, secrets.token_hex(5).upper())
        return pending_row(patient, token)

    def authorizations(self, fields: Fields) -> Any:
        """A list of the facility's; a filter by patient changes nothing."""
        pending = [pending_row(patient, token) for patient, token in self.office.pending.items()]
        rows = [*pending, *(claim.authorization() for claim in self.office.claims.values())]
        return [row for row in rows if fields.get("token") in (None, row["token"])][-200:]

    def reject(self, fields: Fields) -> Any:
        for patient, token in tuple(self.office.pending.items()):
            if token == fields["token"]:
                del self.office.pending[patient]
                return {"message": "The authorization has been closed."}
        raise Refusal("authorization not found", 404)

    def payers_claims(self, fields: Fields) -> Any:
        """By the number alone: the provider's own guid finds nothing."""
        number = fields.get("provider_claim_no", "")
        seen = [claim for claim in self.office.claims.values() if claim.payer_state]
        found = [claim.payers_view() for claim in seen if number and number in (claim.sent_as, claim.invoice_number)]
        return {"pageSize": 100, "results": found}

    def register_endpoint(self, fields: Fields) -> Any:
        url, kind = text(fields, "base_url"), one_of(fields, "entity_type", ENTITIES)
        text(fields, "facility_fr_code")
        one_of(fields, "environment", frozenset({"production", "sandbox"}))
        if not url.startswith(("http://", "https://")):
            raise Refusal("base_url must be absolute")
        self.office.endpoints[id := some_id()] = Endpoint(url, kind)
        self.stand.ledger.take("endpoint", kind, id, intent=id)
        return {"id": len(self.office.endpoints), "endpoint_id": id}

    def register_operation(self, fields: Fields) -> Any:
        endpoint = self.office.endpoints.get(fields["endpoint_id"])
        if endpoint is None or fields.get("action") != "status_changed" or fields.get("method") != "POST":
            raise Refusal("endpoint or action not known", 404)
        endpoint.paths.append(text(fields, "path"))
        return {"operation_id": some_id()}


def pending_row(patient: str, token: str) -> dict[str, Any]:
    told = {"status": "PENDING", "label": "UNAUTHORIZED", "isOpen": True, "token": token, "guid": f"guid-{token}"}
    return {**told, "beneficiaryCode": patient, "expiry": None}
