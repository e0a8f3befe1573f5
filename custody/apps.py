"""The custody app."""

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "custody"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from custody import withdrawal_letters
        from custody.reconciliation import alarm_letters

        withdrawal_letters.connect()
        alarm_letters.connect()
