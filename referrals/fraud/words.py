"""What checks found, in sentences for staff."""

from referrals.fraud import policies


def label(finding):
    check = policies.checks().get(finding["check"])
    return check.LABEL if check else finding["check"]


def sentence(finding):
    """A check that is no more in the list is told by its name."""
    check = policies.checks().get(finding["check"])
    if finding["evidence"].get("failed"):
        return "This check failed, so it could not be ruled out. The server’s log says why."
    return check.words(finding["evidence"]) if check else "By a check that there is no more."
