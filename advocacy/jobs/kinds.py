"""Which function does a step of which kind of job: the dictionary of ``config/job_kinds.py``."""

from django.conf import settings
from django.utils.module_loading import import_string


def step_of(kind):
    steps = import_string(settings.JOB_KINDS)
    if kind not in steps:
        raise LookupError(f"No job is called {kind}; known are: {', '.join(sorted(steps)) or 'none'}.")
    return steps[kind]
