class NotYet(Exception):
    """What a message speaks of is not here yet; it is tried again. Says what is missing."""
