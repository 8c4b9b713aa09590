"""Top-ups."""


def top_ups(found, rule_book, used):
    return []
