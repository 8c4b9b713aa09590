"""What axe finds wrong with a page."""

import pytest

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# What other colours could break, of those rules.
OF_COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page, *, but=(), only=None):
    """``[(rule, [(where, what to do)])]``, of all rules ``but`` these, or ``only`` these."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    options = {"runOnly": only or _RULES, "rules": {rule: {"enabled": False} for rule in but}}
    found = axe.run(page, options=options).response["violations"]
    return [
        (one["id"], [node["html"][:120] + node.get("failureSummary", "") for node in one["nodes"]]) for one in found
    ]
