"""Addresses of reminders."""

from django.urls import path, register_converter

from lianxin.reminders import views


class TokenConverter:
    """160 bits in base 32."""

    regex = "[a-z2-7]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token32")

urlpatterns = [
    path("reminders/", views.reminders, name="reminders"),
    path("calendar/<token32:token>.ics", views.calendar_feed, name="calendar_feed"),
]
