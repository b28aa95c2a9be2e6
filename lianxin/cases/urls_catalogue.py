"""What matters there are and how long each may take: /catalogue/…, /workdays/…"""

from django.urls import path

from lianxin.cases import catalogue_views as views

urlpatterns = [
    path("catalogue/", views.catalogue, name="catalogue"),
    path("catalogue/workbook/", views.catalogue_workbook, name="catalogue_workbook"),
    path("workdays/", views.workdays, name="workdays"),
    path("workdays/set/", views.set_day, name="set_day"),
]
