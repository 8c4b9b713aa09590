"""A store small enough to look at whole, for the figures and the rows behind them."""

from datetime import timedelta

from advocacy import expectations, ids, mentions, surveys
from advocacy.models import Advocate, Customer, Side, Standing
from referrals import costs, links, rollups, shares
from referrals.growth import tallies
from referrals.models import Fit, Invitation, Link, LinkMove, Order, Referral
from rewards.models import Rate, Reward, Subject
from tests.cast import DAY, HOUR, NOON
from tests.referrals.history import bought, brought, brought_by, click, converted, counted, person

YEAR = timedelta(days=365)


def make(program, acme, alice, mallory):
    """Friends of today, of last year and one rejected; strangers who began alike; rewards, costs and shares."""
    first, chat = alice.links.get(), links.create(advocate=mallory, code="CHAT", channel="chat", at=NOON - 9 * DAY)
    Advocate.objects.filter(pk=alice.pk).update(enrolled_at=NOON - 12 * DAY)
    shares.record(storefront=acme, kind="view", code=first.code, at=NOON - 9 * DAY)
    shares.record(storefront=acme, kind="share", code="CHAT", channel="sms", at=NOON - 3 * DAY)
    Invitation.objects.create(storefront=acme, advocate=alice, link=first, digest=b"x", invited_at=NOON - 2 * DAY)
    for link, ago in ((first, 9 * DAY), (first, 9 * DAY - 2 * HOUR), (chat, 8 * DAY), (chat, 2 * DAY)):
        click(link, at=NOON - ago, visitor=f"v{ago.days // 3}")
    _given_away(alice, mallory)
    _friend(first, "fred", ago=8 * DAY, segments=["vip"])
    _friend(chat, "frida", ago=2 * DAY, currency="USD", segments=["vip"])
    _friend(first, "cheater", ago=3 * DAY, stands=False, advocate_review="rejected")
    _friend(first, "returner", ago=4 * DAY, stands=False)
    old = _friend(first, "old friend", ago=400 * DAY)
    bought(old, at=NOON - 380 * DAY, revenue_minor=900)
    bought(old, at=NOON - 40 * DAY, revenue_minor=700, total_minor=1000, refunded_minor=333)
    for name, ago in (("stranger", 400), ("other", 401), ("guest", 800), ("newcomer", 1)):
        bought(person(acme, name), at=NOON - ago * DAY, revenue_minor=6000 + ago)
    bought(old, at=NOON - 390 * DAY, revenue_minor=50)
    bought(Customer.objects.get(external_id="stranger"), at=NOON - 390 * DAY, revenue_minor=50)
    bought(person(acme, "spender"), at=NOON - 400 * DAY, revenue_minor=9_000_000)
    beans = [{"name": "Beans", "quantity": 2}, {"sku": "Mug"}, {"name": "Beans"}]
    Order.objects.filter(customer__external_id__in=("fred", "newcomer", "cheater")).update(products=beans)
    _rewards(program, alice)
    _kin(program)
    _expected(acme, alice.customer)
    said = (
        ("2026-02", "referral", 500),
        ("2026-02", "payout_fees", 56),
        ("2026-01", "referral", 310),
        ("2026-01", "email", 70),
    )
    costs.put(
        storefront=acme,
        costs=[costs.Said("", costs.month_of(month), channel, "EUR", minor, "team") for month, channel, minor in said],
        at=NOON,
    )
    rate = {"currency": "USD", "target": "EUR", "rate": "0.9", "source": "ecb"}
    for weeks in range(8):
        Rate.objects.create(storefront=acme, recorded_at=NOON, day=NOON.date() - 7 * weeks * DAY, **rate)
    for number, score in enumerate((10, 9, 7, 3)):
        answered = {"survey": "after", "kind": "nps", "score": score, "answered_at": (NOON - DAY).isoformat()}
        surveys.answer(storefront=acme, customer=alice.customer, answer_id=str(number), **answered, at=NOON)
    _met(acme, alice.customer)
    rollups.rebuild(storefront=acme)
    rollups.recount(at=NOON)
    counted(acme)
    tallies.count(program=program, at=NOON)
    return program


def _given_away(alice, mallory):
    """A link of hers that a merge gave to another, with clicks from before and after."""
    old = links.create(advocate=alice, code="OLD", channel="", at=NOON - 9 * DAY)
    shares.record(storefront=alice.storefront, kind="share", code="OLD", channel="sms", at=NOON - 7 * DAY)
    for ago in (7, 5):
        click(old, at=NOON - ago * DAY, visitor="w")
    LinkMove.objects.create(link=old, program=old.program, advocate=alice, until=NOON - 6 * DAY)
    Link.objects.filter(pk=old.pk).update(advocate=mallory)


def _friend(link, name, *, ago, segments=(), currency="EUR", **conversion):
    friend = person(link.storefront, name)
    bond = brought_by(link, friend, at=NOON - ago - HOUR, clicked_at=NOON - ago - HOUR, segments=segments)
    order = bought(friend, at=NOON - ago, currency=currency)
    converted(bond, order, frozen={"advocate_segments": list(segments)}, **conversion)
    stands = int(conversion.get("stands", True))
    Referral.objects.filter(pk=bond.pk).update(standing_conversions=stands, converted_at=order.paid_at)
    return friend


def _kin(program):
    """fred brings a friend of his own; two bring each other."""
    one, two = (person(program.storefront, name) for name in ("one", "two"))
    fred = Customer.objects.get(storefront=program.storefront, external_id="fred")
    for who, friend in ((fred, person(program.storefront, "freds friend")), (one, two), (two, one)):
        brought(links.enrol(program=program, customer=who, at=NOON - 3 * DAY)[0], friend, at=NOON - 2 * DAY)


def _expected(acme, alice):
    """What a night wrote: alice is leaving, of fred a value is not known."""
    fred, stranger = (Customer.objects.get(storefront=acme, external_id=name) for name in ("fred", "stranger"))
    who = sorted([(alice.pk, 43, 125, 6200), (fred.pk, 80, 250, None), (stranger.pk, 90, 75, 800)])
    expected = expectations.Expected(*map(list, zip(*who, strict=True)))
    expectations.write_down(storefront=acme, expected=expected, at=NOON - HOUR)
    Standing.objects.filter(customer=alice).update(friends_joined=4, friends_converted=2)
    Standing.objects.filter(customer=fred).update(advocate_left_at=NOON)
    sums = {"expected_of": 3, "at_risk": 1, "orders_e2": 450, "value_minor": 7000}
    Fit.objects.create(
        storefront=acme, day=NOON.date(), fitted_at=NOON - HOUR, written_at=NOON, customers=3, p=1.0, **sums
    )


def _rewards(program, alice):
    amounts = (
        (Side.ADVOCATE, {"available_minor": 400, "spent_minor": 600}),
        (Side.FRIEND, {"available_minor": 500, "expired_minor": 250}),
        (Side.ADVOCATE, {"pending_minor": 1000}),
    )
    for number, (side, parts) in enumerate(amounts):
        at = NOON - 10 * DAY
        subject = Subject.objects.create(
            storefront=program.storefront,
            program=program,
            trigger="conversion.recorded",
            kind="conversion",
            public_id=ids.uuid7(number),
            occurred_at=at,
        )
        Reward.objects.create(
            storefront=program.storefront,
            program=program,
            subject=subject,
            side=side,
            recipient=alice.customer,
            unit="EUR",
            granted_minor=1000,
            status="available",
            due_at=at + 3 * DAY,
            created_at=at,
            **parts,
        )


def _met(acme, customer):
    """What five people expected and met at a touchpoint, and what is said of the shop."""
    people = [customer, *(person(acme, f"guest {number}") for number in range(4))]
    for number, who in enumerate(people):
        for kind, score in (("expectation", 6), ("experience", 3 + number % 2)):
            told = {"storefront": acme, "customer": who, "answer_id": f"{kind} {number}", "kind": kind, "score": score}
            surveys.answer(**told, touchpoint="chat", answered_at=(NOON - DAY).isoformat(), at=NOON)
    heard = mentions.Heard("", "m-1", "acme", "reddit", "positive", NOON - DAY)
    mentions.put(storefront=acme, mentions=[heard], at=NOON)
