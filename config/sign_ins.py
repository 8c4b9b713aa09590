"""What signing in to the portal keeps of a person: their user, and the sessions of browsers."""

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Q

from advocacy import portal_sessions
from advocacy.models import Customer
from advocacy.privacy.exporting import rows

AT_ONCE = 500


def told(customer):
    return {"sign_ins": rows(_people(customer), "email", "date_joined", "last_login")}


def search(*, customer, cursor, at):
    """End the next sessions that are theirs, or in which their address was typed; where to go on, None at the end."""
    later = Session.objects.filter(session_key__gt=cursor.get("after", ""))
    chunk = list(later.order_by("session_key")[:AT_ONCE])
    if not chunk:
        return None
    users = {str(pk) for pk in _theirs(customer).values_list("pk", flat=True)}
    address = "" if _is_known_elsewhere(customer) else (customer.email or "").lower()
    gone = [session.pk for session in chunk if _is_of(session.get_decoded(), users, address)]
    Session.objects.filter(pk__in=gone).delete()
    return {"after": chunk[-1].pk}


def erase(customer, *, at):
    _theirs(customer).delete()


def forget(*, at):
    """Sessions that are over, and those of who is no more: erased with many others, nobody looked for theirs."""
    Session.objects.filter(expire_date__lt=at).delete()
    after = ""
    while chunk := list(Session.objects.filter(session_key__gt=after).order_by("session_key")[:AT_ONCE]):
        after = chunk[-1].pk
        of = {session.pk: str(session.get_decoded().get(SESSION_KEY, "")) for session in chunk}
        users = {user for user in of.values() if user.isdecimal()}
        there = {str(pk) for pk in User.objects.filter(pk__in=users).values_list("pk", flat=True)}
        Session.objects.filter(pk__in=[pk for pk, user in of.items() if user and user not in there]).delete()


def _is_of(said, users, address):
    user = said.get(SESSION_KEY)
    # Somebody else may be signed in who looked for them: staff.
    return user in users if user else bool(address) and address in str(said).lower()


def _theirs(customer):
    """Staff sign in by the same rows: they stay, and so does who is a customer of another storefront."""
    mine = Q(username=portal_sessions.username_of(customer))
    if not _is_known_elsewhere(customer):
        mine |= Q(pk__in=_people(customer))
    return User.objects.filter(mine, is_staff=False, is_superuser=False)


def _is_known_elsewhere(customer):
    known = Customer.objects.filter(email_key=customer.email_key).exclude(pk=customer.pk)
    return not customer.email_key or known.exists()


def _people(customer):
    if not customer.email_key:
        return User.objects.none()
    return User.objects.filter(pk__in=EmailAddress.objects.filter(email__iexact=customer.email).values("user"))
