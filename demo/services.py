"""Stories of mothers, children and couples: a service from triage, or beside the consultation."""

from datetime import timedelta

from demo.people import Profile
from demo.steps import (
    AdviseOnFamilyPlanning,
    CareForMother,
    Diagnose,
    Discharge,
    Dispense,
    Examine,
    OrderTest,
    Pay,
    Prescribe,
    Refer,
    Register,
    ReportResults,
    Role,
    TakeIn,
    Triage,
    Vaccinate,
)
from demo.story import Story, aged, women
from demo.vitals import Condition

ANTENATAL = Story(
    "antenatal visit",
    "Clinic for my pregnancy, feeling well",
    women(18, 42),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "No danger signs"),
        Refer("MCH", "Antenatal contact", by=Role.TRIAGE_NURSE),
        CareForMother(
            ("antenatal", "anc"),
            {"fundal_height_cm": 25, "fetal_heart_rate": 142},
            "Mother and child well, normal weight gain",
            "Iron and folate, sleep under a net",
            weeks=26,
        ),
        Diagnose("Z34.9", "Supervision of normal pregnancy, unspecified", "QA42"),
        Pay("Antenatal care"),
        Discharge("Next contact at 30 weeks", follow_up_days=28, by=Role.MCH_NURSE),
    ),
)

PREGNANT_AND_ILL = Story(
    "pregnant with a urine infection",
    "Pain when passing urine, five months pregnant",
    women(18, 40),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "No bleeding, feels the child move"),
        TakeIn(),
        Examine("Burning for three days", "No loin pain", "Urine test, antenatal contact the same day"),
        OrderTest(("urin",), {"leucocytes": "++", "nitrite": "positive"}),
        Refer("MCH", "Antenatal contact is due"),
        CareForMother(
            ("antenatal", "anc"),
            {"fetal_heart_rate": 148},
            "Child growing as expected",
            "Drink plenty",
            weeks=21,
        ),
        ReportResults(),
        Examine("Result discussed", "Lower urinary tract infection", "Antibiotic safe in pregnancy"),
        Diagnose("O23.4", "Unspecified infection of urinary tract in pregnancy", "JA62"),
        Prescribe(("amoxicillin",), "500mg", "3 times daily", "7 days", 21),
        Dispense(),
        Pay("Consultation, urine test and antenatal care"),
        Discharge("Knows the danger signs of pregnancy", follow_up_days=7),
    ),
)

VACCINATION = Story(
    "childhood vaccination",
    "Come for the child's vaccine",
    aged(0.75, 1.4),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "Well child, card brought along"),
        Refer("IMMUNIZATION", "Measles-rubella is due", by=Role.TRIAGE_NURSE),
        Vaccinate(("measles", "MR"), "Left arm", "SC", "0.5ml"),
        Pay("Vaccination"),
        Discharge("Watched for half an hour, no reaction", by=Role.IMMUNIZATION_NURSE),
    ),
)

FIRST_VACCINES = Story(
    "vaccines at six weeks",
    "Six weeks clinic for the baby",
    Profile(timedelta(days=42), timedelta(days=60)),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "Feeds well, gaining weight"),
        Refer("IMMUNIZATION", "Vaccines of six weeks", by=Role.TRIAGE_NURSE),
        Vaccinate(("penta", "dpt"), "Left thigh", "IM", "0.5ml"),
        Vaccinate(("opv", "polio"), "Mouth", "ORAL", "2 drops"),
        Pay("Vaccination"),
        Discharge("No reaction, next at ten weeks", follow_up_days=28, by=Role.IMMUNIZATION_NURSE),
    ),
)

FAMILY_PLANNING = Story(
    "family planning",
    "Want to space my children",
    women(19, 44),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "Not pregnant by the checklist"),
        Refer("FAMILY_PLANNING", "Asks for a method", by=Role.TRIAGE_NURSE),
        AdviseOnFamilyPlanning(("injection", "injectable", "dmpa"), "All methods explained, free choice", True),
        Diagnose("Z30.0", "General counselling and advice on contraception", "QA21"),
        Pay("Family planning"),
        Discharge("Return date on the card", by=Role.FAMILY_PLANNING_COUNSELOR),
    ),
)

HEADACHE_AND_ADVICE = Story(
    "headache and family planning",
    "Headaches, and a question about the pill",
    women(20, 40),
    (
        Register(),
        Triage("NORMAL", Condition.WELL, "Comfortable"),
        TakeIn(),
        Examine("Tension headaches in the evening", "Nerves and pressure normal", "Pain relief, advice on methods"),
        Diagnose("G44.2", "Tension-type headache", "8A81"),
        Prescribe(("paracetamol",), "500mg", "as needed", "10 days", 20),
        Refer("FAMILY_PLANNING", "Asks about the pill"),
        AdviseOnFamilyPlanning(("pill", "oral"), "All methods explained, free choice"),
        Dispense(),
        Pay("Consultation and family planning"),
        Discharge("Reassured"),
    ),
)
