from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RemindersConfig(AppConfig):
    name = "lianxin.reminders"
    label = "reminders"

    def ready(self) -> None:
        from lianxin.reminders import owed  # noqa: F401  # declares what the schemes ask

        autodiscover_modules("notices")
