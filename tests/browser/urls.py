"""The product's addresses and the style page. A proof of who sits there, given in the morning, holds for the day."""

from datetime import timedelta

from django.urls import path

from lianxin.accounts import proof
from lianxin.config.urls import *  # noqa: F403
from lianxin.config.urls import urlpatterns as product
from tests.browser import style

urlpatterns = [*product, path("style/", style.page, name="style")]

proof.FRESH = timedelta(days=1)
