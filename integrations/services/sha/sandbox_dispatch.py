"""What the counterpart does when a claim is handed in, taken back or given up; and its preauthorisations."""

from typing import Any

from integrations.services.sha.requests import DISCHARGE_REASONS, CancelReason
from integrations.services.sha.sandbox_checks import Acts, Fields, Refusal, one_of, require_multipart, text
from integrations.services.sha.sandbox_claims import TAKEN_BACK, Claim, some_id
from integrations.services.sha.sandbox_office import Office

REASONS = frozenset(reason.value for reason in CancelReason)
WITH_THE_PROVIDER = frozenset({"SENT_BACK", "CLARIFICATION_AFTER_AUTOMATIC_CHECKS", "MISSING_DOCUMENTS", "REJECTED"})


class Dispatch:
    """One method for each call; the consent token says which claim is meant."""

    def __init__(self, office: Office) -> None:
        self.office, self.ledger = office, office.stand.ledger

    @property
    def acts(self) -> Acts:
        return {
            ("POST", "/claims/lines/resubmit"): self.take_back,
            ("POST", "/claims/preview"): self.preview,
            ("POST", "/claims/otp/discharge"): self.send_discharge_code,
            ("POST", "/claims/submit"): self.submit,
            ("POST", "/claims/close"): self.close,
            ("POST", "/preauths"): self.ask_preauth,
            ("GET", "/preauths"): self.preauths,
            ("POST", "/preauths/cancel"): self.cancel_preauth,
        }

    def preview(self, fields: Fields) -> Any:
        return self.office.named(fields).shown()

    def send_discharge_code(self, fields: Fields) -> Any:
        claim = self.office.named(fields)
        text(fields, "patient_id")
        claim.require("DRAFT")
        self.office.discharge_codes.add(claim.token)
        self.ledger.take("code", claim.number, intent=some_id(), purpose="discharge")
        return {"message": "OTP sent successfully"}

    def submit(self, fields: Fields) -> Any:
        """Nothing public says that a second submission changes nothing: here it is taken twice, and the ledger shows
        it."""
        claim = self.office.named(fields)
        claim.require("DRAFT", "SUBMITTED", *TAKEN_BACK)
        one_of(fields, "discharge_reason", DISCHARGE_REASONS)
        require_complete(claim)
        if claim.state == "DRAFT":
            if not fields.get("otp"):
                raise Refusal("Please provide a beneficiary discharge authorization method: OTP or biometrics")
            self.office.use_code(fields["otp"], self.office.discharge_codes, claim.token)
        claim.sent_as = str(fields.get("invoice_number") or "")
        self.hand_in(claim)
        return claim.shown()

    def hand_in(self, claim: Claim) -> None:
        claim.state, claim.auth_status = "SUBMITTED", "SUBMITTED_CLAIM"
        if claim.rounds:
            self.ledger.take("resubmission", claim.number, claim.id, f"{claim.invoice_number}:{claim.rounds}")
        else:
            self.ledger.take("claim", claim.number, claim.id, claim.content)
        self.office.review(claim)

    def take_back(self, fields: Fields) -> Any:
        """Open it again for correction; what is documented as the call to resubmit."""
        claim = self.office.named(fields)
        if claim.state not in TAKEN_BACK:
            if claim.state != "SUBMITTED" or claim.payer_state not in WITH_THE_PROVIDER:
                raise Refusal("Kindly note the claim has not been sent back", engine=True)
            is_papers_only = claim.payer_state == "MISSING_DOCUMENTS"
            claim.state = TAKEN_BACK[1] if is_papers_only else TAKEN_BACK[0]
            claim.rounds += 1
        return {"message": f"Claim status transitioned to {claim.state}. You can now edit claim lines."}

    def close(self, fields: Fields) -> Any:
        claim = self.office.named(fields)
        reason = one_of(fields, "cancel_reason_type", REASONS)
        text(fields, "cancel_reason_text")
        claim.require("DRAFT", *TAKEN_BACK)
        claim.state = claim.auth_status = "CLOSED"
        self.ledger.take("closing", claim.number, claim.id, reason=reason)
        claim.invoice_number = f"{claim.invoice_number}-CLOSED-{claim.id[:4]}"
        return claim.shown()

    def ask_preauth(self, fields: Fields) -> Any:
        """Approved a little later, by itself."""
        require_multipart(fields)
        claim, code = self.office.editable(fields), text(fields, "intervention_code")
        claim.require_active(code)
        for name in ("service_start", "service_end", "provider_notification_email"):
            text(fields, name)
        claim.preauths[code] = "ACTIVE"
        self.office.note("preauth", claim, code)
        self.office.stand.callbacks.later(self.office.stand.settings.sandbox_seconds, lambda: finalise(claim, code))
        return preauth_row(claim, code)

    def preauths(self, fields: Fields) -> Any:
        claim = self.office.named(fields)
        return {"pageSize": 100, "results": [preauth_row(claim, code) for code in claim.preauths] or None}

    def cancel_preauth(self, fields: Fields) -> Any:
        claim, code = self.office.named(fields), text(fields, "intervention_code")
        if code not in claim.preauths:
            raise Refusal("Kindly note there is no such preauthorisation", engine=True)
        claim.preauths[code] = "CANCELLED"
        self.office.undo("preauth", claim, code)
        return preauth_row(claim, code)


def finalise(claim: Claim, code: str) -> None:
    if claim.preauths[code] == "ACTIVE":
        claim.preauths[code] = "FINALISED"


def preauth_row(claim: Claim, code: str) -> dict[str, Any]:
    named = {"guid": f"{claim.id}-{code}", "interventionCode": code, "status": claim.preauths[code]}
    return {**named, "needsDoctorApproval": False, "finalApprovedAmount": None, "preauthItems": None}


def require_complete(claim: Claim) -> None:
    if not claim.doctor:
        raise Refusal("there is no doctor attached to the claim", engine=True)
    if not claim.lines or not claim.diagnoses:
        raise Refusal("Kindly note the claim has no bill or no diagnosis", engine=True)
