from django.apps import AppConfig
from django.core import checks


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self):
        from advocacy import upgrades  # noqa: PLC0415 (the apps must be ready)

        checks.register(upgrades.check, checks.Tags.database)
