from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "lianxin.ui"
    label = "lianxin_ui"
