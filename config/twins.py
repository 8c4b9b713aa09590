"""Test twins over all apps: what they are given, how they are emptied, how their clock moves things on."""

import logging

import pgtrigger
from django.apps import apps
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from advocacy import ids, terms, twins
from advocacy.models import Program, ProgramTerms, Storefront
from advocacy.outbox import interruptions
from advocacy.refusals import Refused, TryAgain
from config import second_look
from referrals import claims
from referrals.models import FraudPolicy
from rewards import crediting, expiry, redemptions, rulebook
from rewards.coupons import ending, pools, serving
from rewards.models import CouponPool, PoolSource, Rule, RuleStatus
from rewards.settlement import closing

# What of a twin is no test data: it stays when the twin is emptied.
KEPT = frozenset({"advocacy.Storefront", "advocacy.ApiKey", "advocacy.Connection", "advocacy.WebhookEndpoint"})
_OWN = ("id", "public_id", "storefront", "created_at")
_MOST_ROUNDS = 200
_TRIES = 3
# PostgreSQL's class of a row that points to one that is gone: somebody wrote it while the twin was emptied.
_POINTS_NOWHERE = "23503"
log = logging.getLogger(__name__)


def fill(twin, *, at):
    """Copy the programs that the twin lacks, each with its pools and the rules in force."""
    have = Program.objects.filter(storefront=twin).values_list("slug", flat=True)
    for program in Program.objects.filter(storefront=twin.test_twin_of_id).exclude(slug__in=list(have)):
        _copy(program, twin, at)


def _copy(program, twin, at):
    made = Program.objects.create(storefront=twin, created_at=at, **_columns(program, _OWN))
    _copy_terms(program, made)
    _copy_checks(program, made)
    known = {pools.text_id(pool): _pool(pool, made, at) for pool in _given(program)}
    if program.friends_pool:
        made.friends_pool = ids.decode("pol", known[ids.encode("pol", program.friends_pool)])
        made.save(update_fields=["friends_pool"])
    for rule in Rule.objects.filter(program=program, status=RuleStatus.ACTIVE).order_by("pk"):
        version = rulebook.in_force(rule=rule, at=at)
        if version:
            said = _renamed(rulebook.terms_of(version), known)
            # Whatever it warns of was meant of the rule it is a copy of.
            rulebook.save(
                program=made, name=rule.name, terms=said, at=at, starts_at=at, from_the_past=True, accepted=True
            )


def _copy_terms(program, made):
    """The versions that were published, and where the newest is read."""
    for row in program.terms.filter(published_at__isnull=False).order_by("number"):
        columns = _columns(row, (*_OWN, "program"))
        made.terms_url = terms.address(ProgramTerms.objects.create(storefront=made.storefront, program=made, **columns))
    made.save(update_fields=["terms_url"])


def _copy_checks(program, made):
    """Of fraud; a program that says nothing of them has the usual ones, and so has its copy."""
    for policy in FraudPolicy.objects.filter(program=program):
        FraudPolicy.objects.create(program=made, **_columns(policy, ("program",)))


def _given(program):
    return CouponPool.objects.filter(program=program).exclude(source=PoolSource.LINKS)


def _pool(pool, program, at):
    """A pool of the same worth that makes its codes: those of the live pool are for customers."""
    columns = {name: getattr(pool, name) for name in pools.COLUMNS}
    columns |= {"source": PoolSource.GENERATED, "prefix": "TEST-", "connection_id": None, "minimum_minor": 0}
    made, _ = pools.create(program=program, name=pool.name, at=at, **columns)
    return pools.text_id(made)


def _renamed(value, known):
    """Terms with the twin's pools in place of the live ones."""
    if isinstance(value, dict):
        return {name: _renamed(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, known) for inner in value]
    return known.get(value, value) if isinstance(value, str) else value


def _columns(row, without):
    return {
        column.name: getattr(row, column.name) for column in row._meta.concrete_fields if column.name not in without
    }


def advance(*, twin, seconds, now):
    """Move a twin's clock on and do at once what has become due of it; returns its new time."""
    twins.advance(twin=twin, seconds=seconds)
    sweep(twin, now=now)
    return twins.clock(twin, now)


def sweep(twin, *, now):
    """What beat does of all storefronts at their time, of one twin at its own."""
    at = twins.clock(twin, now)
    works = [
        claims.end_overdue,
        closing.close,
        second_look.look,
        crediting.release,
        redemptions.end,
        expiry.expire,
        expiry.remind,
        ending.expire,
    ]
    for work in [*works, serving.serve]:
        for _ in range(_MOST_ROUNDS):
            if not work(at=at, storefront=twin):
                break


def ahead():
    """The twins whose clock is ahead: time brings them nothing unless they are looked at by their own."""
    return Storefront.objects.filter(clock_ahead__gt=0, test_twin_of__isnull=False)


def empty(*, twin, at):
    """Delete all test data of a twin, wind its clock back, and give it its storefront's programs and rules anew.

    Whoever writes beside it may meet it: then all of it is done again, and after three times refused as ``TryAgain``.
    """
    if twin.test_twin_of_id is None:
        raise Refused("test_key_needed", "Only the test data of a test twin can be deleted.")
    for _ in range(_TRIES):
        try:
            _empty(twin)
            return _fill_emptied(twin, at)
        except (IntegrityError, InterfaceError, OperationalError) as error:
            _pass_over(error)
            log.warning("Emptying the test data of %s met other calls: %r", twin.pk, error)
    raise TryAgain("Other calls are writing test data. Nothing is lost by it: call again when they are done.")


def _empty(twin):
    """Rows point to each other in circles and some are append-only: the database checks their foreign keys at the end
    of the transaction, and the triggers that keep history look away for it, for rows of this twin only.
    """
    # They look again once the transaction is over: said within one that failed, it would hide why.
    with pgtrigger.ignore(), transaction.atomic():
        _hold(twin)
        for model, path in owned():
            _delete(model, path, twin)
        Storefront.objects.filter(pk=twin.pk).update(clock_ahead=0)
    twin.refresh_from_db(fields=["clock_ahead"])


def _fill_emptied(twin, at):
    with transaction.atomic():
        _hold(twin)
        fill(twin, at=at)


def _hold(twin):
    Storefront.objects.select_for_update(no_key=True).get(pk=twin.pk, test_twin_of__isnull=False)


def _pass_over(error):
    """Raise what comes again however often it is done."""
    if getattr(error.__cause__, "sqlstate", None) == _POINTS_NOWHERE:
        return
    try:
        interruptions.pass_on(error)
    except interruptions.Interrupted:
        return
    raise error


def owned():
    """``[(model, path to its storefront's id)]`` of every table that holds test data."""
    models = [
        model
        for label in ("advocacy", "referrals", "rewards")
        for model in apps.get_app_config(label).get_models()
        if model._meta.label not in KEPT and not model._meta.proxy
    ]
    paths = {model: _path(model, frozenset()) for model in models}
    # Who is found through another goes before it.
    return sorted(((model, path) for model, path in paths.items() if path), key=lambda each: -each[1].count("__"))


def _path(model, seen):
    """How its rows lead to their storefront by columns that are never empty: the shortest way, or None."""
    names = {column.name for column in model._meta.concrete_fields}
    if names & {"storefront", "storefront_id"}:
        return "storefront_id"
    ways = [
        f"{column.name}__{further}"
        for column in model._meta.concrete_fields
        if column.is_relation and not column.null and column.related_model not in seen
        if (further := _path(column.related_model, seen | {model}))
    ]
    return min(ways, key=lambda way: way.count("__"), default=None)


def _delete(model, path, twin):
    """One statement, without Django's cascade, which would meet what is protected."""
    rows = model._base_manager.filter(**{path: twin.pk}).order_by()
    if path != "storefront_id":
        rows = model._base_manager.filter(pk__in=rows.values("pk"))
    rows._raw_delete(using=connection.alias)
