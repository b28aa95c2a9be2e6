"""The map of the house shows every folder there is, and none that is not; its order is the order of the import contract."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAP = (ROOT / "docs" / "where-things-live.md").read_text(encoding="utf-8")
FLOORS = {name: int(floor) for name, floor in re.findall(r"^\| `lianxin/(\w+)` \|.*\| (\d+) \|$", MAP, re.MULTILINE)}


def test_every_app_is_on_the_map_and_every_app_on_the_map_exists():
    there = {path.parent.name for path in (ROOT / "lianxin").glob("*/apps.py")}
    assert set(FLOORS) == there


def test_the_map_and_the_import_contract_name_the_same_floors():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    floors = {name.strip(): floor for floor, names in enumerate(layers, 1) for name in names.split("|")}
    assert floors == FLOORS
