"""Records of one person become one, and may be parted again until money has left.

Nothing is moved: the record that is merged keeps its names, orders, bonds and wallet, and leads to the survivor, who
has them all (``advocacy.persons``). What follows (links, bonds, counters) the apps do by the event.
"""

from importlib import import_module

from django.conf import settings
from django.db import transaction

from advocacy import enrolment, events, given, persons
from advocacy.models import Advocate, AdvocateStatus, Customer, Merge
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, NotFound, Refused

_TEXTS = ("name", "phone", "locale", "country", "time_zone")
_DATA = ("source", "traits")
_STRICTEST = (AdvocateStatus.BANNED, AdvocateStatus.PAUSED, AdvocateStatus.ACTIVE)


def merge(*, survivor, merged, source, at, reason="", by=None):
    """``(Merge, whether it is new)``: ``merged`` is the same person as ``survivor``, who is the one to go on.

    Where the survivor has neither id nor e-mail, the other goes on. Merged before, also the other way round, it stays
    as it is. Refuses ``same_customer``; NotFound for another storefront's.
    """
    reason = given.text("reason", reason, longest=200)
    if survivor.storefront_id != merged.storefront_id:
        raise NotFound("unknown_customer", "There is no such customer.")
    if survivor.pk == merged.pk:
        raise Refused("same_customer", "This is one customer already; name two that are to become one.")
    with transaction.atomic():
        persons.alone(survivor.storefront_id)
        pair = [persons.survivor(_now(row)) for row in (survivor, merged)]
        if pair[0].pk == pair[1].pk:
            return _known(survivor, merged), False
        pair = _locked(pair)
        into, gone = pair if _has_name(pair[0]) or not _has_name(pair[1]) else reversed(pair)
        made = Merge(storefront_id=into.storefront_id, survivor=into, merged=gone, source=source, reason=reason)
        made.by, made.made_at, made.version = by, at, 1
        made.kept = {"filled": _fill(into, gone), "mark": _wallets().mark(storefront=into.storefront_id)}
        made.save(force_insert=True)
        _regroup(into.storefront_id, {into.public_id, gone.public_id})
        _agree(into, at)
        _tell(made, events.CUSTOMER_MERGED, at)
    made.survivor, made.merged = _now(into), _now(gone)
    return made, True


def undo(*, merge, reason, at, by=None):
    """Part them again; whatever came since the merge stays with the survivor.

    Refuses ``already_undone`` (Conflict) and ``money_left``, where credit of theirs was spent or paid since.
    """
    reason = given.text("reason", reason, longest=200, required=True)
    with transaction.atomic():
        persons.alone(merge.storefront_id)
        merge = Merge.objects.select_for_update().select_related("survivor", "merged").get(pk=merge.pk)
        if merge.undone_at:
            raise Conflict("already_undone", "This merge was undone before.")
        group = {merge.survivor.person_id}
        if _wallets().left(customers=persons.customers(group), mark=merge.kept["mark"]):
            raise Refused(
                "money_left",
                "Since the merge credit of theirs was spent or paid out, or is reserved: their wallets cannot be "
                "told apart any more.",
            )
        _locked([merge.survivor, merge.merged])
        merge.undone_at, merge.undone_reason, merge.undone_by = at, reason, by
        merge.version += 1
        merge.save()
        _unfill(merge)
        _regroup(merge.storefront_id, group)
        _tell(merge, events.CUSTOMER_UNMERGED, at)
    merge.survivor, merge.merged = _now(merge.survivor), _now(merge.merged)
    return merge


def same_mailbox(*, customer, at):
    """A storefront vouches for this customer's address: a guest who is known by nothing else is the same person.

    Whoever has an account of their own is somebody else until somebody says otherwise.
    """
    if not customer.email_key:
        return
    guests = Customer.objects.filter(
        storefront_id=customer.storefront_id, email_key=customer.email_key, external_id=None, merged_into=None
    )
    for guest in guests.exclude(pk=customer.pk):
        merge(survivor=customer, merged=guest, source="same_email", at=at)


def has_wallet(*, customers):
    """Whether any of these records (keys) ever had something in a wallet."""
    return _wallets().ever(customers=customers)


def _now(row):
    return type(row).objects.get(pk=row.pk)


def _wallets():
    return import_module(settings.WALLETS)


def _known(survivor, merged):
    active = Merge.objects.select_related("survivor", "merged").filter(undone_at=None)
    for row in (merged, survivor):
        if found := active.filter(merged=row.pk).first():
            return found
    raise Conflict("merged_already", "Both are one person already.")


def _locked(pair):
    """Their rows in the order of their keys, as all who decide about people lock them."""
    for row in sorted(pair, key=lambda row: row.pk):
        Customer.objects.select_for_update(no_key=True).only("pk").get(pk=row.pk)
    return [_now(row) for row in pair]


def _has_name(row):
    return bool(row.external_id or row.email)


def _fill(into, gone):
    """What the survivor did not have and the other says; returns it, for who parts them again."""
    filled = {name: getattr(gone, name) for name in _TEXTS if getattr(gone, name) and not getattr(into, name)}
    if gone.email and not into.email and (into.external_id or gone.external_id):
        filled |= {"email": gone.email, "email_key": gone.email_key}
    for name in _DATA:
        if new := {key: value for key, value in getattr(gone, name).items() if key not in getattr(into, name)}:
            filled[name] = new
    for name, value in filled.items():
        setattr(into, name, getattr(into, name) | value if name in _DATA else value)
    into.version += 1
    into.save(update_fields=[*filled, "version"])
    return filled


def _unfill(merge):
    """Take back what still is as it was filled in."""
    row = _now(merge.survivor)
    for name, value in merge.kept["filled"].items():
        if name in _DATA:
            known = getattr(row, name)
            setattr(row, name, {key: said for key, said in known.items() if value.get(key) != said})
        elif getattr(row, name) == value:
            setattr(row, name, None if name in ("email", "email_key") else "")
    row.version += 1
    row.save()


def _regroup(storefront, roots):
    """Let every record of these persons lead where the merges that stand say; of their advocates one counts for all."""
    keys = set(persons.customers(roots))
    rows = {row.pk: row for row in Customer.objects.filter(pk__in=keys)}
    leads = dict(Merge.objects.filter(merged__in=keys, undone_at=None).values_list("merged", "survivor"))
    ends = {pk: _end(pk, leads) for pk in keys}
    absorbing = {end for pk, end in ends.items() if end != pk}
    for pk in rows:
        into = rows[ends[pk]].public_id if ends[pk] != pk else None
        Customer.objects.filter(pk=pk).update(merged_into=into, absorbed=pk in absorbing)
    _regroup_advocates(ends)


def _end(pk, leads):
    while pk in leads:
        pk = leads[pk]
    return pk


def _regroup_advocates(ends):
    """``ends``: ``{record: the person's survivor}``. Of a person the survivor's own advocate counts, or the first."""
    groups = {}
    for advocate in Advocate.objects.filter(customer__in=ends).order_by("pk"):
        groups.setdefault((advocate.program_id, ends[advocate.customer_id]), []).append(advocate)
    for (_, end), found in groups.items():
        first = next((each for each in found if each.customer_id == end), found[0])
        for each in found:
            into = None if each is first else first.public_id
            if each.merged_into_id != into:
                Advocate.objects.filter(pk=each.pk).update(merged_into=into)


def _agree(into, at):
    """Nobody gets rid of a ban or a pause by a merge: of two advocates who are one the stricter state counts."""
    mine = Advocate.objects.filter(customer__in=persons.customers({into.public_id}))
    by_program = {}
    for advocate in mine.order_by("pk"):
        by_program.setdefault(advocate.program_id, []).append(advocate)
    for found in by_program.values():
        strictest = min((each.status for each in found), key=_STRICTEST.index)
        for each in found:
            enrolment.set_status(advocate=each, status=strictest, at=at)


def _tell(merge, event_type, at):
    facts = {
        "survivor": str(merge.survivor.public_id),
        "merged": str(merge.merged.public_id),
        "source": merge.source,
    }
    draft = Draft(
        type=event_type,
        subject=merge,
        storefront=merge.storefront_id,
        customer=merge.survivor,
        facts=facts,
        occurred_at=at,
    )
    record([draft], at=at)
