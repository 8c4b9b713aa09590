from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self):
        if settings.ALERT_LIMITS:
            from advocacy.alerts.kinds import check_limits  # noqa: PLC0415 - its models are there only now

            check_limits()
