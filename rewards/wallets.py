"""What a customer has: per unit and form what is theirs, what is on the way, what will expire; and every line of it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, F, Q, Sum, When

from advocacy import persons
from advocacy.models import Customer, Event
from rewards import lots, shop_holds
from rewards.models import (
    Account,
    AccountKind,
    Adjustment,
    Decision,
    Exchange,
    Form,
    HoldFrom,
    Leg,
    Payout,
    Redemption,
    Reward,
    RewardStatus,
    Transfer,
)

# Of a statement as a file, read in pieces of so many lines.
PIECE = 1000


@dataclass(frozen=True)
class Coming:
    """A pending amount. ``held_by``: a reason key, or "".

    ``due_at`` is None where that says nothing: a review, a pause, a code that is missing. While it waits for its
    delivery it is the latest time at which it is credited.
    """

    amount_minor: int
    due_at: datetime | None
    held_by: str = ""
    # When its hold is over, also where something else holds it longer.
    hold_ends_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Expiring:
    """What expires when, if nothing is spent until then."""

    amount_minor: int
    expires_at: datetime


@dataclass
class Wallet:
    """One unit of one form, in minor units; available may be below 0."""

    unit: str
    form: str
    available_minor: int = 0
    pending_minor: int = 0
    reserved_minor: int = 0
    coming: list = field(default_factory=list)
    expiring: list = field(default_factory=list)


def balance(*, storefront, customer, at):
    """A Wallet for each unit and form that the customer ever had something of; coming and expiring soonest first.

    What is past its time is not available, also before ``expiry.expire`` has taken it away. What a shop holds stays.
    """
    return balances(storefront=storefront, customers=[customer], at=at)[customer.pk]


def balances(*, storefront, customers, at):
    """``{key of a Customer: their Wallets}``, as ``balance`` has them, by as many questions for many as for one."""
    owner_of = _owners_of_records(customers)
    wallets = {}
    mine = Account.objects.filter(storefront=storefront, customer__in=owner_of)
    for account in mine.order_by("unit", "form"):
        key = owner_of[account.customer_id], account.unit, account.form
        wallet = wallets.setdefault(key, Wallet(account.unit, account.form))
        column = f"{account.kind}_minor"
        setattr(wallet, column, getattr(wallet, column) + account.balance_minor)
    theirs = Reward.objects.filter(storefront=storefront, recipient__in=owner_of)
    _add_coming(wallets, theirs, owner_of)
    _add_expiring(wallets, theirs, owner_of, at)
    found = {customer.pk: [] for customer in customers}
    for (owner, *_), wallet in wallets.items():
        found[owner].append(wallet)
    return found


def _owners_of_records(customers):
    """``{key of a record: key of the Customer whose it is}``; asks nothing where nobody was merged."""
    if not any(customer.merged_into_id or customer.absorbed for customer in customers):
        return {customer.pk: customer.pk for customer in customers}
    named = {customer.person_id: customer.pk for customer in customers}
    records = Customer.objects.filter(Q(public_id__in=named) | Q(merged_into__in=named))
    return {record.pk: named[record.person_id] for record in records.only("pk", "public_id", "merged_into")}


def owners(*, storefront, **accounts):
    """The people of a storefront who ever had something, as the records that count; of ``accounts`` like these only."""
    held = Account.objects.filter(storefront=storefront, customer__isnull=False, **accounts)
    merged = held.filter(customer__merged_into__isnull=False)
    theirs = Q(pk__in=held.values("customer")) | Q(public_id__in=merged.values("customer__merged_into"))
    return Customer.objects.filter(theirs, storefront=storefront, merged_into=None)


def _key(reward, owner_of):
    return owner_of[reward.recipient_id], reward.unit, reward.form


def _add_coming(wallets, rewards, owner_of):
    waiting = rewards.filter(status=RewardStatus.PENDING, pending_minor__gt=0)
    waiting = list(waiting.select_related("advocate", "rule_version", "subject").order_by("due_at", "pk"))
    undelivered = _undelivered(waiting)
    for reward in waiting:
        held = reward.held_by
        due_at = None if held else reward.due_at
        held = held or ("awaiting_delivery" if reward.subject.public_id in undelivered else "")
        wallets[_key(reward, owner_of)].coming.append(Coming(reward.pending_minor, due_at, held, reward.due_at))


def _undelivered(rewards):
    """Of rewards whose hold counts from shipping or delivery: the public ids of those not told of that yet."""
    facts = {
        HoldFrom.SHIPPING: "shipped_at",
        HoldFrom.DELIVERY: "delivered_at",
    }
    asked = {
        (reward.subject.public_id, reward.subject.settled_version): facts[reward.rule_version.hold_from]
        for reward in rewards
        if reward.rule_version_id and reward.rule_version.hold_from in facts
    }
    if not asked:
        return set()
    events = Event.objects.filter(
        subject_id__in={subject for subject, _ in asked}, version__in={version for _, version in asked}
    ).only("subject_id", "version", "facts")
    newest = {(event.subject_id, event.version): event.facts for event in events}
    return {key[0] for key, fact in asked.items() if _awaits(newest.get(key, {}), fact)}


def _awaits(facts, fact):
    return "placed_at" in facts and not facts.get("digital") and not facts.get(fact)


def _add_expiring(wallets, rewards, owner_of, at):
    """A lot that pays off another below 0 expires only as far as the balance goes."""
    rows = list(rewards.filter(available_minor__gt=0, expires_at__isnull=False).order_by("expires_at", "pk"))
    if shop_holds.held_among(rows):
        # Nothing of it expires.
        rows = [reward for reward in rows if reward.form != Form.CREDIT]
        wallets = {key: wallet for key, wallet in wallets.items() if wallet.form != Form.CREDIT}
    over = {owner_of[reward.recipient_id] for reward in rows if lots.is_over(reward, at)}
    if over:
        _leave_out_what_is_over(wallets, rewards, owner_of, over, at)
    left = {key: wallet.available_minor for key, wallet in wallets.items()}
    for reward in rows:
        if lots.is_over(reward, at):
            continue
        key = _key(reward, owner_of)
        amount = min(reward.available_minor, left[key])
        if amount > 0:
            left[key] -= amount
            wallets[key].expiring.append(Expiring(amount, reward.expires_at))


def _leave_out_what_is_over(wallets, rewards, owner_of, owners, at):
    """It pays debts, and nothing else."""
    lasting = rewards.filter(available_minor__gt=0).exclude(expires_at__lte=at).values("recipient", "unit", "form")
    sums = Counter()
    for row in lasting.order_by().annotate(sum=Sum("available_minor")):
        sums[owner_of[row["recipient"]], row["unit"], row["form"]] += row["sum"]
    for key, wallet in wallets.items():
        if key[0] in owners:
            wallet.available_minor = min(wallet.available_minor, sums[key])


def statement(*, storefront, customer):
    """The transfers in and out of the customer's accounts as a queryset, to be ordered and cut by the door."""
    people = persons.ids_of(customer)
    return (
        Transfer.objects.filter(storefront=storefront)
        .filter(Q(source__customer__in=people) | Q(target__customer__in=people))
        .select_related("reward__rule", "reward__subject", "source", "target")
    )


def moved_by(*, reference):
    """The transfers that a redemption, an adjustment or an exchange made, in their order."""
    return (
        Transfer.objects.filter(reference=reference).select_related("reward__rule", "reward__recipient").order_by("id")
    )


@dataclass(frozen=True)
class Line:
    """A transfer as its owner reads it.

    ``change_minor``: of what is available; ``balance_minor``: what was available after it, of its unit and form.
    ``cause``: the Redemption, Adjustment, Exchange or Payout that moved it, or None: then its reward's rule did.
    """

    transfer: Transfer
    change_minor: int
    balance_minor: int
    cause: object = None
    # Whether a correction moved it: an admin had made a mistake.
    corrected: bool = False

    @property
    def text(self):
        """For staff and storefronts, who read why something was adjusted; customers do not."""
        what = self.transfer.get_leg_display()
        if isinstance(self.cause, Adjustment):
            return f"{what} by hand: {self.cause.reason}"
        if isinstance(self.cause, Redemption):
            order = self.cause.order_external_id
            return f"{what}: order {order}" if order else f"{what}: at the checkout"
        if self.cause is not None:
            return f"{what}: {_CAUSES[type(self.cause)]}"
        corrected = " (corrected)" if self.corrected else ""
        return f"{what}: {self.transfer.reward.rule or 'by hand'}{corrected}"


# What deciding moves by itself.
_DECIDED = (Leg.GRANT, Leg.TAKE_PENDING, Leg.TAKE_AVAILABLE, Leg.TAKE_EXPIRED)
# What a transfer's reference may name, in words.
_CAUSES = {Redemption: "redemption", Adjustment: "adjustment", Exchange: "points for credit", Payout: "payout"}


def lines(*, customer, transfers):
    """A Line for each of these transfers of the statement, which stand newest first."""
    if not transfers:
        return []
    causes, people = _causes(transfers), persons.ids_of(customer)
    balances, corrected = _balances(people, transfers[0]), _corrected(transfers)
    told = []
    for transfer in transfers:
        key = transfer.unit, transfer.source.form
        change = _change(transfer, people)
        told.append(Line(transfer, change, balances[key], causes.get(_cause(transfer)), transfer.pk in corrected))
        balances[key] -= change
    return told


def every_line(*, storefront, customer):
    """Yields a Line for all of the statement, newest first; for files."""
    rows = statement(storefront=storefront, customer=customer).order_by("-pk")
    piece = list(rows[:PIECE])
    while piece:
        yield from lines(customer=customer, transfers=piece)
        piece = list(rows.filter(pk__lt=piece[-1].pk)[:PIECE])


def _change(transfer, people):
    return sum(
        sign * transfer.amount_minor
        for account, sign in ((transfer.source, -1), (transfer.target, 1))
        if account.customer_id in people and account.kind == AccountKind.AVAILABLE
    )


def _balances(people, newest):
    """``{(unit, form): what was available after this transfer}``."""
    available = Q(source__customer__in=people, source__kind=AccountKind.AVAILABLE)
    gained = Q(target__customer__in=people, target__kind=AccountKind.AVAILABLE)
    sums = (
        Transfer.objects.filter(available | gained, storefront=newest.storefront_id, pk__lte=newest.pk)
        .values("unit", "source__form")
        .annotate(total=Sum(Case(When(gained, then=F("amount_minor")), default=-F("amount_minor"))))
        .order_by()
    )
    return defaultdict(int, {(each["unit"], each["source__form"]): each["total"] for each in sums})


def _corrected(transfers):
    """Ids of the transfers that decisions made which a correction had asked for."""
    mine = [each for each in transfers if each.decided and not each.reference and each.leg in _DECIDED]
    asked = Decision.objects.filter(subject__in={each.reward.subject_id for each in mine}, correction__isnull=False)
    known = set(asked.values_list("subject_id", "number")) if mine else set()
    return {each.pk for each in mine if (each.reward.subject_id, each.decided) in known}


def _cause(transfer):
    """What made a reward without a rule is its subject."""
    if transfer.reference:
        return transfer.reference
    return None if transfer.reward.rule_id else transfer.reward.subject.public_id


def _causes(transfers):
    wanted = {_cause(transfer) for transfer in transfers} - {None}
    if not wanted:
        return {}
    return {row.public_id: row for model in _CAUSES for row in model.objects.filter(public_id__in=wanted)}
