"""From every figure that is shown to the rows it is made of, of a store small enough to look at whole."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.contrib.auth.models import Permission

from advocacy import ids, money
from advocacy.models import Customer
from config import channel_returns, mention_scores, program_money, survey_scores, touchpoint_gaps
from config.behind import rows
from config.behind.asked import Asked
from config.behind.figures import FIGURES, check
from referrals import cohorts, growth, lifetime_value, metrics, predictions
from referrals.models import Click, Link, Order
from tests import cast
from tests.cast import NOON
from tests.flows import figures_stage
from tests.flows.api import secret

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture
def store(program, acme, alice, mallory):
    return figures_stage.make(program, acme, alice, mallory)


def _found(program, name, **given):
    figure, storefront = FIGURES[name], program.storefront
    period = {name: given.pop(name) for name in ("since", "until") if name in given}
    check(name, figure, given)
    asked = Asked(storefront, NOON, program if figure.of_program else None, parameters=given, **period)
    found = figure.find(asked)
    assert found.rows.model is figure.model, name
    return found


def _sum(program, name, **given):
    """What its rows add up to, one by one, which is also what they are said to; rounded once."""
    found = _found(program, name, **given)
    every, (number, said) = list(rows.every(found)), rows.sums(found)
    assert len(every) == number, name
    added = sum(row.amount * (1 if row.weight is None else row.weight) for row in every)
    assert added == sum(said.values()), name
    return added


def _of_period(program):
    counts = metrics.of_program(program=program, at=NOON)
    yield from ((name, {}, each["value"]) for name, each in counts["counts"].items())
    yield "revenue", {}, counts["revenue"]["value"]["amount_minor"]
    of_cohorts = metrics.of_program(program=program, at=NOON, view="cohort")
    yield from ((name, {}, each["value"]) for name, each in of_cohorts["counts"].items())
    for name, each in counts["metrics"].items():
        yield from ((f"{name}.{side}", {}, each[side]) for side in metrics.SIDES)
    for group_by in ("channel", "advocate", "link"):
        for group in metrics.of_program(program=program, at=NOON, group_by=group_by)["groups"]:
            given = {"group_by": group_by, "key": group["group"]["key"]}
            told = group["metrics"]["click_to_conversion"]
            yield "converted_referrals", given, told["numerator"]
            yield "visitors", given, told["denominator"]
            for side, name in (("numerator", "sharers"), ("denominator", "shown")):
                yield name, given, group["metrics"]["share_rate"][side]
            if group_by == "link":
                link = Link.objects.filter(public_id=ids.decode("lnk", given["key"] or "")).first()
                yield "active", given, int(link is not None and Click.objects.filter(link_id=link.pk).exists())


def _of_surveys(program):
    days = {"storefront": program.storefront, "since": NOON.date() - timedelta(days=29), "until": NOON.date()}
    found = survey_scores.scores(**days)
    for each in found:
        scale = "{kind}:{scale_min}-{scale_max}".format(**each)
        yield "survey.answers", {"key": each["survey"], "cut": scale}, each["answers"]
    for each in touchpoint_gaps.of_days(**days):
        yield "gap.pairs", {"key": each["touchpoint"]}, round(each["pairs"] * each["value"])
    yield from (("mentions", {"key": each["brand"]}, each["mentions"]) for each in mention_scores.of_days(**days))


def _of_growth(program):
    period = {"program": program, "since": NOON.date() - timedelta(days=29), "until": NOON.date()}
    told = growth.virality(**period, at=NOON, within_days=5)
    yield from ((f"k.{name}", {}, told["k"][name]) for name in ("shares", "invitations"))
    within = {"within_days": "5"}
    yield from ((f"k_of_cohort.{name}", within, told["cohort"][name]) for name in ("friends", "advocates"))
    for each in growth.channels(**period):
        yield "share_by_channel", {"key": each["channel"]}, each["shares"]
        yield "share_by_channel.advocates", {"key": each["channel"]}, each["advocates"]
    hours, _ = growth.read(program=program)["hours"]
    beans = growth.read(program=program)["products"][0]["products"][0]
    yield from ((f"products.{who}", {"key": beans["product"]}, beans[who]) for who in ("friends", "others"))
    kin, _ = growth.read(program=program)["trees"]
    for name, number in (("first", 3), ("people", 10), ("loops", 1), ("looping", 2)):
        assert kin["trees" if name == "first" else name] == number
        yield f"trees.{name}", {}, number
    yield from (("trees.sizes", {"tree": str(place)}, size) for place, size in enumerate(kin["sizes"], start=1))
    yield from (("trees.depths", {"steps": str(steps)}, number) for steps, number in enumerate(kin["depths"], start=1))
    for cell in hours["cells"][-1:]:
        yield "hours.orders", {name: str(cell[name]) for name in ("weekday", "hour")}, cell["orders"]


def _of_values(program):
    storefront = program.storefront
    for cut, key in ((None, None), ("program", ids.encode("prg", program.public_id))):
        given = {} if cut is None else {"cut": cut, "key": key}
        told = lifetime_value.answer(storefront=storefront, at=NOON, **given)
        for each in (told["parts"][0]["values"] if cut else told["data"])[3:4]:
            own, others = each.get("group") or each["referred"], each["others"]
            at = given | {"days": str(each["horizon_days"])}
            yield from (
                (f"lifetime_value.{name}_again", at, side["ordered_again"]) for name, side in _SIDES(own, others)
            )
            yield "lifetime_value.too_young", at, own["too_young"] + others["too_young"]
            for name, side in _SIDES(own, others):
                found = _found(program, f"lifetime_value.{name}", **at)
                number, (total,) = rows.sums(found)[0], [*rows.sums(found)[1].values()] or [0]
                mean = money.round_half_up(Fraction(total) / number) if number else None
                assert (number, mean) == (side["customers"], side["mean_minor"])
                yield f"lifetime_value.{name}", at, total
            weights = [_sum(program, f"lifetime_value.matched_{name}", **at) for name in ("referred", "others")]
            number = rows.sums(_found(program, "lifetime_value.matched_referred", **at))[0]
            between = money.round_half_up(Fraction(weights[0] - weights[1]) / number) if number else None
            assert between == each["matched"]["difference_minor"], at
            yield from (
                (f"lifetime_value.matched_{name}", at, weight)
                for name, weight in zip(("referred", "others"), weights, strict=True)
            )


def _SIDES(own, others):
    return ("referred", own), ("others", others)


def _of_cohorts(program):
    storefront = program.storefront
    told = cohorts.triangle(storefront=storefront, at=NOON)
    for each in told["cohorts"]:
        for month in (month for month in each["months"] if month["active"]):
            given = {"month": each["month"], "age": str(month["age"])}
            yield "cohort.active", given, month["active"]
            yield "cohort.kept", given, month["kept_minor"]
    for line in lifetime_value.curve(storefront=storefront, at=NOON):
        for point in line["points"][:14:13]:
            given = {"cut": "referral", "key": line["key"], "age": str(point["month"])}
            found = rows.sums(_found(program, "lifetime_value_curve", **given))
            (total,) = found[1].values()
            assert (found[0], money.round_half_up(Fraction(total) / found[0])) == (
                point["customers"],
                point["mean_minor"],
            )
            yield "lifetime_value_curve", given, total
    days = {"since": NOON.date() - 2 * YEAR, "until": NOON.date()}
    repeat = cohorts.repeat_rate(storefront=storefront, at=NOON, **days)
    yield from ((f"repeat_rate.{side}", days, repeat[side]) for side in metrics.SIDES)


def _of_money(program):
    told = program_money.of_program(program=program, at=NOON)
    yield from ((f"cost.{name}", {}, each["value"]) for name, each in told["cost"].items())
    yield from ((f"liability.{name}", {}, told["liability"][name]) for name in ("pending", "available"))
    yield "breakage.expired", {}, told["breakage"]["numerator"]
    yield "liability_forecast.credited", {}, told["breakage"]["denominator"]
    yield "liability_forecast.granted", {}, 2000
    growing = told["earned_growth_rate"]
    yield from ((f"earned_growth_rate.{name}", {}, growing[name]) for name in ("returning", "earned", "last_year"))
    for each in channel_returns.channel_risk(storefront=program.storefront, at=NOON)["channels"]:
        key = {"key": each["channel"]}
        yield "channel_return.revenue", key, each["revenue_minor"]
        rewards = _sum(program, "channel_return.rewards") if each["channel"] == "referral" else 0
        yield "channel_return.cost", key, each["cost_minor"] - rewards


def _of_what_is_expected(program):
    _, written = predictions.told(storefront=program.storefront)
    yield "expected.customers", {}, written.expected_of
    yield "expected.at_risk", {}, written.at_risk
    yield "expected.orders", {}, Decimal(written.orders_e2) / 100
    yield "expected.value", {}, written.value_minor
    (leaving,) = predictions.at_risk(storefront=program.storefront)
    yield "at_risk.advocates", {}, leaving.expected_value_minor
    yield "at_risk.friends", {"key": ids.encode("cus", leaving.customer.public_id)}, leaving.friends_converted
    (left,) = rows.every(_found(program, "left_behind.friends"))
    assert (left.words, left.amount) == ("fred", 0)


def test_at_a_margin_the_rows_of_a_value_weigh_so_much(store):
    of = {name: value for name, given, value in _of_values(store) if given.get("cut") is None}
    store.storefront.margin = Decimal("37.5")
    for name, given, value in _of_values(store):
        if given.get("cut") is None and not name.endswith(("_again", "too_young")):
            assert value == of[name] * Decimal("0.375"), name
    assert rows.sums(_found(store, "roi.revenue"))[1] == {"EUR": 1875, "USD": 1875}


def test_the_rows_of_every_figure_add_up_to_it(store, monkeypatch):
    monkeypatch.setattr(rows, "_AT_ONCE", 1)
    walked = dict.fromkeys(told_apart := ("roi.revenue", "channel_return.rewards", "left_behind.friends"), 0)
    for questions in (_of_period, _of_surveys, _of_growth, _of_values, _of_cohorts, _of_money, _of_what_is_expected):
        for name, given, value in questions(store):
            # A weight is exact to 18 digits, its figure was rounded once.
            assert round(_sum(store, name, **given) - value, 9) == 0, (name, given)
            walked[name] = walked.get(name, 0) + bool(value)
    # Amounts of other currencies are told apart: the revenue that ROI takes is one figure of several units.
    assert rows.sums(_found(store, "roi.revenue"))[1] == {"EUR": 5000, "USD": 5000}
    roi = program_money.of_program(program=store, at=NOON)["roi"]
    assert roi["numerator"] + roi["denominator"] == 5000 + 4500
    assert _sum(store, "channel_return.rewards") == 1500
    assert set(walked) == set(FIGURES)
    empty = {name for name, found in walked.items() if not found} - {*told_apart}
    assert empty == set()


def test_rows_are_read_by_page_and_by_nobody_else(store, acme, rival, django_assert_max_num_queries):
    shop = secret(acme)
    days = {"from": "2026-02-01", "to": "2026-03-02"}
    assert shop.get("/figures").json()["figures"][0]["takes"][:3] == ["program", "from", "to"]
    with django_assert_max_num_queries(7):
        first = shop.get("/figures/orders/rows", limit="2", **days).json()
    rest = shop.get("/figures/orders/rows", limit="100", cursor=first["next_cursor"], **days).json()
    assert (first["number"], first["sums"]) == (5, [{"unit": "", "amount": "5"}])
    assert (len(first["data"]), len(rest["data"]), rest["next_cursor"]) == (2, 3, None)
    assert len({each["id"] for each in first["data"] + rest["data"]}) == 5
    assert first["data"][0]["customer"].startswith("cus_")
    for path, asked, status, words in (
        ("conversions", {"limit": "0"}, 400, "limit must be"),
        ("conversions", {"cursor": "cur_x"}, 400, "cursor must be"),
        ("conversions", {"days": "30"}, 400, "conversions takes no days; it takes: program, from"),
        ("lifetime_value.referred", {"days": "31"}, 400, "Send days, one of 30, 90, 180, 365, 730."),
        ("lifetime_value.referred", {"days": "30", "cut": "town"}, 400, "cuts are: program, advocate"),
        ("lifetime_value.matched_others", {"days": "30", "cut": "channel", "key": "email"}, 400, "Of channels only"),
        ("cohort.kept", {"month": "2026-13", "age": "1"}, 400, "Send month, a month from 2000 on such as 2026-03."),
        ("cohort.kept", {"month": "9999-12", "age": "1"}, 400, "Send month, a month from 2000 on such as 2026-03."),
        ("repeat_rate.numerator", {}, 400, "Send from and to"),
        ("trees.depths", {}, 400, "Send steps, a whole number."),
        ("at_risk.friends", {"key": "cus_x"}, 400, "Send key, a customer of this storefront by id."),
        ("channel_return.cost", {"key": "fax"}, 400, "Send key, the channel"),
        ("clicks", {"from": "2024-01-01"}, 400, "Clicks are kept for"),
        ("orders", {"group_by": "channel", "key": "chat"}, 400, "There are no orders by channel"),
        ("everything", {}, 404, "There is no figure 'everything'"),
    ):
        answer = shop.get(f"/figures/{path}/rows", **asked)
        assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.json()
    cast.program(rival)
    other = secret(rival)
    for name in ("orders", "lifetime_value.others", "liability.available"):
        given = {"days": "30"} if name.startswith("lifetime") else {}
        assert other.get(f"/figures/{name}/rows", **given).json()["number"] == 0
    of_acme = ids.encode("prg", store.public_id)
    assert other.get("/figures/orders/rows", program=of_acme).status_code == 404


def test_olga_follows_a_number_to_its_rows_and_takes_them_as_a_file(store, acme, client, olga):
    client.force_login(olga)
    Order.objects.filter(storefront=acme, customer__external_id="fred").update(external_id="=1+1")
    days = {"from": "2026-02-01", "to": "2026-03-02"}
    page = client.get("/admin/metrics/", {"program": store.pk, "all": "1", **days}).content.decode()
    link = f"/admin/metrics/rows/?figure=conversions&amp;program={store.pk}&amp;from=2026-02-01&amp;to=2026-03-02"
    assert link in page
    for name, more in (("trees.depths", "&amp;steps=2"), ("expected.value", ""), ("at_risk.advocates", "")):
        assert f"/admin/metrics/rows/?figure={name}&amp;program={store.pk}{more}" in page
    later = {"segment": "vip", "part": "cut", "from": "2026-02-24", "to": "2026-03-02"}
    of_vips = client.get("/admin/metrics/", {"program": store.pk} | later).content.decode()
    for period in ("from=2026-02-24&amp;to=2026-03-02", "from=2026-02-17&amp;to=2026-02-23"):
        of = f"program={store.pk}&amp;{period}&amp;group_by=segment&amp;key=vip"
        assert f"figure=signup_to_conversion.numerator&amp;{of}" in of_vips
    first = client.get("/admin/").content.decode()
    assert f"/admin/metrics/rows/?figure=lifetime_value.others&amp;program={store.pk}&amp;days=30" in first
    asked = {"figure": "revenue", "program": store.pk, **days}
    rows = client.get("/admin/metrics/rows/", asked).content.decode()
    fred = Customer.objects.get(external_id="fred")
    assert "1 row, together 50.00 EUR" in rows
    assert f'href="/admin/advocacy/customer/{fred.pk}/change/"' in rows
    file = b"".join(client.get("/admin/metrics/rows/", asked | {"csv": "1"}).streaming_content).decode("utf-8-sig")
    (_, line) = file.splitlines()
    assert line.startswith("'=1+1,cnv_")
    assert ",50.00,EUR,," in line
    numerator = client.get("/admin/metrics/rows/", asked | {"figure": "click_to_signup.numerator"}).content.decode()
    assert "figure=click_to_signup.denominator&amp;" in numerator
    wrong = client.get("/admin/metrics/rows/", asked | {"from": "2026-03-02", "to": "2026-02-01"}).content.decode()
    assert "the first day comes first." in wrong
    for other in ({"figure": "everything"}, {"program": "x"}):
        assert client.get("/admin/metrics/rows/", asked | other).status_code == 404
    # Who may see programs and orders, and no customers, reads ids; of rewards nothing.
    otto = cast.staff("otto")
    otto.user_permissions.set(Permission.objects.filter(codename__in=("view_program", "view_conversion")))
    client.force_login(otto)
    told = client.get("/admin/metrics/rows/", asked).content.decode()
    assert (ids.encode("cus", fred.public_id) in told, "/admin/advocacy/customer/" in told) == (True, False)
    assert client.get("/admin/metrics/rows/", asked | {"figure": "liability.pending"}).status_code == 403


def test_who_may_not_see_customers_reads_ids_on_the_page_and_in_its_files(store, client, olga, alice):
    page = {"program": store.pk, "from": "2026-02-01", "to": "2026-03-02", "all": "1"}
    client.force_login(olga)
    assert _named(client, page) >= {"alice", "fred"}
    otto = cast.staff("otto")
    otto.user_permissions.set(Permission.objects.filter(codename="view_program"))
    client.force_login(otto)
    assert _named(client, page) & {"alice", "mallory", "fred", "frida"} == set()
    file = b"".join(client.get("/admin/metrics/", page | {"csv": "at_risk"}).streaming_content).decode()
    assert (ids.encode("cus", alice.customer.public_id) in file, "alice" in file) == (True, False)


def _named(client, page):
    text = client.get("/admin/metrics/", page).content.decode().lower()
    return {name for name in ("alice", "mallory", "fred", "frida") if f">{name}<" in text or f" {name} " in text}
