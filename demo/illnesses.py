"""Stories of people who are ill or hurt and see the clinician."""

from demo.steps import (
    AskBack,
    Diagnose,
    Discharge,
    Dispense,
    Examine,
    OrderTest,
    Pay,
    Prescribe,
    Register,
    ReportResults,
    TakeIn,
    TellAllergy,
    Triage,
)
from demo.story import Story, aged
from demo.vitals import Condition

FULL_BLOOD_COUNT = {"hemoglobin": "13.1", "white_blood_cells": "7400", "platelets": "248000"}
MALARIA_SEEN = {"malaria_parasites": "seen", "density": "+"}

MALARIA = Story(
    "malaria in an adult",
    "Fever, chills and headache for two days",
    aged(16, 64),
    (
        Register(),
        Triage("NORMAL", Condition.FEVERISH, "Hot to the touch, drinking well"),
        TakeIn(),
        Examine("Fever for two days, no cough", "No neck stiffness, spleen not felt", "Malaria test first"),
        OrderTest(("malaria",), MALARIA_SEEN),
        ReportResults(),
        Examine("Result discussed", "Uncomplicated malaria", "Treat by mouth, sleep under a net"),
        Diagnose("B54", "Unspecified malaria", "1F4Z"),
        Prescribe(("artemether", "coartem"), "80/480mg", "2 times daily", "3 days", 6),
        Prescribe(("paracetamol",), "1g", "3 times daily", "3 days", 18),
        Dispense(),
        Pay(),
        Discharge("Improving, treatment understood", follow_up_days=3),
    ),
)

FEVER_IN_A_CHILD = Story(
    "fever in a child",
    "Hot body since last night, eats little",
    aged(0.5, 8),
    (
        Register(),
        Triage("URGENT", Condition.FEVERISH, "No danger signs, drinks from the cup"),
        TakeIn(),
        Examine("Fever since last night", "Ears and throat clear, no rash", "Malaria test"),
        OrderTest(("malaria",), {"malaria_parasites": "not seen"}, urgency="URGENT"),
        ReportResults(),
        Examine("Test negative", "Viral illness likely", "Fluids, come back when worse"),
        Diagnose("R50.9", "Fever, unspecified", "MG26"),
        Prescribe(("paracetamol",), "15mg/kg", "3 times daily", "3 days", 1),
        Dispense(),
        AskBack(4, "Temperature is taken again"),
        Pay(),
        Discharge("Playing again, mother knows the danger signs"),
    ),
)

COUGH = Story(
    "cough and cold",
    "Cough and running nose for four days",
    aged(12, 80),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "Comfortable, speaks in full sentences"),
        TakeIn(),
        Examine("Cough without blood", "Chest clear", "Rest and fluids"),
        Diagnose("J06.9", "Acute upper respiratory infection, unspecified", "CA07.0"),
        Prescribe(("paracetamol",), "500mg", "3 times daily", "5 days", 15),
        Dispense(),
        Pay(),
        Discharge("Well enough for home"),
    ),
)

PNEUMONIA_IN_A_CHILD = Story(
    "pneumonia in a child",
    "Coughing and breathing fast",
    aged(0.3, 5),
    (
        Register(),
        Triage("URGENT", Condition.FEVERISH, "Fast breathing, no chest indrawing"),
        TakeIn(),
        Examine("Cough for three days", "Fast breathing, crackles on the right", "Amoxicillin at home"),
        Diagnose("J18.9", "Pneumonia, unspecified organism", "CA40.Z"),
        Prescribe(("amoxicillin",), "250mg", "2 times daily", "5 days", 20, first_handover=10),
        Dispense(),
        AskBack(4, "Breathing is counted again after the first dose"),
        Pay(),
        Discharge("Drinks well, mother shown how to give it", follow_up_days=2),
    ),
)

CHEST_PAIN = Story(
    "chest pain",
    "Severe chest pain for two hours",
    aged(42, 78),
    (
        Register(),
        Triage("URGENT", Condition.STRAINED, "Distressed, pain into the left arm"),
        TakeIn(),
        Examine("Pain for two hours, never before", "Raised blood pressure, heart sounds normal", "Two tests"),
        OrderTest(("troponin", "cardiac"), {"troponin": "below the limit"}, urgency="URGENT"),
        OrderTest(("BLOOD_TEST", "blood count"), FULL_BLOOD_COUNT, urgency="URGENT"),
        Pay(in_advance=True),
        ReportResults(),
        Examine("Pain has eased", "Both results normal", "Pain relief, see again in three days"),
        Diagnose("R07.4", "Chest pain, unspecified", "MD30.Z"),
        Prescribe(("paracetamol",), "500mg", "3 times daily", "5 days", 15),
        Dispense(),
        AskBack(5, "Blood pressure is taken again"),
        Pay(),
        Discharge("Stable, knows when to come at once", follow_up_days=3),
    ),
)

HYPERTENSION = Story(
    "blood pressure review",
    "Come for my pressure check",
    aged(50, 90),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "Walks with a stick, no complaint"),
        TakeIn(),
        Examine("Takes tablets daily", "No swelling of the feet", "Kidney function once a year"),
        OrderTest(("creatinine", "kidney", "urea"), {"creatinine_umol_l": "84"}),
        ReportResults(),
        Examine("Result discussed", "Kidneys work well", "Same tablets"),
        Diagnose("I10", "Essential (primary) hypertension", "BA00.Z"),
        Prescribe(("amlodipine",), "5mg", "once daily", "30 days", 30, first_handover=14, rest_is_owed=True),
        Dispense(),
        Pay(),
        Discharge("Pressure under control", follow_up_days=30),
    ),
)

TWISTED_ANKLE = Story(
    "twisted ankle",
    "Twisted my foot on the stairs",
    aged(13, 60),
    (
        Register(),
        Triage("NORMAL", Condition.HURT, "Limps, no open wound"),
        TakeIn(),
        Examine("Fell yesterday", "Swollen, bones not tender", "Rest, cold, bandage"),
        Diagnose("S93.4", "Sprain of ankle", "ND14"),
        Prescribe(("ibuprofen",), "400mg", "3 times daily", "5 days", 15),
        Dispense(),
        Pay(),
        Discharge("Walks with a stick"),
    ),
)

MOTORCYCLE_FALL = Story(
    "fall from a motorcycle",
    "Fell from a motorcycle an hour ago",
    aged(18, 55),
    (
        Register(),
        Triage("EMERGENCY", Condition.GRAVE, "Drowsy, pale; brought in by friends"),
        TakeIn(),
        Examine("Thrown off at a bend", "Wound on the thigh, belly soft; better after fluids", "Blood test at once"),
        OrderTest(("BLOOD_TEST", "blood count"), {**FULL_BLOOD_COUNT, "hemoglobin": "10.2"}, urgency="URGENT"),
        ReportResults(),
        Examine("Awake and stable after two hours", "No further bleeding", "Wound closed, home with family"),
        Diagnose("S71.1", "Open wound of thigh", "NC71"),
        Prescribe(("paracetamol",), "1g", "3 times daily", "5 days", 30),
        TellAllergy("Penicillin", "Rash as a child"),
        Prescribe(("azithromycin",), "500mg", "once daily", "3 days", 3, first_handover=1),
        Dispense(),
        AskBack(4, "Dressing is looked at again"),
        Pay("Emergency care"),
        Discharge("Stable, dressing every two days", follow_up_days=2),
    ),
)
