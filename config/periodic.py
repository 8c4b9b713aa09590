"""What beat sends, and how often. Each finds its work in the database: one that is missed costs its period."""

from celery.schedules import schedule


def tasks(*, sweep_seconds):
    return {
        "sweep": {"task": "advocacy.outbox.tasks.sweep", "schedule": schedule(sweep_seconds)},
        "webhook endpoints": {
            "task": "advocacy.outbox.tasks.keep_endpoints",
            "schedule": schedule(60),
            "options": {"queue": "mail"},
        },
        "alerts": {"task": "advocacy.alerts.tasks.watch", "schedule": schedule(60), "options": {"queue": "mail"}},
        "forget alerts": {
            "task": "advocacy.alerts.tasks.forget",
            "schedule": schedule(3600),
            "options": {"queue": "mail"},
        },
        "forget deliveries": {
            "task": "advocacy.outbox.tasks.forget_deliveries",
            "schedule": schedule(3600),
            "options": {"queue": "mail"},
        },
        "credit in shops": {"task": "rewards.tasks.credit_in_shops", "schedule": schedule(10)},
        "codes of links": {"task": "config.tasks.codes_of_links", "schedule": schedule(60)},
        "forget": {"task": "config.tasks.forget", "schedule": schedule(3600), "options": {"queue": "bulk"}},
        "weekly report": {
            "task": "config.tasks.weekly_report",
            "schedule": schedule(900),
            "options": {"queue": "mail"},
        },
        "mails": {"task": "advocacy.mails.tasks.send", "schedule": schedule(5), "options": {"queue": "mail"}},
        "forget mails": {
            "task": "advocacy.mails.tasks.forget",
            "schedule": schedule(3600),
            "options": {"queue": "mail"},
        },
        "errands": {"task": "advocacy.errands.tasks.run", "schedule": schedule(5), "options": {"queue": "shops"}},
        "jobs": {"task": "advocacy.jobs.tasks.sweep", "schedule": schedule(10)},
        "look again": {"task": "config.tasks.look_again", "schedule": schedule(300), "options": {"queue": "bulk"}},
        "release rewards": {"task": "rewards.tasks.release", "schedule": schedule(10)},
        "end reservations": {"task": "rewards.tasks.end_reservations", "schedule": schedule(30)},
        "expire rewards": {"task": "rewards.tasks.expire", "schedule": schedule(300)},
        "test clocks": {"task": "config.tasks.test_clocks", "schedule": schedule(10)},
        "payouts": {"task": "rewards.tasks.payouts", "schedule": schedule(600)},
        "fold days of rewards": {
            "task": "rewards.tasks.fold_days",
            "schedule": schedule(60),
            "options": {"queue": "bulk"},
        },
        "close months": {"task": "rewards.tasks.close_months", "schedule": schedule(3600)},
        "decide what waited": {"task": "rewards.tasks.decide_waiting", "schedule": schedule(60)},
        "close periods": {"task": "rewards.tasks.close_periods", "schedule": schedule(60)},
        "coupons": {"task": "rewards.tasks.coupons", "schedule": schedule(10)},
        "watch pools": {"task": "rewards.tasks.watch_pools", "schedule": schedule(300)},
        "recount metrics": {"task": "referrals.tasks.recount", "schedule": schedule(10)},
        "recount buyers": {"task": "referrals.tasks.recount_buyers", "schedule": schedule(10)},
        "tallies": {"task": "referrals.tasks.tally", "schedule": schedule(900), "options": {"queue": "bulk"}},
        "predictions": {"task": "referrals.tasks.predict", "schedule": schedule(3600), "options": {"queue": "bulk"}},
        "reviews that nobody decided": {"task": "referrals.tasks.decide_overdue", "schedule": schedule(300)},
        "watch codes": {"task": "referrals.tasks.watch_codes", "schedule": schedule(300)},
        "inbound messages": {"task": "referrals.inbound.tasks.work", "schedule": schedule(5)},
        "forget inbound messages": {"task": "referrals.inbound.tasks.forget", "schedule": schedule(3600)},
        "ask platforms daily": {"task": "referrals.inbound.tasks.ask_daily", "schedule": schedule(1800)},
        "end waiting for orders": {"task": "referrals.tasks.end_waiting", "schedule": schedule(600)},
        "past buyers": {
            "task": "referrals.tasks.enrol_past_buyers",
            "schedule": schedule(600),
            "options": {"queue": "bulk"},
        },
        "click partitions": {"task": "referrals.tasks.keep_click_storage", "schedule": schedule(3600)},
    }
