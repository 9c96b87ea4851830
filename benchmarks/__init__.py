"""What a staff action costs, beside the bare transaction and the bare Temporal Update that it is made of."""
