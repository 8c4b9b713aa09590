"""Coupons and gift cards: codes in pools, given to rewards one by one, used at a checkout.

``pools`` keeps pools, ``uploading`` brings codes in, ``assigning`` gives them to rewards that are credited, ``serving``
to those that waited, ``paying`` to payouts, ``using`` notes their use, ``ending`` their expiry and withdrawal,
``asking`` answers what a code is worth. Nothing is imported here: crediting asks ``assigning``, and ``serving`` asks
crediting.
"""
