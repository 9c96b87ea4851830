"""M-Pesa, by Safaricom's Daraja: payment prompts on a phone, payments at the counter, and what became of them."""
