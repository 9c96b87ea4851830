"""E-mail, by SMTP: one letter to one person."""
