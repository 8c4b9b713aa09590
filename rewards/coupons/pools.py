"""Pools of codes: made, found, counted, and told of when they run low."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q

from advocacy import ids, persons, platforms
from advocacy.models import Connection, ConnectionStatus, Side
from advocacy.refusals import Conflict, NotFound, Refused
from rewards import events as catalogue
from rewards.coupons import debts, telling
from rewards.models import Coupon, CouponPool, CouponState, PoolKind, PoolSource, Reward, RewardStatus, RuleVersion

# What makes two calls for a pool of one name the same call.
COLUMNS = (
    "kind",
    "source",
    "amount_minor",
    "currency",
    "percent_bp",
    "prefix",
    "code_length",
    "low_stock",
    "expiry_days",
    "connection_id",
    "minimum_minor",
    "most_uses",
)


def create(*, program, name, at, **columns):
    """``(pool, created)``. The same pool again is found; another of the name is a Conflict ``pool_exists``.

    ``columns``: any of ``COLUMNS``. Raises ``Refused`` ("invalid_pool") with a sentence by field. Of a pool that is new
    and of a shop, the shop is asked first whether it can be: see ``check_shop``.
    """
    pool = CouponPool(storefront_id=program.storefront_id, program=program, name=name, created_at=at, **columns)
    if pool.connection_id and not CouponPool.objects.filter(program=program, name=name).exists():
        check(pool)
        check_shop(pool)
    with transaction.atomic():
        known = CouponPool.objects.filter(program=program, name=name).first()
        if known:
            if any(getattr(known, column) != getattr(pool, column) for column in COLUMNS):
                raise Conflict("pool_exists", f"The program has another pool called {name}; choose another name.")
            return known, False
        check(pool)
        pool.save(force_insert=True)
    return pool, True


def check(pool):
    """Refuse ("invalid_pool") what makes no sense, with a sentence by field."""
    try:
        pool.full_clean()
    except ValidationError as invalid:
        errors = {
            "amount_minor" if name == "__all__" else name: " ".join(said) for name, said in invalid.message_dict.items()
        }
        raise Refused("invalid_pool", " ".join(errors.values()), errors=errors) from invalid
    if pool.connection_id and pool.connection.storefront_id != pool.program.storefront_id:
        said = "This shop belongs to another storefront than the program; choose one of its own connections."
        raise Refused("invalid_pool", said, errors={"connection": said})


def connection_named(*, storefront, name):
    """The connection ``con_…`` of the storefront; NotFound for anything else."""
    public_id = ids.decode("con", str(name or ""))
    found = Connection.objects.filter(storefront=storefront, public_id=public_id).first() if public_id else None
    if found is None:
        said = "There is no connection of this id; see Connections in the admin."
        raise NotFound("unknown_connection", said, errors={"connection": said})
    return found


def check_shop(pool):
    """Ask the shop whether codes of this pool can be made: an ended connection, missing access, another currency and
    what it does not allow are refused in words. Not inside a transaction. In test mode no shop is asked.
    """
    if pool.storefront.test_twin_of_id:
        return
    said = ""
    if pool.connection.status != ConnectionStatus.ACTIVE:
        said = f"“{pool.connection.name}” is ended; take it up again first."
    currency = pool.program.currency if pool.minimum_minor or pool.amount_minor else ""
    try:
        if not said:
            caller = platforms.Caller(pool.connection, patience=0)
            platforms.discounts.check(caller, currency=currency)
    except platforms.PlatformFailed as failed:
        said = failed.message
    if said:
        raise Refused("connection_refused", said, errors={"connection": said})


def named(*, program, name, form):
    """The pool that a benefit of this form names as ``pol_…``. Raises ``Refused`` in words an admin can follow."""
    public_id = ids.decode("pol", str(name or ""))
    pool = CouponPool.objects.filter(program=program, public_id=public_id).first() if public_id else None
    if pool is None:
        raise NotFound("unknown_pool", "Choose a pool of this program that the codes are taken from.")
    if pool.source == PoolSource.LINKS:
        raise Refused("wrong_pool", f"“{pool.name}” are the advocates’ own codes: no reward is one.")
    if pool.kind != form:
        wanted = PoolKind(form).label.lower()
        raise Refused("wrong_pool", f"“{pool.name}” holds {pool.get_kind_display().lower()}; choose one of {wanted}.")
    return pool


def text_id(pool):
    return ids.encode("pol", pool.public_id)


def waiting(pool):
    """The rewards that wait for a code of this pool, in the order in which they are served."""
    return _of(pool).filter(waits_for_code=True).order_by("due_at", "pk")


def wanting(pool):
    """The rewards that will need a code of this pool: those that wait, and those whose hold goes on."""
    return _of(pool).filter(Q(status=RewardStatus.PENDING) | Q(waits_for_code=True))


def _of(pool):
    name, of_it = text_id(pool), Q()
    for side in Side.values:
        of_it |= Q(**{"side": side, f"rule_version__benefits__{side}__pool": name})
    return Reward.objects.filter(of_it, program=pool.program_id).exclude(status=RewardStatus.REVERSED)


def waiting_of(*, customer, program):
    """A customer's rewards that wait for a code; not those that pay off an earlier one."""
    return debts.free_of(_without_code(customer, program))


def paying_of(*, customer, program):
    """A customer's rewards that were credited without a code, because they pay off one that was used and taken back."""
    return debts.paying(_without_code(customer, program))


def _without_code(customer, program):
    rows = Reward.objects.filter(recipient__in=persons.ids_of(customer), program=program, waits_for_code=True)
    return rows.exclude(status=RewardStatus.REVERSED)


def counted(pools):
    """The pools as a queryset with ``free``, ``handed``, ``assigned`` and ``used``: codes by state."""
    states = {name: Count("coupons", filter=Q(coupons__state=name)) for name in ("free", "handed", "assigned", "used")}
    return pools.annotate(**states)


def waited_for(candidates):
    """Those of these pools (a queryset) that somebody waits for a code of; who waits for another pool is not read."""
    named = {text_id(pool): pool for pool in candidates.order_by("pk")}
    paying = _paying({pool.program_id for pool in named.values()}, named)
    wanted = {paying[place] for place in _waited_for({version for version, _ in paying}) if place in paying}
    return [pool for name, pool in named.items() if name in wanted]


def _paying(programs, names):
    """``{(rule version, side): pool's name}`` of the versions in these programs that give codes of these pools."""
    versions = RuleVersion.everything.filter(rule__program__in=programs).values_list("pk", "benefits")
    said = {
        (version, side): benefits.get(side, {}).get("pool") for version, benefits in versions for side in Side.values
    }
    return {place: name for place, name in said.items() if name in names}


def _waited_for(versions):
    """The (version, side) of which a reward waits; of each one row is read, by ``rewards_that_wait_by_version``."""
    mine = Reward.objects.filter(rule_version=OuterRef("pk"), waits_for_code=True)
    waits = {side: Exists(mine.filter(side=side).exclude(status=RewardStatus.REVERSED)) for side in Side.values}
    for version, *said in RuleVersion.everything.filter(pk__in=versions).annotate(**waits).values_list("pk", *waits):
        yield from ((version, side) for side, waiting in zip(waits, said, strict=True) if waiting)


def left(pool):
    return Coupon.objects.filter(pool=pool, state=CouponState.FREE).count()


def warn(*pools, at, claimed=None):
    """Tell once that a pool of uploaded codes runs low; again only after codes came.

    Of several, all in one call: their rows are locked in order. ``claimed``: ``{pool id: rewards}`` that codes are
    about to be given to; these count no more, neither of the codes nor of those who need one.
    """
    for pool in sorted(pools, key=lambda pool: pool.pk):
        if pool.uploaded:
            _warn(pool, (claimed or {}).get(pool.pk, ()), at)


def _warn(pool, claimed, at):
    free = Coupon.objects.filter(pool=pool, state=CouponState.FREE)
    few = free[: pool.low_stock + len(claimed) + 1].count() - len(claimed)
    if few <= pool.low_stock:
        _tell_low(pool, few, [reward.pk for reward in claimed if reward.pk], at)


def _tell_low(pool, few, served, at):
    moved = CouponPool.objects.filter(pk=pool.pk, low_since=None).update(low_since=at, version=F("version") + 1)
    if moved:
        pool.refresh_from_db(fields=["low_since", "version"])
        needed = wanting(pool).exclude(pk__in=served).count()
        counts = {"left": few, "waiting": waiting(pool).count(), "needed": needed}
        telling.tell_of_pool(catalogue.COUPON_POOL_LOW, pool, counts=counts, at=at)


def watch(*, at):
    """Tell of each pool that is promised so far that hardly a code stays, while rewards are still held: before any has
    to wait.
    """
    for pool in CouponPool.objects.filter(source=PoolSource.UPLOADED, low_since=None).order_by("pk"):
        free, needed = left(pool), wanting(pool).count()
        if needed and free - needed <= pool.low_stock:
            with transaction.atomic():
                _tell_low(pool, free, [], at)


def restocked(pool):
    """Codes came: where they are enough for now, it may be told anew that they run low, or that more are promised."""
    if left(pool) > pool.low_stock:
        CouponPool.objects.filter(pk=pool.pk).update(low_since=None)
