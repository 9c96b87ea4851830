"""Long-lived order of events: waits, deadlines, hand-overs. Deterministic; `models` decides, `activities` act."""
