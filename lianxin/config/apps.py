from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "lianxin.config"
    label = "lianxin_config"
