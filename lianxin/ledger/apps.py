from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class LedgerConfig(AppConfig):
    name = "lianxin.ledger"
    label = "ledger"

    def ready(self) -> None:
        from lianxin.ledger import guard

        autodiscover_modules("kinds", "figures", "proofs")
        # The one signal allowed: a table remade by an ordinary migration silently loses its triggers.
        post_migrate.connect(guard.install_triggers, dispatch_uid="ledger.guard")
