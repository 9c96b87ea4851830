"""SMS, by Africa's Talking: one text to one phone, what became of it, and who wants no more."""
