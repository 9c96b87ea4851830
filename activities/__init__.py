"""Effects: each does one thing to the world and may safely be done twice. What happens next is decided elsewhere."""
