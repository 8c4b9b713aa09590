"""The friend's address is of a provider of addresses to throw away, by a list that is kept for all to use."""

from disposable_email_domains import blocklist

LABEL = "Address to throw away"
HELP = "The friend's e-mail address is of a provider of addresses that are used once."
POINTS, SIDES, LIMITS = 50, ("advocate", "friend"), {}
OF_THE_PAIR = ""


def find(case, known, limits):
    labels = case.friend_email.rpartition("@")[2].split(".")
    # Some of them give each mailbox a domain of its own below theirs.
    listed = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next(({"domain": domain} for domain in listed if domain in blocklist), None)


def words(evidence):
    return f"The friend’s address is of {evidence['domain']}, which gives addresses to throw away."
