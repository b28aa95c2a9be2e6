"""The product's addresses and the style page."""

from django.urls import path

from lianxin.config.urls import *  # noqa: F403
from lianxin.config.urls import urlpatterns as product
from tests.browser import style

urlpatterns = [*product, path("style/", style.page, name="style")]
