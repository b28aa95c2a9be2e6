"""Addresses of accounts, people's data and exports."""

from django.urls import path

from lianxin.organizations import account_pages, export_pages, privacy_pages

urlpatterns = [
    path("accounts/", account_pages.accounts_list, name="accounts"),
    path("accounts/invite/", account_pages.invite, name="invite"),
    path("accounts/close/", account_pages.close_account, name="close_account"),
    path("invitation/<slug:token>/", account_pages.invitation, name="invitation"),
    path("people/<int:pk>/phone/", privacy_pages.reveal_phone, name="reveal_phone"),
    path("account/my-data/", privacy_pages.my_data, name="my_data"),
    path("access-log/", privacy_pages.access_log, name="access_log"),
    path("units/<str:code>/people/export/", export_pages.export_people, name="export_people"),
    path("units/<str:code>/history/export/", export_pages.export_history, name="export_history"),
    path("exports/", export_pages.export_requests, name="export_requests"),
    path("exports/<int:pk>/decide/", export_pages.decide_export, name="decide_export"),
]
