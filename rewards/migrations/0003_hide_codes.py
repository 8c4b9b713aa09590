"""Codes of our own coupons are taken out of orders, events and decisions; their coupons' ids stand there instead."""

import json

from django.db import migrations

from advocacy import ids, secrets

_AT_ONCE = 5000
# Those that may hold one, each once in its storefront.
_SAID = """
    SELECT storefront_id, jsonb_array_elements_text(coupon_codes) FROM referrals_order WHERE coupon_codes <> '[]'
    UNION SELECT storefront_id, referral_code FROM referrals_order WHERE referral_code <> ''
    UNION SELECT storefront_id, jsonb_array_elements_text(facts->'coupon_codes') FROM advocacy_event
        WHERE jsonb_typeof(facts->'coupon_codes') = 'array'
"""
_OURS = "SELECT storefront_id, fingerprint, public_id FROM rewards_coupon WHERE fingerprint = ANY(%s)"
_HIDDEN = """
    (SELECT jsonb_agg(COALESCE(to_jsonb(hidden.name), one.code) ORDER BY place)
     FROM jsonb_array_elements({codes}) WITH ORDINALITY AS one (code, place)
     LEFT JOIN hidden_code hidden ON hidden.storefront_id = said.storefront_id AND hidden.code = one.code #>> '{{}}')
"""
_HOLDS = """EXISTS (SELECT FROM hidden_code hidden WHERE hidden.storefront_id = said.storefront_id AND {codes} ? hidden.code)"""
_DECISIONS = """
    SELECT decision.id, subject.storefront_id, verdicts, decision.facts
    FROM rewards_decision decision JOIN rewards_subject subject ON subject.id = decision.subject_id
    WHERE subject.storefront_id = ANY(%s)
      AND (verdicts::text LIKE '%%"coupon_codes"%%' OR decision.facts::text LIKE '%%"coupon_codes"%%')
"""


def hide(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        hidden = _names(cursor)
        if not hidden:
            return
        cursor.execute("CREATE TEMPORARY TABLE hidden_code (storefront_id bigint, code text, name text) ON COMMIT DROP")
        cursor.executemany("INSERT INTO hidden_code VALUES (%s, %s, %s)", hidden)
        _rewrite(cursor, hidden)
        cursor.execute("DROP TABLE hidden_code")


def _names(cursor):
    """``[(storefront, code, cpn_…)]``."""
    cursor.execute(_SAID)
    said = [(storefront, code, secrets.fingerprint(code.strip().upper())) for storefront, code in cursor.fetchall()]
    found = {}
    for start in range(0, len(said), _AT_ONCE):
        cursor.execute(_OURS, [[mark for _, _, mark in said[start : start + _AT_ONCE]]])
        found |= {(storefront, bytes(mark)): ids.encode("cpn", name) for storefront, mark, name in cursor.fetchall()}
    return [(storefront, code, found[storefront, mark]) for storefront, code, mark in said if (storefront, mark) in found]


def _rewrite(cursor, hidden):
    # What the tables' own triggers forbid everybody else; nothing that is decided depends on it.
    tables = ("advocacy_event", "rewards_decision")
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for table, column, change in (
        ("referrals_order", "coupon_codes", "coupon_codes = {}"),
        ("advocacy_event", "facts->'coupon_codes'", "facts = jsonb_set(facts, '{{coupon_codes}}', {})"),
    ):
        codes = f"said.{column}"
        change = change.format(_HIDDEN.format(codes=codes))
        cursor.execute(f"UPDATE {table} said SET {change} WHERE {_HOLDS.format(codes=codes)}")
    cursor.execute(
        "UPDATE referrals_order said SET referral_code = hidden.name FROM hidden_code hidden "
        "WHERE hidden.storefront_id = said.storefront_id AND hidden.code = said.referral_code"
    )
    _rewrite_decisions(cursor, {(storefront, code): name for storefront, code, name in hidden})
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _rewrite_decisions(cursor, names):
    cursor.execute(_DECISIONS, [list({storefront for storefront, _ in names})])
    for pk, storefront, *kept in cursor.fetchall():
        said = [json.loads(text) if isinstance(text, str) else text for text in kept]
        now = [_without(value, storefront, names) for value in said]
        if now != said:
            cursor.execute(
                "UPDATE rewards_decision SET verdicts = %s, facts = %s WHERE id = %s",
                [*(None if value is None else json.dumps(value) for value in now), pk],
            )


def _without(value, storefront, names):
    """The JSON with names in place of these codes, wherever they stand."""
    if isinstance(value, dict):
        return {key: _without(each, storefront, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(each, storefront, names) for each in value]
    return names.get((storefront, value), value) if isinstance(value, str) else value


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0002_coupon_uses"),
        ("advocacy", "0001_initial"),
        ("referrals", "0002_click_table"),
    ]
    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
