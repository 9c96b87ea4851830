"""Smart Applications: insurers whose members check in with a card or a finger at Smart's own device."""
