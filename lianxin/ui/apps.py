from types import ModuleType

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "lianxin.ui"
    label = "lianxin_ui"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        super().__init__(app_name, app_module)
        # Here rather than in ready(): an app that is ready before this one may already speak.
        from lianxin.ui.messages import compile_translations

        compile_translations()
