"""A SEPA credit transfer as the ISO 20022 message pain.001.001.09, for the shop's bank.

Sent twice it is recognised: the message and the payment carry the batch's id, each transfer the payout's number.
"""

import unicodedata
import xml.etree.ElementTree as ET
from datetime import UTC

from rewards.payouts.kinds.files import File, destination

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# What every bank of the scheme takes (EPC 217-08); the rest is written with the nearest letters.
_TAKEN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_SPELLED = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "Ł": "L",
        "ł": "l",
        "Ø": "O",
        "ø": "o",
        "Æ": "Ae",
        "æ": "ae",
        "&": "+",
    }
)
_LONGEST_NAME, _LONGEST_ID = 70, 35


def file(batch, payouts):
    payouts = list(payouts)
    ET.register_namespace("", NAMESPACE)
    document = _element("Document")
    order = _below(document, "CstmrCdtTrfInitn")
    _group(_below(order, "GrpHdr"), batch, payouts)
    _payment(_below(order, "PmtInf"), batch, payouts)
    text = ET.tostring(document, encoding="unicode", xml_declaration=False)
    return File(f"{batch}.xml", "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def plain(text, longest=_LONGEST_NAME):
    """The text in the letters that banks take, cut; never empty."""
    spelled = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    kept = "".join(sign if sign in _TAKEN else " " for sign in spelled if not unicodedata.combining(sign))
    return " ".join(kept.split())[:longest].strip() or "NOTPROVIDED"


def _group(header, batch, payouts):
    _below(header, "MsgId", _id(batch))
    _below(header, "CreDtTm", batch.approved_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _totals(header, payouts)
    _below(_below(header, "InitgPty"), "Nm", plain(batch.policy.payer_name))


def _payment(payment, batch, payouts):
    _below(payment, "PmtInfId", _id(batch))
    _below(payment, "PmtMtd", "TRF")
    _totals(payment, payouts)
    _below(_below(_below(payment, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _below(_below(payment, "ReqdExctnDt"), "Dt", batch.approved_at.date().isoformat())
    _below(_below(payment, "Dbtr"), "Nm", plain(batch.policy.payer_name))
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
    _below(_below(transfer, "Cdtr"), "Nm", plain(payout.payee_name))
    _below(_below(_below(transfer, "CdtrAcct"), "Id"), "IBAN", destination(payout))
    told = f"{batch.storefront.name} {payout.number}"
    _below(_below(transfer, "RmtInf"), "Ustrd", plain(told, 140))


def _totals(where, payouts):
    _below(where, "NbOfTxs", str(len(payouts)))
    _below(where, "CtrlSum", _amount(sum(payout.amount_minor for payout in payouts)))


def _amount(minor):
    """SEPA is in euros."""
    return f"{minor // 100}.{minor % 100:02}"


def _id(batch):
    return str(batch).replace("_", "-")[:_LONGEST_ID]


def _element(name):
    return ET.Element(f"{{{NAMESPACE}}}{name}")


def _below(parent, name, text=None):
    child = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = text
    return child
