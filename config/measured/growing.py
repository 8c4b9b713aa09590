"""How the program grows: K, channels, the best advocates, trees, hours and products."""

from math import exp, lgamma, log

from advocacy.drawing import shade
from config.measured import words
from config.measured.cards import Card, Cell, word
from referrals.growth.sharing import CHANNELS, TOP
from referrals.models import TallyOf

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NIGHT = "A worker counts it within a quarter of an hour, then once a night."
# Fewer orders than these name no best hour: there are 168 of them, and one order would.
LEAST_ORDERS = 30
_HOURS, _CHANCE = 7 * 24, 0.05
_FORECAST = (
    "Beginning with {advocates}, were everybody to bring K new people in each cycle of {days} days, by what "
    "was sent in the period. It knows no limit, a market does."
)
_TREES = (
    "A tree begins with somebody whom nobody brought, and holds all who came by them, by their friends, and so on; of "
    "all time."
)


def virality(told, days, behind):
    """``days``: how long the period is. K of who joined leads: it says the same whatever period is chosen."""
    k, cohort = told["k"], told["cohort"]
    sent = "" if k["reason"] else behind("k.shares")
    friends = "" if cohort["reason"] else behind("k_of_cohort.friends", within_days=cohort["within_days"])
    rows = [
        [
            word(f"First {cohort['within_days']} days of each"),
            _number(cohort["value"], friends),
            word(cohort["reason"] or _likely(cohort), link=friends),
        ],
        [
            word(f"By what was sent in {words.plural(days, 'day', 'days')}"),
            _number(k["value"], sent),
            word(k["reason"] or _of_sent(k), link=sent),
        ],
    ]
    return Card(
        id="virality",
        title=_finding(cohort),
        head=("K", "Value", "From"),
        rows=rows,
        said=(cohort["definition"]["sentence"], k["definition"]["sentence"]),
    )


def _finding(cohort):
    """Below 1 nothing follows for the program: advocates go on bringing friends after these days."""
    if cohort["value"] is None:
        return "K cannot be told yet"
    told = f"K is {cohort['value']:.2f} in an advocate’s first {cohort['within_days']} days"
    return f"{told}: the program would grow by itself" if cohort["value"] > 1 else told


def forecast(told, days):
    """Where K by what was sent would lead: a cycle is as long as the period that it is of."""
    k, steps = told["k"], told["forecast"]
    return Card(
        id="forecast",
        title=_led_to(k["value"], steps[-1]) if steps else "Where K would lead",
        head=("Cycles", "People"),
        rows=[[words.count(each["cycles"]), words.count(each["people"])] for each in steps],
        empty="" if steps else k["reason"],
        said=(_FORECAST.format(advocates=words.plural(k["advocates"], "advocate", "advocates"), days=days),),
    )


def _led_to(k, last):
    return (
        f"{last['people']:,} people after {last['cycles']} cycles, were K by what was sent, {k:.3f}, to stay as it is"
    )


def _number(value, link):
    return Cell(words.NONE, "") if value is None else Cell(f"{value:.3f}", words.exact(value), link)


def _of_sent(k):
    of = f"{k['sent_per_advocate']:.3f} sent by an advocate × {k['converted_per_sent']:.3f} bought"
    ends = words.between(k["interval"], lambda end: f"{end:.2f}")
    return f"{of}; likely {ends}" if ends else of


def _likely(cohort):
    who, joined = words.plural(cohort["advocates"], "advocate", "advocates"), cohort["joined"]
    of = f"{cohort['friends']:,} friends of {who} who joined {joined['from']} to {joined['to']}"
    ends = words.between(cohort["interval"], lambda end: f"{end:.2f}")
    return f"{of}; likely {ends}" if ends else of


def channels(found, behind):
    return Card(
        id="channels",
        title=f"Most is shared by {found[0]['channel'] or 'an unnamed channel'}" if found else "Shares by channel",
        head=("Channel", "Shares", "Of all", "Advocates"),
        rows=[_channel(each, behind) for each in found],
        empty="" if found else "Nobody shared in these days. Invite advocates to their portal, where the links are.",
        said=(CHANNELS,),
    )


def _channel(each, behind):
    link = behind("share_by_channel", key=each["channel"])
    return [
        word(each["channel"] or "(none named)"),
        words.count(each["shares"], link=link),
        words.share(each["share"], link=link),
        words.count(each["advocates"], link=behind("share_by_channel.advocates", key=each["channel"])),
    ]


def best(found, currency, behind, named, *, without=""):
    return Card(
        id="top_advocates",
        title=f"{named(found[0]['advocate']).text} brought most" if found else "Best advocates",
        head=("Advocate", "Clicks", "Friends joined", "Friends bought", "Orders", "Revenue"),
        rows=[
            [
                named(each["advocate"]),
                *(
                    words.count(each[name], link=behind(name, group_by="advocate", key=each["id"]))
                    for name in ("clicks", "referrals", "converted_referrals", "conversions")
                ),
                words.amount(
                    each["revenue_minor"], currency, link=behind("revenue", group_by="advocate", key=each["id"])
                ),
            ]
            for each in found
        ],
        empty="" if found else "No advocate’s friend bought for the first time in these days.",
        said=(TOP, *([f"Revenue is that in {currency}, {without}."] if without else [])),
    )


def trees(tallies, behind):
    told, _ = tallies.get(TallyOf.TREES, (None, None))
    if not told or not told["people"]:
        return _nothing("trees", "Trees", "Nobody had been brought at the last count." if told else "")
    loops = f"; {words.plural(told['loops'], 'circle', 'circles')}" if told["loops"] else ""
    return Card(
        id="trees",
        title=f"{words.plural(told['trees'], 'tree', 'trees')}, the largest of {told['sizes'][0]:,} people, "
        f"the deepest {words.plural(told['deepest'], 'step', 'steps')}{loops}",
        head=("Of the trees", "Number"),
        rows=[[word(label), words.count(number, link=link)] for label, number, link in _of_trees(told, behind)],
        said=(_TREES, "A circle: people each of whom brought the next. The review queue is where to look at them."),
    )


def _of_trees(told, behind):
    yield "Trees", told["trees"], behind("trees.first")
    yield "People in them", told["people"], behind("trees.people")
    yield "People of the largest", told["sizes"][0], behind("trees.sizes", tree=1)
    for steps, friends in enumerate(told["depths"], start=1):
        named = f"Friends {words.plural(steps, 'step', 'steps')} from the first"
        yield named, friends, behind("trees.depths", steps=steps)
    if told["loops"]:
        yield "Circles", told["loops"], behind("trees.loops")
        yield "People in circles", told["looping"], behind("trees.looping")


def hours(tallies, behind):
    told, _ = tallies.get(TallyOf.HOURS, (None, None))
    if not told or not told["cells"]:
        return _nothing("hours", "Best hours", "Nobody clicked or bought in the last 90 days." if told else "")
    known = {(cell["weekday"], cell["hour"]): cell for cell in told["cells"]}
    most = max(cell["orders"] for cell in told["cells"])
    return Card(
        id="hours",
        title=_best_hour(told["cells"]),
        head=("Day", *(str(hour) for hour in range(24))),
        rows=[
            [word(name), *(_hour(known.get((number, hour)), most, behind) for hour in range(24))]
            for number, name in enumerate(_WEEKDAYS, start=1)
        ],
        kind="heat",
        said=(
            f"Orders by friends of the last 90 days by hour, {told['time_zone']}.",
            f"A best hour is named of {LEAST_ORDERS} orders or more, and only if as many in one of the {_HOURS} hours "
            "would come by chance in fewer than one of 20 programs.",
        ),
    )


def _best_hour(cells):
    orders = sum(cell["orders"] for cell in cells)
    if orders < LEAST_ORDERS:
        return f"{words.plural(orders, 'order', 'orders')} by friends: too few to name a best hour"
    top = max(cells, key=lambda cell: (cell["orders"], cell["clicks"]))
    if _HOURS * _at_least(top["orders"], orders / _HOURS) > _CHANCE:
        return f"{words.plural(orders, 'order', 'orders')} by friends, in no hour more than by chance"
    return f"Most is bought on {_WEEKDAYS[top['weekday'] - 1]} at {top['hour']}:00"


def _at_least(number, mean):
    """How likely so many or more are, of what happens ``mean`` times on average (Poisson)."""
    return 1 - sum(exp(times * log(mean) - mean - lgamma(times + 1)) for times in range(number))


def _nothing(name, title, why):
    """Of a tally that found nothing, or that nobody made yet."""
    return Card(id=name, title=title, head=(), empty=f"{why or 'Not counted yet.'} {_NIGHT}")


def _hour(cell, most, behind):
    if not cell or not cell["orders"]:
        return Cell("", 0)
    link = behind("hours.orders", weekday=cell["weekday"], hour=cell["hour"])
    return Cell(str(cell["orders"]), cell["orders"], shade=shade(cell["orders"] / most), link=link)


def products(tallies, behind):
    told, _ = tallies.get(TallyOf.PRODUCTS, (None, None))
    found = told and [each for each in told["products"] if each["friends"]]
    if not found:
        why = "No friend’s order of the last 90 days names products." if told else ""
        return _nothing("products", "What friends buy", why)
    return Card(
        id="products",
        title=f"Friends buy most: {found[0]['product']}",
        head=("Product", "Pieces", "Of all by friends", "Of all by others"),
        rows=[
            [
                word(each["product"]),
                words.count(each["friends"], link=behind("products.friends", key=each["product"])),
                words.share(each["friends"] / told["friends"], link=behind("products.friends", key=each["product"])),
                _of_others(each, told, behind),
            ]
            for each in found
        ],
        said=("Pieces in paid orders of the last 90 days: those of friends beside all others’.",),
    )


def _of_others(each, told, behind):
    if not told["others"]:
        return words.share(None)
    link = behind("products.others", key=each["product"]) if each["others"] else ""
    return words.share(each["others"] / told["others"], link=link)
