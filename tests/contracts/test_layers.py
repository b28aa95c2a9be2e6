"""Tables obey the floors as imports do: the import linter does not see foreign keys."""

import tomllib
from pathlib import Path

from django.apps import apps
from django.db.models import Field

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {("ledger", "Unit")}
"""Upwards, beside the user model: an entry stands at a unit."""


def floors() -> dict[str, int]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return {name.strip(): floor for floor, names in enumerate(layers) for name in names.split("|")}


def relations() -> list[tuple[str, str, str, str]]:
    """(app, model and field, app pointed at, model pointed at) of every foreign key of ours."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("lianxin."):
            for field in model._meta.get_fields():
                if isinstance(field, Field) and field.remote_field is not None:
                    target = field.related_model
                    app, other = (each.__module__.split(".") for each in (model, target))
                    where = other[1] if other[0] == "lianxin" else other[0]
                    found.append((app[1], f"{model.__name__}.{field.name}", where, target.__name__))
    return found


def test_tables_point_downwards_but_for_the_user_and_the_unit_of_an_entry() -> None:
    floor = floors()
    upwards = {(app, field, target) for app, field, where, target in relations() if floor[where] < floor[app]}
    assert len(relations()) > 40
    assert {(app, target) for app, _field, target in upwards if target != "User"} == ALLOWED
    assert {field for _app, field, target in upwards if target == "Unit"} == {"Entry.unit"}


def test_rooms_do_not_point_at_each_other() -> None:
    floor = floors()
    beside = [(app, field, where) for app, field, where, _target in relations() if where != app and floor[where] == floor[app]]
    assert beside == []
