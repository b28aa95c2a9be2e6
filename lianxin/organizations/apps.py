from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OrganizationsConfig(AppConfig):
    name = "lianxin.organizations"
    label = "organizations"

    def ready(self) -> None:
        autodiscover_modules("panels")
