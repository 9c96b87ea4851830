"""Long-lived order of events: waits, deadlines, hand-overs. Deterministic and free of I/O; `models` decides, `activities` act."""
