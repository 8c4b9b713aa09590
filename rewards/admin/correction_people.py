"""Whose rewards a correction changes most."""

from uuid import UUID

from django.utils.html import format_html

from advocacy.admin import words
from rewards.models import Subject


def of(row):
    """``{(subject, side): the customer}`` of its biggest changes."""
    version = row.rule_version
    triggers = [version.trigger, "milestone", "tier"]
    asked = [UUID(each["subject"]) for each in row.difference["biggest"]]
    found = Subject.objects.filter(program=version.rule.program, trigger__in=triggers, public_id__in=asked)
    sides = {}
    for subject in found.select_related("advocate__customer", "friend", "customer"):
        of = {"advocate": subject.advocate and subject.advocate.customer, "friend": subject.friend}
        for side, customer in (of | {"customer": subject.customer}).items():
            sides[str(subject.public_id), side] = customer
    return sides


def who(each, people):
    """The person of one of the biggest changes, linked; a friend is said to be one."""
    person, side = people.get((each["subject"], each["side"])), each["side"]
    if person is None:
        return side.capitalize()
    return words.link(person) if side != "friend" else format_html("{}, friend", words.link(person))
