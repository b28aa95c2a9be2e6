"""The county office: /cases/figures/, /cases/left-out/, /topics/ and /call-backs/."""

from django.urls import path

from lianxin.cases import office_views

urlpatterns = [
    path("cases/figures/", office_views.case_figures, name="case_figures"),
    path("cases/left-out/", office_views.exclusions, name="exclusions"),
    path("topics/", office_views.topics, name="topics"),
    path("call-backs/", office_views.call_backs, name="call_backs"),
    path("call-backs/<int:pk>/", office_views.call_back, name="call_back"),
]
