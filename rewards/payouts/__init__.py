"""Paying cash out: who is due, batches that freeze what they pay, results, statements, totals and the journal.

A payout moves its customer's lots available → reserved when its batch is made, reserved → paid when it is paid, and
back to available when it fails, is cancelled or is returned. Nothing is sent by itself.
"""
