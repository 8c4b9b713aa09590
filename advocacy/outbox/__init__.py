"""The event log and all that leaves us."""
