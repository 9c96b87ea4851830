"""Papers that a patient takes home: the receipt of a payment and the report of a visit, as PDF.

The same content makes the same bytes, so that a receipt that is asked for twice is one receipt. Encryption is the
exception: it wants fresh randomness each time.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.fonts import TTFFont
from pypdf import PdfReader, PdfWriter

from models.base import Moment, Value

FONT = "source-sans"
FONT_FILES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Bold.ttf"}
A4, A5 = (210, 297), (148, 210)
MARGIN, ROW = 12, 6
"""Millimetres."""

NAIROBI = "Africa/Nairobi"


class ReceiptLine(Value):
    """One charge; `amount` for all of it, in KES."""

    description: str
    quantity: int = 1
    amount: Decimal


class Receipt(Value):
    """One payment, and what it was for. Amounts in KES; `paid`: by this payment; `balance`: still owed after it.

    `method` and `payment_reference`: as the patient knows them (`M-Pesa`, the code in their SMS).
    """

    clinic_name: str
    receipt_number: str
    op_number: str
    patient_name: str
    lines: tuple[ReceiptLine, ...] = ()
    paid: Decimal
    balance: Decimal
    method: str = ""
    payment_reference: str = ""
    taken_by: str = ""
    at: Moment
    zone: str = NAIROBI


class Section(Value):
    """A heading and what stands below it, as (label, text); a label may be empty."""

    title: str
    entries: tuple[tuple[str, str], ...]


class VisitReport(Value):
    """What a visit came to, in sections in the order in which they shall stand."""

    clinic_name: str
    op_number: str
    patient_name: str
    clinician: str = ""
    sections: tuple[Section, ...]
    at: Moment
    zone: str = NAIROBI


class Paper:
    """Pages of a clinic. Every text is taken as it is; what the font lacks is replaced."""

    def __init__(self, size: tuple[float, float], title: str, at: datetime) -> None:
        self.pdf = FPDF(format=size)
        self.pdf.set_creation_date(at)
        self.pdf.set_title(title)
        self.pdf.set_margin(MARGIN)
        self.pdf.set_auto_page_break(True, MARGIN)
        for style, name in FONT_FILES.items():
            self.pdf.add_font(FONT, style, str(files("font_source_sans_pro") / "files" / name))
        fonts = [font for font in self.pdf.fonts.values() if isinstance(font, TTFFont)]
        self.signs = frozenset.intersection(*(frozenset(font.cmap) for font in fonts))
        self.pdf.add_page()

    def line(self, text: str, size: float = 10, style: str = "") -> None:
        self.pdf.set_font(FONT, style, size)
        self.pdf.multi_cell(0, ROW, printable(text, self.signs), new_x="LMARGIN", new_y="NEXT")

    def gap(self) -> None:
        self.pdf.ln(ROW / 2)

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Labels on the left, their text beside them; an empty text is left out."""
        self.table([pair for pair in pairs if pair[1]], (1, 2), ("LEFT", "LEFT"))

    def amounts(self, rows: Sequence[tuple[str, str, str]], style: str = "") -> None:
        self.table(rows, (6, 1, 3), ("LEFT", "RIGHT", "RIGHT"), style)

    def table(
        self, rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], sides: tuple[str, ...], style: str = ""
    ) -> None:
        self.pdf.set_font(FONT, style, 10)
        with self.pdf.table(
            borders_layout="NONE", first_row_as_headings=False, col_widths=widths, text_align=sides, line_height=ROW
        ) as table:
            for row in rows:
                table.row([printable(cell, self.signs) for cell in row])

    def finished(self) -> bytes:
        return bytes(self.pdf.output())


def receipt_pdf(receipt: Receipt) -> bytes:
    """The receipt on A5, with as many pages as its lines need."""
    at = receipt.at.astimezone(ZoneInfo(receipt.zone))
    paper = Paper(A5, f"Receipt {receipt.receipt_number}", at)
    paper.line(receipt.clinic_name, 14, "B")
    paper.line(f"Receipt {receipt.receipt_number}", 11, "B")
    paper.gap()
    paper.pairs(
        [
            ("Patient", receipt.patient_name),
            ("OP number", receipt.op_number),
            ("Date", moment(at)),
            ("Paid by", receipt.method),
            ("Payment reference", receipt.payment_reference),
            ("Taken by", receipt.taken_by),
        ]
    )
    paper.gap()
    charges = [(line.description, f"× {line.quantity}", kes(line.amount)) for line in receipt.lines]
    paper.amounts(charges)
    paper.gap()
    total = sum((line.amount for line in receipt.lines), Decimal(0))
    sums = [("Total charges", "", kes(total))] if receipt.lines else []
    paper.amounts([*sums, ("Paid now", "", kes(receipt.paid)), ("Balance", "", kes(receipt.balance))], "B")
    return paper.finished()


def visit_report_pdf(report: VisitReport) -> bytes:
    """The report on A4. It is clinical: it leaves the clinic on paper, or `encrypted`."""
    at = report.at.astimezone(ZoneInfo(report.zone))
    paper = Paper(A4, f"Visit report {report.op_number}", at)
    paper.line(report.clinic_name, 14, "B")
    paper.line("Visit report", 11, "B")
    paper.gap()
    who = [("Patient", report.patient_name), ("OP number", report.op_number)]
    paper.pairs([*who, ("Date", moment(at)), ("Seen by", report.clinician)])
    for section in report.sections:
        paper.gap()
        paper.line(section.title, 11, "B")
        paper.pairs(section.entries)
    return paper.finished()


def encrypted(pdf: bytes, password: str) -> bytes:
    """The same paper, opened by the password only (AES-256). ValueError where there is no password."""
    if not password:
        raise ValueError("a paper is not encrypted with an empty password")
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    writer.encrypt(password, algorithm="AES-256")
    writer.write(sealed := BytesIO())
    return sealed.getvalue()


def moment(local: datetime) -> str:
    return f"{local:%d/%m/%Y %H:%M}"


def kes(amount: Decimal) -> str:
    return f"KES {amount:,.2f}"


def printable(text: str, signs: frozenset[int]) -> str:
    """The text in characters that the font has: without marks where it lacks them, else a question mark.

    The library would name what is missing in a warning, and that may be a patient's name.
    """
    return "".join(shown(sign, signs) for sign in unicodedata.normalize("NFC", text))


def shown(sign: str, signs: frozenset[int]) -> str:
    if ord(sign) in signs or sign == "\n":
        return sign
    if sign.isspace():
        return " "
    plain = [part for part in unicodedata.normalize("NFKD", sign) if ord(part) in signs]
    return "".join(part for part in plain if not unicodedata.combining(part)) or "?"
