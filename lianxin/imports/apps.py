from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "lianxin.imports"
    label = "imports"
