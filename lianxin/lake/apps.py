from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "lianxin.lake"
    label = "lake"
