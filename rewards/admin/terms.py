"""What a material change of a program's terms would hold back, beside the question whether to publish it."""

from advocacy import reading
from advocacy.admin.terms import TermsAdmin
from rewards.payouts import totals


def waiting(program, advocates):
    found = totals.cash_of(program=program, advocates=advocates)
    return [f"{reading.amount(minor, unit)} of theirs would be paid out and waits." for minor, unit in found]


TermsAdmin.money.append(waiting)
