"""Shopify's store credit. It keeps no mark of ours: a move is known again by what was there before it."""

from advocacy.platforms import known
from advocacy.platforms import shopify_graphql as graphql
from advocacy.platforms.known import Entry, Purse, decimal, minor, same_currency
from advocacy.refusals import Refused

SCOPES = ("read_customers", "read_orders", "read_store_credit_accounts", "write_store_credit_account_transactions")
_LESS = ("StoreCreditAccountDebitTransaction", "StoreCreditAccountExpirationTransaction")
_BY_MAIL = """
query Find($query: String!) {
  customers(first: 2, query: $query) { nodes { id } }
}"""
_ENTRIES = """pageInfo { hasNextPage endCursor }
          nodes {
            __typename
            event
            amount { amount currencyCode }
            ... on StoreCreditAccountCreditTransaction { id }
            ... on StoreCreditAccountDebitTransaction { id }
            ... on StoreCreditAccountDebitRevertTransaction { id }
            origin { ... on OrderTransaction { order { id } } }
          }"""
_LOOK = """
query Look($id: ID!) {
  customer(id: $id) {
    id
    storeCreditAccounts(first: 50) {
      nodes {
        id
        balance { amount currencyCode }
        transactions(first: 50, reverse: true) {
          %s
        }
      }
    }
  }
}"""
_LOOK %= _ENTRIES
_LOOK_ON = """
query LookOn($id: ID!, $after: String!) {
  storeCreditAccount(id: $id) {
        transactions(first: 50, reverse: true, after: $after) {
          %s
        }
  }
}"""
_LOOK_ON %= _ENTRIES
_MOVE = """
mutation Move($id: ID!, $input: %(kind)sInput!) {
  %(name)s(id: $id, %(argument)s: $input) {
    storeCreditAccountTransaction { id }
    userErrors { field code message }
  }
}"""
_CREDIT = _MOVE % {"kind": "StoreCreditAccountCredit", "name": "storeCreditAccountCredit", "argument": "creditInput"}
_DEBIT = _MOVE % {"kind": "StoreCreditAccountDebit", "name": "storeCreditAccountDebit", "argument": "debitInput"}


def whose(caller, person):
    """Orders from Shopify name its customers by its own number; others are found by their address."""
    if person.external_id and person.external_id.isdecimal():
        return f"gid://shopify/Customer/{person.external_id}"
    found = graphql.inside(_found(caller, person), "customers", "nodes", kind=list) if person.email else None
    if not found or len(found) > 1:
        raise Refused("unknown_customer", "Shopify knows no customer of this number or e-mail address yet.")
    return found[0]["id"]


def _found(caller, person):
    mail = person.email.replace("\\", "").replace('"', "")
    return graphql.ask(caller, _BY_MAIL, query=f'email:"{mail}"')


def look(caller, owner, currency, *, back_to=()):
    told = graphql.inside(graphql.ask(caller, _LOOK, id=owner), "customer")
    if told is None:
        raise Refused("unknown_customer", "Shopify knows this customer no more.")
    for node in graphql.inside(told, "storeCreditAccounts", "nodes", kind=list) or []:
        balance = graphql.inside(node, "balance") or {}
        if balance.get("currencyCode") == currency:
            entries = known.back_to(back_to, _pages(caller, node, currency))
            return Purse(minor(balance.get("amount"), currency), entries)
    return Purse()


def _pages(caller, account, currency):
    """Entries, the newest first."""
    name, more = account.get("id"), True
    while more:
        rows = graphql.inside(account, "transactions", "nodes", kind=list) or []
        yield [_entry(row, currency) for row in rows]
        page = graphql.inside(account, "transactions", "pageInfo") or {}
        more = bool(page.get("hasNextPage") and page.get("endCursor"))
        if more:
            told = graphql.ask(caller, _LOOK_ON, id=name, after=page["endCursor"])
            account = graphql.inside(told, "storeCreditAccount") or {}


def _entry(row, currency):
    amount = abs(minor((graphql.inside(row, "amount") or {}).get("amount"), currency))
    amount = -amount if row.get("__typename") in _LESS else amount
    # What was ordered or refunded is nobody's move.
    ours, order = row.get("event") == "ADJUSTMENT", graphql.inside(row, "origin", "order", "id", kind=str) or ""
    return Entry(str(row.get("id") or ""), amount, None if ours else "", None if ours else order.rpartition("/")[2])


def move(caller, owner, amount_minor, currency, mark):
    amount = {"amount": decimal(abs(amount_minor), currency), "currencyCode": currency}
    query, name = (_CREDIT, "creditAmount") if amount_minor > 0 else (_DEBIT, "debitAmount")
    done = graphql.do(caller, query, id=owner, input={name: amount})
    return str((graphql.inside(done, "storeCreditAccountTransaction") or {}).get("id") or "")


def check(caller, currency):
    same_currency(caller, currency=currency, shops=graphql.check(caller, scopes=SCOPES))
