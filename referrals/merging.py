"""What a merge of customers means for links and bonds, and what undoing it gives back.

Orders, bonds and conversions stay with the record they came with; a person's are those of all their records. But a link
is of the advocate who counts, nobody brings themselves, a friend has one advocate in a program, and who turns out to
have bought before was not brought to a program for new customers.
"""

from collections import defaultdict

from advocacy import persons
from advocacy.models import Advocate, Event, Merge
from advocacy.refusals import Refused
from referrals import conversions
from referrals.attribution import byhand, candidates
from referrals.conversion_facts import BECAUSE
from referrals.models import Link, LinkMove, Order, Referral

SELF_REFERRAL, ONE_FRIEND, OLD_CUSTOMER = BECAUSE


def follow(*, events, at):
    """Handler of customer.merged and customer.unmerged. Done again it changes nothing."""
    # What it locks the next merge waits for, which who settles after it in this transaction would wait for.
    persons.together({event.storefront_id for event in events})
    for event in events:
        merge = Merge.objects.select_related("survivor", "merged").get(public_id=event.subject_id)
        people = persons.customers({merge.survivor.person_id, merge.merged.person_id})
        advocates = {row.pk: row for row in Advocate.objects.filter(customer__in=people)}
        _place_links(advocates, at)
        if merge.undone_at:
            _part_orders(people, at)
            _give_back(merge, at)
        else:
            _end_bonds_with_themselves(merge, people, at)
            _leave_one_bond(merge, people, at)
            # After it: what the person bought by a later bond is no earlier order, it counts for the first.
            _end_bonds_of_old_customers(merge, people, at)
            # A bond is for good: what the friend buys after it counts for it, by whichever of their records.
            for bond in _bonds(people):
                byhand.convert_since(bond, at)


def _place_links(advocates, at):
    """Each link belongs to the advocate who counts for whom it was made for, from now on."""
    links = Link.objects.filter(advocate__in=advocates)
    ours, told = links.values_list("public_id", flat=True), ("link.created", "link.added")
    made = Event.objects.filter(type__in=told, subject_kind="link", subject_id__in=ours)
    makers = dict(made.values_list("subject_id", "advocate"))
    rows = {row.public_id: row.pk for row in advocates.values()}
    for link in links.order_by("pk"):
        maker = advocates.get(makers.get(link.public_id, link.advocate_id)) or advocates[link.advocate_id]
        counts = rows[maker.person_id]
        if link.advocate_id != counts:
            LinkMove.objects.create(link=link, program_id=link.program_id, advocate_id=link.advocate_id, until=at)
            Link.objects.filter(pk=link.pk).update(advocate=counts)


def _bonds(people):
    rows = Referral.objects.filter(friend__in=people, ended_at=None)
    return rows.select_related("program", "advocate__customer", "friend").order_by("bound_at", "pk")


def _end_bonds_with_themselves(merge, people, at):
    for bond in _bonds(people).filter(advocate__customer__in=people):
        byhand.end(bond, SELF_REFERRAL, at, merge=merge.public_id)


def _end_bonds_of_old_customers(merge, people, at):
    """Whoever had bought under another record before being brought, in a program for new customers only.

    Not who was known as a customer when the bond was made: somebody had said then that it counts.
    """
    bonds = _bonds(people).filter(program__new_customers_only=True)
    began = Event.objects.filter(type="referral.created", facts__new_customer=True)
    new = set(began.filter(subject_id__in=bonds.values("public_id")).values_list("subject_id", flat=True))
    for bond in bonds:
        if bond.public_id in new and candidates.earlier_orders(customer=bond.friend, occurred_at=bond.bound_at):
            byhand.end(bond, OLD_CUSTOMER, at, merge=merge.public_id)


def _leave_one_bond(merge, people, at):
    """The first stays. What the person bought since then counts for its advocate; what a later one earned is taken
    back: one friend was not brought twice.
    """
    by_program = defaultdict(list)
    for bond in _bonds(people):
        by_program[bond.program_id].append(bond)
    for first, *later in by_program.values():
        for bond in later:
            byhand.end(bond, ONE_FRIEND, at, merge=merge.public_id)
        if later:
            byhand.convert_since(first, at)


def _give_back(merge, at):
    """The bonds that the merge ended are made again, each with the orders of its own friend."""
    ended = Referral.objects.filter(ended_by_merge=merge.public_id).order_by("bound_at", "pk")
    for bond in list(ended.select_related("program", "advocate__customer", "friend")):
        try:
            byhand.attribute(
                advocate=persons.survivor(bond.advocate),
                friend=bond.friend,
                reason="The merge that ended it was undone.",
                since=bond.bound_at.isoformat(),
                again=True,
                at=at,
            )
        except Refused:
            # The same mailbox, or another bond meanwhile: there is nothing that could be given back.
            continue
    ended.update(ended_by_merge=None)


def _part_orders(people, at):
    """Orders that count for a bond whose friend is somebody else again count there no more."""
    for bond in _bonds(people):
        others = bond.conversions.filter(order__customer__in=people, ended=False)
        others = others.exclude(order__customer__in=persons.ids_of(bond.friend))
        for conversion in others.order_by("pk"):
            conversions.end_one(conversion=conversion, reason=ONE_FRIEND, at=at)
            Order.objects.filter(pk=conversion.order_id).update(unattributed=[{"key": "no_attribution"}])
