from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "lianxin.reminders"
    label = "reminders"
