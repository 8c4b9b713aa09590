"""A message carries the number of an import and nothing else: what is left to take is in its parts."""

from celery import shared_task

from referrals.imports import lanes


@shared_task
def beside(pk):
    """Take parts of an import beside the worker that does its job."""
    lanes.help(pk=pk)
