from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "lianxin.ui"
    label = "lianxin_ui"

    def ready(self) -> None:
        from lianxin.ui.messages import compile_translations

        compile_translations()
