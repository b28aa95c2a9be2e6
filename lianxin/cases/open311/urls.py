"""Open311 GeoReport v2: /open311/…"""

from django.urls import path

from lianxin.cases.open311 import views

urlpatterns = [
    path("discovery.<str:form>", views.discovery, name="open311_discovery"),
    path("v2/discovery.<str:form>", views.discovery, name="open311_discovery_beside"),
    path("v2/services.<str:form>", views.services, name="open311_services"),
    path("v2/services/<str:code>.<str:form>", views.service, name="open311_service"),
    path("v2/tokens/<str:token>.<str:form>", views.token, name="open311_token"),
    path("v2/requests.<str:form>", views.requests, name="open311_requests"),
    path("v2/requests/<str:number>.<str:form>", views.one_request, name="open311_request"),
]
