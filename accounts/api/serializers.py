"""Shapes of the token calls, for the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    password = serializers.CharField(style={"input_type": "password"})


class RefreshRequestSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField()


class AccessSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer <access>`.")
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")


class TokensSerializer(AccessSerializer):
    refresh = serializers.CharField(help_text="Gets the next access token at /api/v1/token/refresh.")
