from django.urls import URLPattern, URLResolver, path

from marketdata.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/executions/<str:symbol>", views.ExecutionsView.as_view(), name="executions"),
    path("api/v1/statistics", views.AllStatisticsView.as_view(), name="statistics-all"),
    path("api/v1/statistics/<str:symbol>", views.StatisticsView.as_view(), name="statistics"),
    path("api/v1/klines/<str:symbol>/<str:interval>", views.KlinesView.as_view(), name="klines"),
]
