"""Every column of the database that holds text, and why nobody's name stands in it; all others a story fills with one.

A column is read as what it holds: what is sealed is opened, what is packed unpacked.
"""

import json
import re
import zlib

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection

from advocacy import secrets
from advocacy.models.columns import SealedField

# Who is known by it here is nobody outside.
_IDS = "ids, numbers and enumerations of ours: the story’s own events prove it"
_SHOP = "what somebody of the shop set up; it is about no customer"
_CODE = "written by our code"
_PLACE = "a place or thing of the shop, one for many people"
_ORDER = "the shop’s number of an order: by it later news is found again, and the books name it"
_BOOKS = "kept with the books for as long as the law says, where money was paid out"
_SECRET = "a secret of its own, which names nobody"
_GROUP = "the name of a group of many, as the shop’s segments are; what somebody was when they first bought stays"
_DIGEST = "a digest of what was said as a whole; nothing of it can be read or guessed"

# Tables and columns, each with why.
HARMLESS = {
    "account_emailconfirmation": f"{_SECRET}; it goes with its address",
    "auth_group": _SHOP,
    "auth_permission": _CODE,
    "auth_user.first_name": "of staff only",
    "auth_user.last_name": "of staff only",
    "auth_user.password": "nobody but staff has one",
    "advocacy_alert.facts": "numbers, ids and names of the shop’s own things; a code is not named",
    "advocacy_alert.kind": _CODE,
    "advocacy_alert.place": _CODE,
    "advocacy_alert.subject": "our id of the thing",
    "advocacy_alert.text": "numbers and names of the shop’s own things; a code is not named",
    "advocacy_alertchoice": _CODE,
    "advocacy_answer.survey": _PLACE,
    "advocacy_answer.touchpoint": _PLACE,
    "advocacy_apikey": _SHOP,
    "advocacy_attempt.failure": f"{_CODE}, of the connection",
    "advocacy_connection": _SHOP,
    "advocacy_consent": "one word each, of the form and of the place: names are refused (``given.label``)",
    "advocacy_customer.brought_by": _CODE,
    "advocacy_customer.country": "stays: what is open is decided by it",
    "advocacy_delivery": _CODE,
    "advocacy_errand": f"{_CODE}; emptied with the person whom it is about, but for a code that the shop is yet to end",
    "advocacy_event.subject_kind": _CODE,
    "advocacy_event.type": _CODE,
    "advocacy_idempotencykey": f"{_DIGEST}, and an id",
    "advocacy_job": f"{_IDS}; an error is told by its class and number",
    "advocacy_mail.failure": f"{_CODE}: of what a mail server says only its number is kept",
    "advocacy_mailwording": _SHOP,
    "advocacy_mention": "of a brand: where and how, neither the words nor who said them; an id of the listening tool",
    "advocacy_merge.source": _CODE,
    "advocacy_offer": _SHOP,
    "advocacy_pending": "told by the error’s class and number",
    "advocacy_program": _SHOP,
    "advocacy_programterms": f"{_SHOP}; who published it is staff",
    "advocacy_reckoning": _SHOP,
    "advocacy_report.touchpoint": "one word: names are refused (``given.label``)",
    "advocacy_report.type": _PLACE,
    "advocacy_report.digest": f"{_DIGEST}; emptied all the same",
    "advocacy_storefront": _SHOP,
    "advocacy_suppression": "a digest that survives on purpose: its owner is not to be written to",
    "advocacy_termsacceptance": f"{_CODE}: where, and in which language",
    "advocacy_testimonial.consent_wording": "of the words that were agreed to, which must be proved",
    "advocacy_webhookendpoint": _SHOP,
    "django_admin_log.object_id": "our key of the row",
    "django_celery_beat_crontabschedule": _CODE,
    "django_celery_beat_periodictask": _CODE,
    "django_content_type": _CODE,
    "django_migrations": _CODE,
    "django_session.session_key": _SECRET,
    "mfa_authenticator": f"{_SECRET}; it goes with its user",
    "referrals_channelcost.source": "where a number is from, in staff’s words",
    "referrals_tally.answer": "numbers, names of products and our ids",
    "referrals_buyer.channel": _CODE,
    "referrals_buyer.segment": _GROUP,
    "referrals_claim.reasons": _IDS,
    "referrals_claim.refusal": _CODE,
    "referrals_click.visitor": "an HMAC under the day’s salt, which is deleted",
    "referrals_cohortmonth": _CODE,
    "referrals_conversion.frozen": "the keys of metadata that a program keeps, which are not to be personal",
    "referrals_dayadvocates": "ids of ours, and the shop’s channels, each a group of many",
    "referrals_daycut.key": "ids of ours, the shop’s channels, or its segments, each a group of many",
    "referrals_fit": _CODE,
    "referrals_fraudpolicy": _SHOP,
    "referrals_fulfilment.fulfilment_id": _ORDER,
    "referrals_fulfilment.products": "what is sold",
    "referrals_import": _SHOP,
    "referrals_importpart.taken": "how many rows became what",
    "referrals_inboundmessage.message_id": "the platform’s own id of a message",
    "referrals_inboundmessage.topic": _CODE,
    "referrals_inboundmessage.note": f"{_CODE}; written anew with the message",
    "referrals_inboundrefusal": _CODE,
    "referrals_link.channel": _PLACE,
    "referrals_link.destination": _PLACE,
    "referrals_link.domain": _SHOP,
    "referrals_order.country": "stays: what is open is decided by it",
    "referrals_order.digest": _DIGEST,
    "referrals_order.external_id": _ORDER,
    "referrals_order.identifiers": _ORDER,
    "referrals_order.segment": _GROUP,
    "referrals_order.products": "what is sold",
    "referrals_order.subscription_id": _ORDER,
    "referrals_order.unattributed": _IDS,
    "referrals_order.warnings": f"{_CODE}, with amounts and numbers of orders",
    "referrals_orderidentifier": _ORDER,
    "referrals_pepper": _SECRET,
    "referrals_privacyrequest.orders": _ORDER,
    "referrals_referral.channel": _PLACE,
    "referrals_refund.refund_id": _ORDER,
    "referrals_refund.products": "what is sold",
    "referrals_refund.digest": _DIGEST,
    "referrals_reviewcase": "checks tell numbers and ids as their evidence",
    "referrals_share": _PLACE,
    "referrals_trace": "digests under peppers that are deleted; the rows go too",
    "referrals_visitorsalt": _SECRET,
    "referrals_waitingfact.names": _ORDER,
    "referrals_waitingfact.fact_id": _ORDER,
    "referrals_worthday": _GROUP,
    "rewards_correction": _SHOP,
    "rewards_counter": _CODE,
    "rewards_coupon.code": _SECRET,
    "rewards_coupon.fingerprint": _DIGEST,
    "rewards_coupon.last_4": _SECRET,
    "rewards_coupon.order_reference": _ORDER,
    "rewards_coupon.shop_reference": "the shop’s own id of a code",
    "rewards_coupon.visitor": "an HMAC under the day’s salt, which is deleted",
    "rewards_couponpool": _SHOP,
    "rewards_couponupload": _SECRET,
    "rewards_decision": _IDS,
    "rewards_limitchange": _SHOP,
    "rewards_payout": _BOOKS,
    "rewards_payoutpolicy": _SHOP,
    "rewards_previeweduse": _CODE,
    "rewards_rate": _SHOP,
    "rewards_redemption": _ORDER,
    "rewards_rule": _SHOP,
    "rewards_ruleversion": _SHOP,
    "rewards_shopcreditentry": _ORDER,
    "rewards_shopcreditmove": "the shop’s own id of a movement",
    "rewards_subject": _CODE,
    "rewards_taxlimit": _SHOP,
    "rewards_payee.country": "goes with its row",
    "rewards_payee.vat_id": "goes with its row",
    "rewards_payee.destination_print": "goes with its row",
    "rewards_payee.destination_end": "goes with its row",
    "rewards_payeechange.after": "goes with its row",
    "rewards_payeechange.before": "goes with its row",
    "rewards_payeechange.country": "goes with its row",
    "rewards_payeechange.destination_print": "goes with its row",
    "rewards_payeechange.kind": "goes with its row",
    "rewards_payeechange.source": "goes with its row",
    "rewards_payeechange.vat_id": "goes with its row",
}

_OURS = "words of colleagues about their work"
_MESSAGE = "what of it concerns the person stands in their orders and in the customer"
# What an export leaves out, each with why.
NOT_TOLD = {
    "account_emailaddress.email": "told with the sign-in",
    "advocacy_alert.mute_reason": _OURS,
    "advocacy_advocate.display_name": "the advocate’s own",
    "advocacy_attempt.answer": "of a receiver of webhooks, which tells of itself",
    "advocacy_customer.email_key": "made of the address",
    "advocacy_invitedaddress.digest": "made of the address, which somebody else typed",
    "advocacy_mail.content": "a code that is over in minutes, or an invitation that leaves in minutes",
    "advocacy_mail.mailbox": "made of the address",
    "advocacy_merge.kept": "told as the person’s",
    "advocacy_merge.reason": _OURS,
    "advocacy_merge.undone_reason": _OURS,
    "auth_user.username": "made of the address",
    "django_admin_log.change_message": _OURS,
    "django_admin_log.object_repr": "told where it stands itself",
    "django_session.session_data": "ends by itself",
    "referrals_claim.digest": "made of the address",
    "referrals_claim.named": "the advocate’s own, as they typed it",
    "referrals_claim.reason": _OURS,
    "referrals_conversion.review_reason": _OURS,
    "referrals_importpart.rows": "of a file that waits; told once it is taken",
    "referrals_importrefusals.lines": _OURS,
    "referrals_inboundmessage.raw": _MESSAGE,
    "referrals_invitation.digest": "made of the address, which somebody else typed",
    "referrals_privacyrequest.note": _OURS,
    "referrals_privacyrequest.reference": "the platform’s own number of its question",
    "referrals_referral.ended_reason": _OURS,
    "referrals_ruling.reason": _OURS,
    "rewards_payee.destination": "its end is told, by which they know it",
    "rewards_payeechange.destination": "its end is told, by which they know it",
    "rewards_payeechange.name": "told as it is now",
}

_COLUMNS = """
    SELECT held.relname, said.attname, format_type(said.atttypid, NULL) = 'bytea' FROM pg_class held
    JOIN pg_attribute said ON said.attrelid = held.oid
    WHERE held.relnamespace = 'public'::regnamespace AND held.relkind IN ('r', 'p') AND NOT held.relispartition
        AND said.attnum > 0 AND NOT said.attisdropped
        AND format_type(said.atttypid, NULL) !~ '^(bigint|integer|smallint|boolean|date|interval|numeric|uuid)'
        AND format_type(said.atttypid, NULL) !~ '^(double|real|timestamp|time)'
    ORDER BY 1, 2
"""


def _unpacked(value):
    return zlib.decompress(value).decode()


_UNPACKED = {"referrals_importpart.rows": _unpacked, "referrals_importrefusals.lines": _unpacked}
_SESSIONS = "django_session.session_data"


def all_columns():
    """``{"table.column": whether it is binary}`` of all that hold text, JSON, lists or bytes, but enumerations."""
    chosen = {f"{field.model._meta.db_table}.{field.column}" for field in _fields() if field.choices or _is_unit(field)}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        found = {f"{table}.{column}": binary for table, column, binary in cursor.fetchall()}
    return {name: binary for name, binary in found.items() if name not in chosen}


def is_harmless(name):
    return name in HARMLESS or name.partition(".")[0] in HARMLESS


def holding(words):
    """``{column: what stands there}`` of the columns in which one of the words stands, each text by itself."""
    assert all(re.search("[^0-9a-hjkmnp-tv-z]|.{13}", word.lower()) for word in words), "a random id may spell it"
    any_word, found = re.compile("|".join(words), re.IGNORECASE), {}
    for name, text in [*_written("|".join(words)), *_opened()]:
        for leaf in _leaves(text):
            if any_word.search(leaf):
                found.setdefault(name, set()).add(leaf)
    return found


def _written(any_word):
    with connection.cursor() as cursor:
        for name in all_columns():
            table, column = name.split(".")
            cursor.execute(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}"::text ~* %s', [any_word])
            yield from ((name, text) for (text,) in cursor.fetchall())


def _opened():
    for field in _fields():
        name = f"{field.model._meta.db_table}.{field.column}"
        read = secrets.open if isinstance(field, SealedField) else _UNPACKED.get(name)
        if read:
            held = field.model._base_manager.exclude(**{field.name: None}).values_list(field.name, flat=True)
            yield from ((name, read(value)) for value in held)
    for session in Session.objects.all():
        yield _SESSIONS, str(session.get_decoded())


def _leaves(text):
    """The texts in a JSON document; of anything else all of it."""
    try:
        document = json.loads(text) if text[:1] in "{[" else text
    except ValueError:
        document = text
    found, waiting = [], [document]
    while waiting:
        each = waiting.pop()
        waiting += each if isinstance(each, list) else each.values() if isinstance(each, dict) else ()
        found += [each] if isinstance(each, str) else []
    return found


def _fields():
    return [field for model in apps.get_models(include_auto_created=True) for field in model._meta.concrete_fields]


def _is_unit(field):
    return type(field).__name__ == "UnitField"
