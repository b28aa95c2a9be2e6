from django.apps import AppConfig
from django.core.checks import register


class AccountsConfig(AppConfig):
    name = "lianxin.accounts"
    label = "accounts"

    def ready(self) -> None:
        from lianxin.accounts import gate

        register(gate.check_declarations, "declarations")
