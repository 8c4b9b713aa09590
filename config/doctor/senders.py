"""Whether the domain of a storefront's sender lets our mails be sent for it: SPF, DKIM and DMARC."""

import re
from email.utils import parseaddr

from django.conf import settings

from config.doctor.findings import Findings
from config.doctor.names import Unanswered

# Under which mail services and servers usually put their keys.
USUAL = ("default", "mail", "dkim", "s1", "s2", "k1", "k2", "pm", "mg", "mx", "selector1", "google", "resend", "brevo")
_LEAST_LABELS = 2
_REGISTERED_BELOW = ("ac", "co", "com", "edu", "gov", "net", "org")
_ASK_AGAIN = "Ask again where the DNS can be reached, or name a server: --resolver 9.9.9.9."


def findings(*, storefront, names):
    tell = Findings(storefront.name)
    sender = storefront.mail_from or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = sender.rpartition("@")[2].lower()
    if "." not in domain:
        where = f"the sender of {storefront.name}" if storefront.mail_from else "DEFAULT_FROM_EMAIL"
        yield tell.fail("sender", f"{sender} is no address that others know.", f"Set {where} to one of your domain.")
        return
    yield tell.ok("sender", f"Mails come from {sender}.")
    checks = {"SPF": spf, "DKIM": dkim, "DMARC": dmarc, "answers": answers}
    for check, look in checks.items():
        try:
            yield look(tell, domain, names, storefront)
        except Unanswered:
            yield tell.unchecked(check, "The DNS did not answer: it could not be checked.", _ASK_AGAIN)


def spf(tell, domain, names, _storefront):
    """RFC 7208. A service that bounces go to has a domain of its own there; ours then only helps."""
    wanted = settings.MAIL_SPF
    line = f"v=spf1 {wanted or 'include:<your mail service>'} ~all"
    told = [text for text in names.texts(domain) if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]
    if len(told) > 1:
        return tell.fail("SPF", f"{domain} has {len(told)} SPF records, so none counts.", "Make one of them.")
    if not told:
        return tell.fail("SPF", f"{domain} does not say who may send for it.", f"Add the TXT record: {line}")
    words = told[0].lower().split()
    if "+all" in words or "all" in words:
        return tell.fail("SPF", f"{domain} lets everybody send for it: {told[0]}", "End the record with ~all or -all.")
    if not wanted:
        todo = "Set MAIL_SPF to what your mail server or service asks for, such as include:spf.mtasv.net."
        return tell.warn("SPF", f"{told[0]}; whether it names your mail server is not known.", todo)
    if wanted.lower() not in words:
        return tell.fail("SPF", f"{told[0]} does not have {wanted}.", f"Add {wanted} before the word that ends in all.")
    return tell.ok("SPF", told[0])


def dkim(tell, domain, names, storefront):
    """RFC 6376."""
    chosen = storefront.dkim_selector
    found = {each: _key(names, each, domain) for each in ([chosen] if chosen else USUAL)}
    known = next((name for name, key in found.items() if key), None)
    if known:
        return tell.ok("DKIM", f"A key stands at {known}._domainkey.{domain}.")
    if chosen and found[chosen] == "":
        return tell.fail("DKIM", f"The key at {chosen}._domainkey.{domain} is revoked.", "Enter a new one.")
    if chosen:
        todo = "Add the record that your mail service shows for it, or correct the storefront’s DKIM selector."
        return tell.fail("DKIM", f"There is no key at {chosen}._domainkey.{domain}.", todo)
    todo = "Have your mail service sign for your domain, and enter its selector at the storefront."
    return tell.warn("DKIM", f"Under the usual names {domain} has no key.", todo)


def _key(names, selector, domain):
    """Empty where it is revoked; None where there is none."""
    for text in names.texts(f"{selector}._domainkey.{domain}"):
        parts = dict(part.strip().partition("=")[::2] for part in text.split(";"))
        if "p" in parts:
            return re.sub(r"\s", "", parts["p"])
    return None


def dmarc(tell, domain, names, _storefront):
    """RFC 7489: the domain's own record, else that of a domain above, whose policy for others is ``sp``."""
    labels = domain.split(".")
    above = [labels[place:] for place in range(len(labels) - _LEAST_LABELS + 1)]
    for each in (".".join(own) for own in above if own == labels or not _is_registry(own)):
        told = [text for text in names.texts(f"_dmarc.{each}") if re.match(r"v=DMARC1\s*(;|$)", text)]
        if told:
            break
    line = f'_dmarc.{domain} TXT "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"'
    if not told:
        return tell.fail("DMARC", f"{domain} has no DMARC record; large mailboxes want one.", f"Add {line}")
    if len(told) > 1:
        return tell.fail("DMARC", f"_dmarc.{each} has {len(told)} records, so none counts.", "Keep one.")
    own = re.search(r";\s*p\s*=\s*(\w+)", told[0])
    policy = (each != domain and re.search(r";\s*sp\s*=\s*(\w+)", told[0])) or own
    if not policy or policy[1].lower() not in ("none", "quarantine", "reject"):
        return tell.fail("DMARC", f"It names no policy: {told[0]}", "Write p=none, p=quarantine or p=reject.")
    if policy[1].lower() == "none":
        return tell.warn("DMARC", told[0], "Once its reports show only your own mails: p=quarantine.")
    return tell.ok("DMARC", told[0])


def _is_registry(labels):
    """Whether shops are registered below it, as below co.uk: such a record is not theirs."""
    return len(labels) == _LEAST_LABELS and len(labels[1]) == len("uk") and labels[0] in _REGISTERED_BELOW


def answers(tell, domain, names, storefront):
    to = storefront.mail_reply_to or storefront.mail_from or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if names.takes_mail(to.rpartition("@")[2]):
        return tell.ok("answers", f"Answers go to {to}.")
    todo = "Set where answers go to, to a mailbox that somebody reads."
    return tell.warn("answers", f"No mail server takes answers to {to}.", todo)
