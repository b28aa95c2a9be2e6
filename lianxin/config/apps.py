from django.apps import AppConfig
from django.core.checks import CheckMessage, register


class ConfigConfig(AppConfig):
    name = "lianxin.config"
    label = "lianxin_config"

    def ready(self) -> None:
        register(check_declarations, DECLARATIONS)


DECLARATIONS = "declarations"
"""The tag of the checks that hold together what apps declare."""


def check_declarations(**_options: object) -> list[CheckMessage]:
    """Loaded when asked for: it looks at everything."""
    from lianxin.config.declarations import check_all

    return check_all()
