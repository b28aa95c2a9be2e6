"""The working pages of those who take cases up: /cases/…"""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
