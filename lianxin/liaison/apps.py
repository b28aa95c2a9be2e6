from django.apps import AppConfig


class LiaisonConfig(AppConfig):
    name = "lianxin.liaison"
    label = "liaison"
