from django.apps import AppConfig


class SchemesConfig(AppConfig):
    name = "lianxin.schemes"
    label = "schemes"
