"""A worker that counts marked days, the newest first, until none is left: ``python -m bench.recounting``."""

from bench import ground


def main():
    ground.set_up_django()
    from referrals import rollups  # noqa: PLC0415
    from referrals.models import Mark  # noqa: PLC0415

    while Mark.objects.exists():
        rollups.recount(at=ground.NOW, seconds=60)


if __name__ == "__main__":
    main()
