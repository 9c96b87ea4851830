"""What the development clinic has on offer. A vaccine, method or service costs what the price of the same code says."""

from typing import NamedTuple


class Vaccine(NamedTuple):
    code: str
    name: str
    is_kepi: bool = True


PRICES: tuple[tuple[str, str, str], ...] = (
    ("CONSULTATION", "Consultation", "300"),
    # Laboratory
    ("BLOOD_TEST", "Full blood count", "500"),
    ("MALARIA_RDT", "Malaria rapid test", "150"),
    ("MALARIA_SMEAR", "Malaria blood smear", "200"),
    ("URINALYSIS", "Urinalysis", "200"),
    ("BLOOD_GLUCOSE", "Blood glucose", "150"),
    ("HB", "Hemoglobin", "150"),
    ("HIV_TEST", "HIV test", "0"),
    ("PREGNANCY_TEST", "Pregnancy test", "100"),
    ("STOOL_MICROSCOPY", "Stool microscopy", "200"),
    ("H_PYLORI", "H. pylori antigen", "600"),
    ("TYPHOID_TEST", "Typhoid test", "400"),
    ("SYPHILIS_TEST", "Syphilis test (VDRL)", "200"),
    ("HEPATITIS_B_TEST", "Hepatitis B surface antigen", "500"),
    ("BLOOD_GROUP", "Blood group and rhesus", "250"),
    ("CREATININE", "Creatinine and urea (kidney function)", "700"),
    ("LIVER_FUNCTION", "Liver function", "1200"),
    ("LIPID_PROFILE", "Lipid profile", "1200"),
    ("HBA1C", "HbA1c", "1500"),
    ("TROPONIN", "Troponin (cardiac)", "1800"),
    ("SPUTUM_GENEXPERT", "Sputum GeneXpert", "0"),
    # Pharmacy, a piece each
    ("Paracetamol", "Paracetamol 500 mg tablet", "5"),
    ("Amoxicillin", "Amoxicillin 500 mg capsule", "10"),
    ("Amoxicillin-Clavulanate", "Amoxicillin and clavulanic acid 625 mg tablet", "35"),
    ("ORS", "Oral rehydration salts sachet", "20"),
    ("Zinc", "Zinc sulphate 20 mg tablet", "5"),
    ("Artemether-Lumefantrine", "Artemether and lumefantrine 20/120 mg tablet", "10"),
    ("Amlodipine", "Amlodipine 5 mg tablet", "8"),
    ("Losartan", "Losartan 50 mg tablet", "15"),
    ("Hydrochlorothiazide", "Hydrochlorothiazide 25 mg tablet", "5"),
    ("Enalapril", "Enalapril 5 mg tablet", "6"),
    ("Metformin", "Metformin 500 mg tablet", "6"),
    ("Glibenclamide", "Glibenclamide 5 mg tablet", "4"),
    ("Ibuprofen", "Ibuprofen 400 mg tablet", "5"),
    ("Diclofenac", "Diclofenac 50 mg tablet", "5"),
    ("Cetirizine", "Cetirizine 10 mg tablet", "5"),
    ("Chlorpheniramine", "Chlorpheniramine 4 mg tablet", "3"),
    ("Salbutamol", "Salbutamol inhaler", "350"),
    ("Omeprazole", "Omeprazole 20 mg capsule", "10"),
    ("Metronidazole", "Metronidazole 400 mg tablet", "5"),
    ("Ciprofloxacin", "Ciprofloxacin 500 mg tablet", "15"),
    ("Azithromycin", "Azithromycin 500 mg tablet", "50"),
    ("Doxycycline", "Doxycycline 100 mg capsule", "8"),
    ("Nitrofurantoin", "Nitrofurantoin 100 mg capsule", "15"),
    ("Cotrimoxazole", "Cotrimoxazole 960 mg tablet", "5"),
    ("Albendazole", "Albendazole 400 mg tablet", "20"),
    ("Ferrous-Folate", "Iron and folic acid tablet", "2"),
    ("Clotrimazole", "Clotrimazole cream", "120"),
    ("Hydrocortisone", "Hydrocortisone cream", "150"),
    # Vaccines outside KEPI
    ("VARICELLA", "Varicella vaccine", "4500"),
    ("HEPATITIS_A", "Hepatitis A vaccine", "3500"),
    ("INFLUENZA", "Influenza vaccine", "2500"),
    ("MENINGITIS_ACWY", "Meningitis ACWY vaccine", "6000"),
    # Family planning
    ("IMPLANT", "Implant, insertion", "500"),
    ("IUCD", "IUCD, insertion", "500"),
    ("DMPA", "DMPA injection", "100"),
    ("ECP", "Emergency contraceptive pill", "150"),
    # Mother and child
    ("ANC_FIRST", "Antenatal care, first contact", "300"),
    ("ANC_FOLLOW_UP", "Antenatal care, follow-up", "200"),
    ("PNC", "Postnatal care", "200"),
    ("CERVICAL_SCREENING", "Cervical cancer screening (VIA)", "300"),
)
"""Code, name, KES."""

VACCINES = (
    Vaccine("BCG", "BCG"),
    Vaccine("BOPV", "bOPV (oral polio)"),
    Vaccine("PENTA", "Penta (DPT-HepB-Hib)"),
    Vaccine("PCV10", "PCV10 (pneumococcal)"),
    Vaccine("ROTA", "Rota (rotavirus)"),
    Vaccine("IPV", "IPV (inactivated polio)"),
    Vaccine("MR", "MR (measles and rubella)"),
    Vaccine("YELLOW_FEVER", "Yellow fever"),
    Vaccine("HPV", "HPV"),
    Vaccine("R21", "R21 (malaria)"),
    Vaccine("RTSS", "RTS,S (malaria)"),
    Vaccine("TCV", "TCV (typhoid conjugate)"),
    Vaccine("TD", "Td (tetanus and diphtheria)"),
    Vaccine("VARICELLA", "Varicella", is_kepi=False),
    Vaccine("HEPATITIS_A", "Hepatitis A", is_kepi=False),
    Vaccine("INFLUENZA", "Influenza", is_kepi=False),
    Vaccine("MENINGITIS_ACWY", "Meningitis ACWY", is_kepi=False),
)


class FirstBatch(NamedTuple):
    """A batch on the shelf when the clinic is new. `days`: until it expires, from that day on."""

    code: str
    batch_number: str
    days: int
    quantity: int


STOCK = (
    FirstBatch("Ibuprofen", "IBU-2401", 45, 300),
    FirstBatch("Ibuprofen", "IBU-2405", 400, 2000),
    FirstBatch("Amlodipine", "AML-118", 30, 40),
    FirstBatch("Amlodipine", "AML-121", 365, 400),
    FirstBatch("Artemether-Lumefantrine", "ALU-77", 200, 600),
    FirstBatch("Zinc", "ZN-9", 500, 1000),
    FirstBatch("ORS", "ORS-31", 300, 500),
    FirstBatch("Doxycycline", "DOX-4", 700, 300),
)
"""Of other drugs nobody keeps count: they are handed out as they are prescribed."""

METHODS = (
    ("COC", "Combined oral contraceptive pills"),
    ("POP", "Progestin-only pills"),
    ("DMPA", "DMPA injection"),
    ("IMPLANT", "Implant"),
    ("IUCD", "IUCD"),
    ("CONDOMS", "Condoms"),
    ("ECP", "Emergency contraceptive pill"),
    ("NATURAL", "Natural family planning"),
)

SERVICES = (
    ("ANC_FIRST", "Antenatal care (ANC), first contact"),
    ("ANC_FOLLOW_UP", "Antenatal care (ANC), follow-up"),
    ("PNC", "Postnatal care (PNC)"),
    ("CHILD_GROWTH", "Child growth monitoring"),
    ("VITAMIN_A", "Vitamin A supplement"),
    ("DEWORMING", "Deworming"),
    ("PMTCT", "Prevention of mother-to-child transmission"),
    ("NUTRITION", "Nutrition counselling"),
    ("CERVICAL_SCREENING", "Cervical cancer screening"),
)
