"""From what stands in the boxes of the rule form to a rule's terms; what cannot be read is blamed on its box."""

from advocacy import conditions, money
from advocacy.outbox.catalogue import TYPES
from rewards.admin import amounts
from rewards.admin.rule_fields import HELD, MILESTONE, SIDES
from rewards.models import CONVERSION_TRIGGER, Frequency, HoldFrom, MonthsFrom
from rewards.rules import terms as words

_PLAIN = ("order_limit", "months_limit", "ends_at", "expires_days")


class Reading:
    """``blame(name, sentence)`` is told what cannot be read."""

    def __init__(self, *, cleaned, currency, blame):
        self.cleaned, self.currency, self.blame = cleaned, currency, blame

    def terms(self):
        cleaned = self.cleaned
        trigger = cleaned.get("trigger") or CONVERSION_TRIGGER
        often = cleaned.get("frequency") or Frequency.FIRST_ORDER
        every = often == Frequency.EVERY_ORDER
        allowance = cleaned.get("delivery_allowance_days")
        return {
            "trigger": trigger,
            "frequency": Frequency.EVERY_ORDER if every else Frequency.FIRST_ORDER,
            "order_limit": cleaned.get("order_limit") if every else None,
            "months_limit": cleaned.get("months_limit") if every and trigger == CONVERSION_TRIGGER else None,
            "months_from": cleaned.get("months_from") or MonthsFrom.FIRST_ORDER,
            "milestone_every": self._milestone(often, trigger),
            "milestone_repeats": cleaned.get("milestone_repeats") != "once",
            "minimum_order_minor": self._minimum_order(trigger),
            "conditions": self._conditions(),
            "benefits": {side: said for side in SIDES if (said := self._benefit(side, trigger))},
            "caps": [cap for place, row in self._rows("caps") if (cap := self._cap(place, row))],
            "per_currency": self._per_currency(),
            "hold_days": cleaned.get("hold_days") or 0,
            "hold_from": cleaned.get("hold_from") or HoldFrom.PAYMENT,
            "digital_at_once": cleaned.get("digital_at_once") != HELD,
            "delivery_allowance_days": 7 if allowance is None else allowance,
            "expires_days": cleaned.get("expires_days"),
            "priority": cleaned.get("priority") or 0,
            "exclusive_group": cleaned.get("exclusive_group") or "",
            "ends_at": cleaned.get("ends_at"),
        }

    def _milestone(self, often, trigger):
        if often != MILESTONE or trigger != CONVERSION_TRIGGER:
            return None
        if not self.cleaned.get("milestone_every"):
            self.blame("milestone_every", "Write how many friends it takes, such as 5.")
        return self.cleaned.get("milestone_every")

    def _minimum_order(self, trigger):
        return (self._money("minimum_order") or 0) if trigger == CONVERSION_TRIGGER else 0

    # --- benefits ---

    def _benefit(self, side, trigger):
        """None where the side gets nothing; what stands in boxes that are not shown counts for nothing."""
        kind = self.cleaned.get(f"{side}_kind")
        if not kind or side not in TYPES[trigger].recipients:
            return None
        form = self.cleaned.get(f"{side}_form") or words.CREDIT
        unit = money.POINTS if form == words.POINTS else self.currency
        said = {"form": form, "kind": str(kind)} | self._of_kind(side, kind, unit)
        if kind != words.FIXED:
            bounds = {part: self._money(f"{side}_{part}", unit) for part in ("minimum", "maximum")}
            said |= {f"{part}_minor": value for part, value in bounds.items() if value is not None}
        if form in (words.COUPON, words.GIFT_CARD):
            said["pool"] = self.cleaned.get(f"{side}_pool") or ""
        if form == words.CUSTOM:
            said["label"] = (self.cleaned.get(f"{side}_label") or "").strip()
        return said

    def _of_kind(self, side, kind, unit):
        if kind == words.FIXED:
            return {"amount_minor": self._money(f"{side}_amount", unit) or 0}
        if kind == words.PERCENT:
            return {"percent_bp": self._percent(f"{side}_percent")}
        if kind == words.PER_PRODUCT:
            return {"items": [self._item(f"{side}_items", *found, unit) for found in self._rows(f"{side}_items")]}
        choices = {part: self.cleaned.get(f"{side}_tiers_{part}") for part in ("measure", "period", "reading")}
        defaults = {"measure": "conversions", "period": "month", "reading": words.MARGINAL}
        tiers = {part: choices[part] or defaults[part] for part in defaults}
        rows = self._rows(f"{side}_tiers")
        return {"tiers": tiers | {"steps": [self._step(f"{side}_tiers", *row, tiers["measure"], unit) for row in rows]}}

    def _step(self, name, place, row, measure, unit):
        start = row["from"] or "0"
        begins = (
            self._minor(name, start, self.currency, place) if measure == "revenue" else self._whole(name, start, place)
        )
        return {"from": begins or 0} | self._pay(name, place, row, unit)

    def _item(self, name, place, row, unit):
        return {"by": row["by"], "values": _listed(row["values"])} | self._pay(name, place, row, unit)

    def _pay(self, name, place, row, unit):
        said = {}
        if row["amount"]:
            said["amount_minor"] = self._minor(name, row["amount"], unit, place) or 0
        if row["percent"]:
            said["percent_bp"] = self._read(name, amounts.basis_points, row["percent"], place) or 0
        return said

    # --- limits, currencies, conditions ---

    def _cap(self, place, row):
        parts = {part: row[part] for part in ("scope", "period", "measure")}
        side = {"side": row["side"]} if row["side"] else {}
        if row["measure"] == words.COUNT:
            limit = self._whole("caps", row["limit"], place)
        else:
            side_form = next(self.cleaned.get(f"{one}_form") for one in SIDES if row["side"] in ("", one))
            unit = money.POINTS if side_form == words.POINTS else self.currency
            limit = self._minor("caps", row["limit"], unit, place)
        return None if limit is None else parts | {"limit": limit} | side

    def _per_currency(self):
        said = {}
        for place, row in self._rows("per_currency"):
            if row["currency"].upper() in said:
                self.blame("per_currency", f"Row {place}: {row['currency'].upper()} stands above already; say it once.")
            elif found := self._in(place, row):
                said |= [found]
        return said

    def _in(self, place, row):
        currency, said = row["currency"].upper(), {}
        if currency not in money.CURRENCIES:
            self.blame("per_currency", f"Row {place}: {currency or 'the empty text'} is no currency; write one as USD.")
            return None
        if row["minimum_order"]:
            said["minimum_order_minor"] = self._minor("per_currency", row["minimum_order"], currency, place)
        for side in (words.ADVOCATE, words.FRIEND):
            each = {
                f"{part}_minor": self._minor("per_currency", row[f"{side}_{part}"], currency, place)
                for part in ("amount", "minimum", "maximum")
                if row[f"{side}_{part}"]
            }
            if each:
                said[side] = each
        return currency, said

    def _conditions(self):
        """Rows of one group stand together; groups are joined the other way than the rows."""
        outer = self.cleaned.get("conditions_how") or "all"
        inner, entries, groups = ("any" if outer == "all" else "all"), [], {}
        for place, row in self._rows("conditions"):
            one = {"field": row["field"], "op": row["op"], "value": self._value(place, row)}
            if not row["group"]:
                entries.append(one)
            elif row["group"] in groups:
                groups[row["group"]].append(one)
            else:
                groups[row["group"]] = [one]
                entries.append({inner: groups[row["group"]]})
        return {"any": entries} if outer == "any" and entries else entries

    def _value(self, place, row):
        field, text = conditions.field_of(row["field"]), row["value"]
        if field.kind == "money":
            return self._minor("conditions", text, self.currency, place)
        if field.kind == "number":
            return self._whole("conditions", text, place)
        if field.kind == "flag":
            known = {"yes": True, "true": True, "no": False, "false": False}
            if text.lower() not in known:
                self.blame("conditions", f"Row {place}: write yes or no.")
            return known.get(text.lower())
        return text if row["op"] == "is" else _listed(text)

    # --- numbers ---

    def _rows(self, name):
        return enumerate(self.cleaned.get(name) or [], start=1)

    def _money(self, name, unit=None):
        text = (self.cleaned.get(name) or "").strip()
        return self._minor(name, text, unit or self.currency) if text else None

    def _percent(self, name):
        text = (self.cleaned.get(name) or "").strip()
        return (self._read(name, amounts.basis_points, text) or 0) if text else 0

    def _minor(self, name, text, unit, place=None):
        return self._read(name, lambda text: amounts.minor(text, unit), text, place)

    def _whole(self, name, text, place=None):
        return self._read(name, amounts.whole, text, place)

    def _read(self, name, parse, text, place=None):
        try:
            return parse(text)
        except amounts.Unreadable as problem:
            self.blame(name, f"Row {place}: {problem}" if place else str(problem))
            return None


def _listed(text):
    return list(dict.fromkeys(value.strip() for value in text.split(",") if value.strip()))
