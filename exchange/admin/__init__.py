"""The operator pages: live rows to read, change requests to make. Nothing here writes a live row."""

from django.contrib import admin

from exchange.admin import accounts, control, engine, market, orders, users

admin.site.index_title = "Overview"
admin.site.extra_urls = engine.urls

__all__ = ["accounts", "control", "engine", "market", "orders", "users"]
