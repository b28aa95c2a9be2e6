from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ImportsConfig(AppConfig):
    name = "lianxin.imports"
    label = "imports"

    def ready(self) -> None:
        from lianxin.imports import organization_sheets  # noqa: F401  # declares the sheets of units and people

        autodiscover_modules("sheets")
