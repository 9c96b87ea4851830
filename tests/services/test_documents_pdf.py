"""Receipts and reports as PDF: what stands in them, that they stay the same, and who can open them."""

import logging
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError

from integrations.documents import Receipt, ReceiptLine, Section, VisitReport, encrypted, receipt_pdf, visit_report_pdf

RECEIPT = Receipt(
    clinic_name="Kliniki ya Ng\N{RIGHT SINGLE QUOTATION MARK}ang\N{RIGHT SINGLE QUOTATION MARK}a",
    receipt_number="R-2026-00017",
    op_number="OP/DEV/26/000042",
    patient_name="Wanjikũ wa Mĩchũki",
    lines=(
        ReceiptLine(description="Consultation", amount=Decimal("300")),
        ReceiptLine(description="Malaria slide", quantity=2, amount=Decimal("1200")),
    ),
    paid=Decimal("1000"),
    balance=Decimal("500"),
    method="M-Pesa",
    payment_reference="RKTQDM7W6S",
    at=datetime(2026, 11, 22, 21, 30, tzinfo=UTC),
)
REPORT = VisitReport(
    clinic_name="Kliniki ya Upendo",
    op_number="OP/DEV/26/000042",
    patient_name="Wanjikũ wa Mĩchũki",
    clinician="Otieno",
    sections=(
        Section(title="Diagnoses", entries=(("1F40", "Malaria due to Plasmodium falciparum"),)),
        Section(title="Ushauri", entries=(("", "Kunywa maji mengi. Rudi baada ya siku tatu."),)),
    ),
    at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
)


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def test_a_receipt_names_who_paid_how_much_for_what_and_when_in_nairobi() -> None:
    text = words(receipt_pdf(RECEIPT))
    for shown in (
        RECEIPT.clinic_name,
        "Receipt R-2026-00017",
        "Patient Wanjikũ wa Mĩchũki",
        "OP number OP/DEV/26/000042",
        "Date 23/11/2026 00:30",
        "Paid by M-Pesa",
        "Payment reference RKTQDM7W6S",
        "Consultation × 1 KES 300.00",
        "Malaria slide × 2 KES 1,200.00",
        "Total charges KES 1,500.00",
        "Paid now KES 1,000.00",
        "Balance KES 500.00",
    ):
        assert shown in text


def test_a_receipt_without_charges_says_what_was_paid() -> None:
    bare = RECEIPT.model_copy(update={"lines": (), "method": "", "payment_reference": ""})
    text = words(receipt_pdf(bare))
    assert "Paid now KES 1,000.00" in text
    assert "Total" not in text
    assert "reference" not in text


def test_a_receipt_of_many_lines_takes_more_pages() -> None:
    lines = tuple(ReceiptLine(description=f"Item {number}", amount=Decimal(1)) for number in range(1, 121))
    pdf = receipt_pdf(RECEIPT.model_copy(update={"lines": lines}))
    assert len(PdfReader(BytesIO(pdf)).pages) > 1
    text = words(pdf)
    assert all(f"Item {number} × 1 KES 1.00" in text for number in range(1, 121))


def test_the_same_receipt_is_the_same_file() -> None:
    assert receipt_pdf(RECEIPT) == receipt_pdf(RECEIPT)
    assert receipt_pdf(RECEIPT) != receipt_pdf(RECEIPT.model_copy(update={"paid": Decimal("1001")}))


def test_what_no_font_shows_is_replaced_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        text = words(receipt_pdf(RECEIPT.model_copy(update={"patient_name": "Li 中 Ñandú\tﬁ \x07"})))
    assert "Patient Li ? Ñandú ﬁ ?" in text
    assert caplog.records == []


def test_the_title_of_a_file_names_no_patient() -> None:
    for pdf in (receipt_pdf(RECEIPT), visit_report_pdf(REPORT)):
        metadata = PdfReader(BytesIO(pdf)).metadata
        assert metadata is not None
        assert "Wanjik" not in str(dict(metadata))


def test_a_report_says_what_the_visit_came_to() -> None:
    text = words(visit_report_pdf(REPORT))
    for shown in (
        "Kliniki ya Upendo",
        "Patient Wanjikũ wa Mĩchũki",
        "Date 22/11/2026 12:00",
        "Seen by Otieno",
        "Diagnoses 1F40 Malaria due to Plasmodium falciparum",
        "Ushauri Kunywa maji mengi. Rudi baada ya siku tatu.",
    ):
        assert shown in text
    assert visit_report_pdf(REPORT) == visit_report_pdf(REPORT)


def test_an_encrypted_report_opens_with_its_password_only() -> None:
    sealed = encrypted(visit_report_pdf(REPORT), "nywila-1990")
    assert b"Malaria" not in sealed
    reader = PdfReader(BytesIO(sealed))
    assert reader.is_encrypted
    assert not reader.decrypt("nywila-1991")
    with pytest.raises(FileNotDecryptedError):
        _ = reader.pages[0]
    assert reader.decrypt("nywila-1990")
    assert "Malaria due to Plasmodium falciparum" in reader.pages[0].extract_text()


def test_the_encryption_is_aes_256() -> None:
    seal = PdfReader(BytesIO(encrypted(receipt_pdf(RECEIPT), "nywila"))).trailer["/Encrypt"].get_object()
    assert isinstance(seal, dict)
    assert (seal["/V"], seal["/R"], seal["/CF"]["/StdCF"]["/CFM"]) == (5, 6, "/AESV3")


def test_nothing_is_sealed_with_an_empty_password() -> None:
    with pytest.raises(ValueError, match="empty password"):
        encrypted(receipt_pdf(RECEIPT), "")
