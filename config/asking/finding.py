"""What an e-mail address, a code, a number or an id leads to: one order, several, or a person with their friends."""

from dataclasses import dataclass, field

from django.db.models import Prefetch, Q
from django.db.models.functions import Upper

from advocacy import emails, ids, persons, secret_codes
from advocacy.models import Advocate, Customer
from referrals import orders
from referrals.models import Claim, Conversion, Link, Order, Referral
from rewards import explanations
from rewards.models import Coupon, Subject

# Of one person; who has more is looked up in the list of orders.
MOST = 50
LONGEST = 320
# So many are looked through for a coupon, which no index knows.
_NEWEST = 5000
# Of a storefront's own id of a customer or order, where both may be meant.
_EXTERNAL = "ext_"


@dataclass(frozen=True, kw_only=True)
class Found:
    """``by``: "number", "code" (that orders came with), "person" or "" where nothing was found.

    ``friends``: the bonds to whom they brought; ``brought``: those by which they were brought.
    ``customer``: the person's record, ``advocates``: their rows in programs.
    """

    by: str = ""
    orders: list = field(default_factory=list)
    friends: list = field(default_factory=list)
    brought: list = field(default_factory=list)
    customer: Customer | None = None
    advocates: list = field(default_factory=list)

    @property
    def order(self):
        """The one order that is meant; None where there is a choice, or a person was asked for."""
        return self.orders[0] if len(self.orders) == 1 and self.by != "person" else None


def find(asked, *, storefronts):
    """What ``asked`` names in the storefronts of these ids; nothing of any other is looked at."""
    asked = asked.strip().replace("\0", "")[:LONGEST]
    if named := _orders(asked, storefronts):
        return Found(by="number", orders=named)
    person = _person(asked, storefronts)
    if person.by:
        return person
    typed = _with_code(asked, storefronts)
    return Found(by="code" if typed else "", orders=typed)


def _rows(rows):
    return list(rows.select_related("storefront", "customer")[:MOST])


def _orders(asked, storefronts):
    """By the shop's own id, number or payment, or by our id of the order or of what it earned."""
    known, plain = Order.objects.filter(storefront__in=storefronts), asked.lower()
    if order_id := ids.decode("ord", plain):
        return _rows(known.filter(public_id=order_id))
    if conversion_id := ids.decode("cnv", plain) or _conversion_of(plain, asked, storefronts):
        found = Conversion.objects.filter(public_id=conversion_id).values("order")
        return _rows(known.filter(pk__in=found))
    if claim_id := ids.decode("clm", plain):
        return _rows(known.filter(claims__public_id=claim_id))
    if referral_id := ids.decode("ref", plain):
        return _rows(known.filter(conversions__referral__public_id=referral_id).order_by("pk"))
    named = orders.called(asked.removeprefix(_EXTERNAL), storefronts=storefronts)
    return _rows(named.order_by("pk"))


def _conversion_of(plain, asked, storefronts):
    """Of a reward, a milestone's step or a coupon: the public id of the conversion that earned it."""
    step, reward = ids.decode("mst", plain), {"public_id": ids.decode("rwd", plain)}
    if coupon := _coupon(plain, asked, storefronts):
        reward = {"pk": coupon.reward_id}
    if any(reward.values()):
        subject = Subject.objects.filter(**{f"rewards__{name}": value for name, value in reward.items()}).first()
        if subject and subject.trigger != explanations.STEP:
            return subject.public_id
        step = subject and subject.public_id
    return step and explanations.who_reached(step=step)


def _coupon(plain, asked, storefronts):
    """By its id, or by the code itself, which is kept as a fingerprint only."""
    name = ids.decode("cpn", plain)
    if not name and "@" not in asked:
        hidden = (secret_codes.hidden(storefront=each, codes=[asked])[0] for each in storefronts)
        name = next((ids.decode("cpn", each) for each in hidden if each != asked), None)
    return name and Coupon.objects.filter(storefront__in=storefronts, public_id=name).first()


def _with_code(asked, storefronts):
    """Orders that came with this code, which may be nobody's."""
    typed = Order.objects.annotate(typed=Upper("referral_code")).exclude(referral_code="").filter(typed=asked.upper())
    return _rows(typed.filter(storefront__in=storefronts).order_by("-id")) or _with_coupon(asked, storefronts)


def _with_coupon(asked, storefronts):
    """Of the newest orders those that a coupon of this name came with; older ones are found by their number."""
    if "@" in asked or " " in asked:
        return []
    newest = Order.objects.filter(storefront__in=storefronts).order_by("-id")[:_NEWEST]
    used = Q()
    for spelling in {asked, asked.upper(), asked.lower()}:
        used |= Q(coupon_codes__contains=[spelling])
    return _rows(Order.objects.filter(used, pk__in=newest.values("pk")).order_by("-id"))


def _person(asked, storefronts):
    """The orders they made, who brought them and whom they brought; of a code only whom its advocate brought."""
    people, advocates = _people(asked, storefronts), _advocates(asked, storefronts)
    bought, brought = [], []
    if people:
        everybody = persons.customers({person.person_id for person in people})
        advocates += Advocate.objects.filter(customer__in=everybody)
        bought = _rows(Order.objects.filter(customer__in=everybody).order_by("-id"))
        brought = list(_bonds(friend__in=everybody)[:MOST])
    if not people and not advocates:
        return Found()
    friends = _bonds(advocate__in=[row.pk for row in advocates])
    return Found(
        by="person",
        orders=bought,
        brought=brought,
        friends=list(friends[:MOST]),
        customer=people[0] if people else None,
        advocates=advocates,
    )


def _people(asked, storefronts):
    known, plain = Customer.objects.filter(storefront__in=storefronts), asked.lower()
    if "@" in asked:
        return list(known.filter(email_key=emails.normalise(asked)))
    if customer_id := ids.decode("cus", plain):
        return list(known.filter(public_id=customer_id))
    if advocate_id := ids.decode("adv", plain):
        return list(known.filter(advocacies__public_id=advocate_id))
    if referral_id := ids.decode("ref", plain):
        return list(known.filter(pk__in=Referral.objects.filter(public_id=referral_id).values("friend")))
    if claim_id := ids.decode("clm", plain):
        of = Claim.objects.filter(public_id=claim_id)
        return list(known.filter(Q(pk__in=of.values("friend")) | Q(advocacies__in=of.values("advocate"))))
    return list(known.filter(external_id=asked.removeprefix(_EXTERNAL)))


def _advocates(asked, storefronts):
    links = Link.objects.filter(storefront__in=storefronts)
    named = links.filter(public_id=ids.decode("lnk", asked.lower())) if asked.lower().startswith("lnk_") else None
    links = links.filter(code=asked.upper()) if named is None else named
    return list(Advocate.objects.filter(pk__in=links.values("advocate")))


def _bonds(**whose):
    conversions = Conversion.objects.select_related("order__storefront").order_by("sequence")
    bonds = Referral.objects.filter(**whose).select_related("friend", "program", "advocate__customer")
    return bonds.prefetch_related(Prefetch("conversions", conversions)).order_by("-id")
