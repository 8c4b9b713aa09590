"""What happens after each event, by lane: the one place where the apps meet."""

HANDLERS = {}
