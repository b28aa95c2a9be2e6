from django.apps import AppConfig


class GatheringsConfig(AppConfig):
    name = "lianxin.gatherings"
    label = "gatherings"
