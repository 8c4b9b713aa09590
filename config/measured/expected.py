"""What customers are expected to do: the night's models, advocates who may be leaving, friends whose advocate left."""

from advocacy import ids
from config.measured import words
from config.measured.cards import Card, word
from referrals import predictions

# More are in the list of customers, by its filter.
_MOST = 50
_ALIVE = "A chance is that of buying ever again. Who has bought on one day only counts as still here."


def said(fit, written):
    """What to know before reading: whose it is, of which day, and what the models warn of."""
    told = ["Of the whole storefront, by models that are fitted each night."]
    if fit and fit.reason and written:
        told.append(f"Not fitted on {fit.day}: {fit.reason} What was expected on {written.day} stays.")
    elif written:
        told += [sentence for sentence in (written.warning, written.spend_reason) if sentence]
    return " ".join(told)


def models(fit, written, currency, behind):
    return Card(
        id="expected",
        title=_finding(written, currency) if written else "What customers are expected to do",
        head=("Customers", "At risk", "Orders in 12 months", "Value in 12 months", "As of"),
        rows=[_sums(written, currency, behind)] if written else [],
        empty="" if written else (fit and fit.reason) or predictions.NONE_YET,
        said=(predictions.DEFINITION,),
    )


def _finding(written, currency):
    if written.value_minor is None:
        return f"{written.orders_e2 / 100:,.0f} orders expected"
    return f"{words.amount(written.value_minor, currency).text} expected of those who bought"


def _sums(written, currency, behind):
    return [
        words.count(written.expected_of, link=behind("expected.customers")),
        words.count(written.at_risk, link=behind("expected.at_risk")),
        words.count(round(written.orders_e2 / 100), link=behind("expected.orders")),
        words.amount(
            written.value_minor, currency, link="" if written.value_minor is None else behind("expected.value")
        ),
        word(written.day),
    ]


def at_risk(storefront, behind, named):
    every = predictions.at_risk(storefront=storefront)
    rows = list(every[:_MOST])
    return Card(
        id="at_risk",
        title=_titled(every, rows, "advocate at risk", "advocates at risk"),
        link=behind("at_risk.advocates") if rows else "",
        head=("Advocate", "Friends who bought", "Will buy again", "Expected value", "Since"),
        rows=[_leaving(row, storefront.currency, behind, named) for row in rows],
        empty=""
        if rows
        else "Nobody who brought friends is at risk: all of them are likely enough to buy again, or "
        "were not looked at yet.",
        said=(
            f"Who brought friends and will buy again with less than {storefront.at_risk_below} %, the storefront’s "
            "limit. Those who brought most buyers come first; all are in the list of customers, by its filter.",
            _ALIVE,
        ),
    )


def _leaving(row, currency, behind, named):
    friends = behind("at_risk.friends", key=ids.encode("cus", row.customer.public_id))
    return [
        named(row.customer),
        words.count(row.friends_converted, link=friends if row.friends_converted else ""),
        words.share(row.alive_percent / 100),
        words.amount(row.expected_value_minor, currency),
        word(row.at_risk_since.date()),
    ]


def left_behind(storefront, behind, named):
    every = predictions.left_behind(storefront=storefront)
    rows = list(every[:_MOST])
    advocates = predictions.advocates_of([row.customer for row in rows])
    return Card(
        id="left_behind",
        title=_titled(every, rows, "friend whose advocate left", "friends whose advocate left"),
        link=behind("left_behind.friends") if rows else "",
        head=("Friend", "Brought by", "Will buy again", "Expected value", "Since"),
        rows=[_left(row, advocates[row.customer_id], storefront.currency, named) for row in rows],
        empty="" if rows else "No friend’s advocate is at risk, banned or erased.",
        said=("Friends whose advocate is at risk, banned or erased; looked for each night.", _ALIVE),
    )


def _left(row, advocates, currency, named):
    alive = row.alive_percent
    return [
        named(row.customer),
        word(", ".join(named(each).text for each in advocates) or words.NONE),
        words.share(None if alive is None else alive / 100),
        words.amount(row.expected_value_minor, currency),
        word(row.advocate_left_at.date()),
    ]


def _titled(every, rows, one, many):
    number = every.count() if len(rows) == _MOST else len(rows)
    told = words.plural(number, one, many) if number else many.capitalize()
    return f"{told}, the first {_MOST}" if number > _MOST else told
