"""What supervisors can filter visits by in Temporal. Never encrypted: codes and times, nothing about a person."""

from temporalio.common import SearchAttributeKey

VISIT_STATUS = SearchAttributeKey.for_keyword("VisitStatus")
WAITING_AT = SearchAttributeKey.for_keyword_list("WaitingAt")
TRIAGE_CATEGORY = SearchAttributeKey.for_keyword("TriageCategory")
PAYER = SearchAttributeKey.for_keyword("Payer")
FACILITY = SearchAttributeKey.for_keyword("Facility")
ATTENTION = SearchAttributeKey.for_keyword_list("Attention")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")
STAGE_SINCE = SearchAttributeKey.for_datetime("StageSince")
OP_NUMBER = SearchAttributeKey.for_keyword("OpNumber")

# SQL visibility has room for 10 keywords, 3 keyword lists and 3 datetimes in a namespace.
SEARCH_ATTRIBUTES = (
    VISIT_STATUS,
    WAITING_AT,
    TRIAGE_CATEGORY,
    PAYER,
    FACILITY,
    ATTENTION,
    DUE_AT,
    STAGE_SINCE,
    OP_NUMBER,
)
