"""The Social Health Authority's eClaims, as the Digital Health Agency's exchange offers them since 2026."""
