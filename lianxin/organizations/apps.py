from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "lianxin.organizations"
    label = "organizations"
