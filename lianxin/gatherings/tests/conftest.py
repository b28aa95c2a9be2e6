"""What tests about organisational life share."""

import pytest

from lianxin.schemes.actions import seed_library


@pytest.fixture
def schemes(world):
    """The schemes of the library, in force."""
    return seed_library(actor=world.user("county_officer"))
