"""A SEPA credit transfer as the ISO 20022 message pain.001.001.09, for the shop's bank.

Sent twice it is recognised: the message and the payment carry the batch's id, each transfer the payout's number.
"""

import xml.etree.ElementTree as ET
from datetime import UTC
from zoneinfo import ZoneInfo

from advocacy import secrets
from advocacy.refusals import Refused
from rewards import bank, latin
from rewards.payouts.kinds.files import File, destination

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_LONGEST_TEXT, _LONGEST_ID = 140, 35


def unfit(policy):
    """What its admin form refuses too."""
    if policy.currency != "EUR":
        return f"SEPA transfers are in EUR only; have {policy.currency} paid by hand: change the payout policy."
    if not policy.payer_name or not policy.payer_iban:
        return "The payout policy does not say from whose account is paid; write the payer’s name and IBAN there."
    return ""


def wrong(payee):
    try:
        bank.holder(payee.name)
    except bank.BadName:
        return "payee_name_unwritable"
    return "" if bank.in_sepa(secrets.open(payee.destination)) else "payee_outside_sepa"


def file(batch, payouts):
    payouts = list(payouts)
    ET.register_namespace("", NAMESPACE)
    document = _element("Document")
    order = _below(document, "CstmrCdtTrfInitn")
    _group(_below(order, "GrpHdr"), batch, payouts)
    _payment(_below(order, "PmtInf"), batch, payouts)
    text = ET.tostring(document, encoding="unicode", xml_declaration=False)
    return File(f"{batch.api_id}.xml", "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _group(header, batch, payouts):
    _below(header, "MsgId", _id(batch))
    _below(header, "CreDtTm", batch.exported_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _totals(header, payouts)
    _below(_below(header, "InitgPty"), "Nm", _name(batch.policy.payer_name, "The payer"))


def _payment(payment, batch, payouts):
    _below(payment, "PmtInfId", _id(batch))
    _below(payment, "PmtMtd", "TRF")
    _totals(payment, payouts)
    _below(_below(_below(payment, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _below(_below(payment, "ReqdExctnDt"), "Dt", _day(batch).isoformat())
    _below(_below(payment, "Dbtr"), "Nm", _name(batch.policy.payer_name, "The payer"))
    _below(_below(_below(payment, "DbtrAcct"), "Id"), "IBAN", batch.policy.payer_iban)
    agent = _below(_below(payment, "DbtrAgt"), "FinInstnId")
    _below(_below(agent, "Othr"), "Id", "NOTPROVIDED")
    _below(payment, "ChrgBr", "SLEV")
    for payout in payouts:
        _transfer(_below(payment, "CdtTrfTxInf"), batch, payout)


def _transfer(transfer, batch, payout):
    _below(_below(transfer, "PmtId"), "EndToEndId", str(payout.number))
    amount = _below(_below(transfer, "Amt"), "InstdAmt", _amount(payout.amount_minor))
    amount.set("Ccy", payout.currency)
    _below(_below(transfer, "Cdtr"), "Nm", _name(payout.payee_name, f"Payout {payout.number}"))
    _below(_below(_below(transfer, "CdtrAcct"), "Id"), "IBAN", destination(payout))
    _below(_below(transfer, "RmtInf"), "Ustrd", _told(batch.storefront.name, payout.number))


def _name(name, whose):
    """What was frozen before its spelling was asked for may have none."""
    try:
        return bank.holder(name)
    except bank.BadName as bad:
        raise Refused("payee_name_unwritable", f"{whose}: {bad} The file was not written.") from bad


def _told(name, number):
    """What the payee reads on their statement; the number is never cut."""
    try:
        name = latin.spelled(name)
    except latin.Unwritable:
        return str(number)
    return f"{name[: _LONGEST_TEXT - len(str(number)) - 1].strip()} {number}"


def _day(batch):
    """The day that the bank is asked to pay on: banks refuse one that is over, as an approval's may be."""
    return batch.exported_at.astimezone(ZoneInfo(batch.storefront.time_zone)).date()


def _totals(where, payouts):
    _below(where, "NbOfTxs", str(len(payouts)))
    _below(where, "CtrlSum", _amount(sum(payout.amount_minor for payout in payouts)))


def _amount(minor):
    """SEPA is in euros."""
    return f"{minor // 100}.{minor % 100:02}"


def _id(batch):
    return batch.api_id.replace("_", "-")[:_LONGEST_ID]


def _element(name):
    return ET.Element(f"{{{NAMESPACE}}}{name}")


def _below(parent, name, text=None):
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = text
    return child
