from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "lianxin.home"
    label = "home"
