"""Whom money goes to, against the register in which every change of it was written down."""

from advocacy import secrets
from advocacy.checking import Check
from rewards import bank

# The register is whole since each change is written down there; an earlier one has neither name nor fingerprint.
_PAYEES = """
    SELECT payee.id, payee.customer_id AS customer FROM rewards_payee payee
    JOIN advocacy_customer customer ON customer.id = payee.customer_id
    LEFT JOIN LATERAL (
        SELECT change.* FROM rewards_payeechange change WHERE change.payee_id = payee.id ORDER BY change.id DESC LIMIT 1
    ) AS newest ON TRUE
    LEFT JOIN LATERAL (
        SELECT change.before, change.at FROM rewards_payeechange change
        WHERE change.payee_id = payee.id AND change.redirects ORDER BY change.id DESC LIMIT 1
    ) AS turned ON TRUE
    WHERE payee.storefront_id <> customer.storefront_id
       OR (payee.customer_id, payee.name, payee.country, payee.kind, payee.vat_id, payee.tax_form_since,
            payee.destination_print)
        IS DISTINCT FROM (newest.customer_id, newest.name, newest.country, newest.kind, newest.vat_id,
            newest.tax_form_since, newest.destination_print)
       OR newest.after <> CASE WHEN payee.destination_kind = '' THEN '' ELSE '•••• ' || payee.destination_end END
       OR payee.destination_changed_at IS DISTINCT FROM CASE WHEN turned.before <> '' THEN turned.at END
    ORDER BY payee.id
"""
# A change counts for the batches that are made after it; within minutes either may have been first.
_DESTINATIONS = """
    SELECT payout.id, payout.destination_end AS ending FROM rewards_payout payout
    JOIN advocacy_customer paid ON paid.id = payout.customer_id
    WHERE payout.destination IS NOT NULL AND NOT EXISTS (
        SELECT FROM rewards_payeechange change JOIN advocacy_customer said ON said.id = change.customer_id
        WHERE COALESCE(said.merged_into_id, said.public_id) = COALESCE(paid.merged_into_id, paid.public_id)
            AND change.after = '•••• ' || payout.destination_end
            AND COALESCE(change.destination_print = payout.destination_print, TRUE)
            AND (change.name = '' OR (change.name, change.country, change.vat_id)
                = (payout.payee_name, payout.payee_country, payout.payee_vat_id))
            AND change.at <= payout.made_at
            AND NOT EXISTS (
                SELECT FROM rewards_payeechange later
                WHERE later.payee_id = change.payee_id AND later.id > change.id
                    AND later.at <= payout.made_at - INTERVAL '5 minutes')
    )
    ORDER BY payout.id
"""
# Which text is sealed only whoever has the keys can say: each is opened.
_SEALED = """
    SELECT 'Payee' AS what, id, destination, destination_print AS mark, destination_end AS ending
    FROM rewards_payee WHERE destination IS NOT NULL
    UNION ALL
    SELECT 'Payout', id, destination, destination_print, destination_end
    FROM rewards_payout WHERE destination IS NOT NULL
    UNION ALL
    SELECT 'Change of a payee', id, destination, destination_print, substr(after, 6)
    FROM rewards_payeechange WHERE destination IS NOT NULL
"""


def _opened(*, what, id, destination, mark, ending):
    try:
        text = secrets.open(destination)
    except secrets.NoKeyOpens:
        return f"{what} {id} goes to an account that none of ENCRYPTION_KEYS opens."
    if bank.ending(text) == ending and mark is not None and bytes(mark) in secrets.fingerprints(text):
        return None
    return f"{what} {id} goes to another account than the one that ends in {ending}, which was given."


CHECKS = (
    Check(
        "payees",
        _PAYEES,
        "Payee {id} of customer {customer} is not what its last change says, or of another customer or storefront.",
    ),
    Check(
        "payouts' destinations",
        _DESTINATIONS,
        "Payout {id} goes to an account that ends in {ending}, which its customer had not given when it was made.",
    ),
    Check("sealed accounts", _SEALED, _opened),
)
