"""One night's models of a storefront, in a process of its own: ``python -m bench.fitting <key>``, for bench.metrics.

Says how many seconds the fit took, the most memory that the process ever had in MB, and what was found.
"""

import os
import resource
import sys
import time

from bench import ground


def main(key):
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415

    django.setup()
    from advocacy.models import Storefront  # noqa: PLC0415
    from referrals.predictions import fitting  # noqa: PLC0415

    storefront = Storefront.objects.get(pk=key)
    began = time.perf_counter()
    fit = fitting.fit(storefront=storefront, day=ground.NOW.date(), at=ground.NOW)
    seconds, most = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{seconds:.1f} {most} MB, {fit.customers:,} customers in {fit.steps} steps {fit.reason}{fit.spend_reason}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
