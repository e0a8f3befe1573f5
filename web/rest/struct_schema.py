"""Components of the OpenAPI schema, and of the WebSocket's, out of msgspec structures.

drf-spectacular asks ``StructExtension`` about every structure that a view names as its request or reply; the
structures hold the rest (see ``exchange.wire.shape_parts``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from inspect import cleandoc
from typing import Any, cast

import msgspec
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_choice_description_list, list_hash
from drf_spectacular.utils import Direction
from msgspec import inspect

Schema = dict[str, Any]


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """A structure's component: named like the structure, described by its docstring."""

    target_class = msgspec.Struct
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        name: str = self.target.__name__
        return name

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Schema:
        return _Components(auto_schema, direction).object_schema(self.target)


class StructSchemas(ABC):
    """Turns types of fields into schemas. What becomes of the structures that fields name is left to the
    document: it keeps them as components and gives references to them."""

    #: Whether an object is refused for a field that is not known.
    refuses_unknown = False

    @abstractmethod
    def reference(self, shape: type[msgspec.Struct]) -> Schema:
        """A reference to the component of a structure."""

    @abstractmethod
    def alternatives(self, name: str, shapes: tuple[type[msgspec.Struct], ...]) -> Schema:
        """A reference to a component that is one of several others."""

    def object_schema(self, shape: type[msgspec.Struct]) -> Schema:
        """The component of a structure."""
        described = inspect.type_info(shape)
        assert isinstance(described, inspect.StructType)
        description = _description(shape)
        required = sorted(field.encode_name for field in described.fields if field.required)
        return {
            "type": "object",
            **({"description": description} if description else {}),
            "properties": {field.encode_name: self._schema(field.type) for field in described.fields},
            **({"required": required} if required else {}),
            # Requests with a field that is not known are refused; replies may get more fields.
            **({"additionalProperties": False} if self.refuses_unknown else {}),
        }

    def _schema(self, kind: inspect.Type) -> Schema:
        """The schema of a field."""
        match kind:
            case inspect.Metadata():
                return self._annotated(kind)
            case inspect.UnionType():
                return self._union(kind)
            case inspect.StructType():
                return self.reference(kind.cls)
            case inspect.ListType():
                return {
                    "type": "array",
                    "items": self._schema(kind.item_type),
                    **_stated(maxItems=kind.max_length, minItems=kind.min_length),
                }
            case inspect.DictType():
                is_any = isinstance(kind.value_type, inspect.AnyType)
                return {
                    "type": "object",
                    "additionalProperties": {} if is_any else self._schema(kind.value_type),
                }
        return _plain(kind)

    def _annotated(self, kind: inspect.Metadata) -> Schema:
        extra = dict(kind.extra_json_schema or {})
        if kind.extra and "one_of" in kind.extra:
            return self.alternatives(extra["title"], kind.extra["one_of"])
        description = extra.pop("description", None)
        schema = self._schema(kind.type)
        if "enum" in extra:
            schema = _choice(extra["enum"])
        elif extra:
            # The format of a text or number stands right behind its type.
            schema = {"type": schema.pop("type"), **extra, **schema}
        return schema if description is None else _described(schema, description)

    def _union(self, kind: inspect.UnionType) -> Schema:
        """Alternatives of a field; null is one more type where there is but one other."""
        others = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        nullable = len(others) < len(kind.types)
        if len(others) > 1:
            alternatives = [self._schema(each) for each in others]
            return {"oneOf": [*alternatives, {"type": "null"}] if nullable else alternatives}
        schema = self._schema(others[0])
        if nullable and "type" not in schema:
            # Another component.
            return {"oneOf": [schema, {"type": "null"}]}
        if nullable:
            schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"].append(None)
        return schema


class _Components(StructSchemas):
    """Those of the OpenAPI schema, which drf-spectacular keeps."""

    def __init__(self, auto_schema: AutoSchema, direction: Direction) -> None:
        self._auto_schema = auto_schema
        self._direction = direction
        self.refuses_unknown = direction == "request"

    def reference(self, shape: type[msgspec.Struct]) -> Schema:
        # The library takes every class that an extension matches; its types name serializers alone.
        component = self._auto_schema.resolve_serializer(cast(Any, shape), self._direction)
        return dict(component.ref)

    def alternatives(self, name: str, shapes: tuple[type[msgspec.Struct], ...]) -> Schema:
        """A component that is one of several others."""
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name,
            type=ResolvedComponent.SCHEMA,
            object=name,
            schema={"oneOf": [self.reference(shape) for shape in shapes]},
        )
        self._auto_schema.registry.register_on_missing(component)
        return dict(component.ref)


def _plain(kind: inspect.Type) -> Schema:
    """The schema of what holds nothing else."""
    match kind:
        case inspect.StrType():
            return {
                "type": "string",
                **_stated(pattern=kind.pattern, maxLength=kind.max_length, minLength=kind.min_length),
            }
        case inspect.IntType():
            return {"type": "integer", **_stated(maximum=kind.le, minimum=kind.ge)}
        case inspect.FloatType():
            return {"type": "number"}
        case inspect.BoolType():
            return {"type": "boolean"}
    raise TypeError(f"no schema for {kind}")


def _choice(choices: list[str]) -> Schema:
    """Text that is one of ``choices``, listed and marked the way drf-spectacular does."""
    pairs = [(choice, choice) for choice in choices]
    return {
        "enum": list(choices),
        "type": "string",
        "description": build_choice_description_list(pairs),
        "x-spec-enum-id": list_hash(pairs),
    }


def _described(schema: Schema, description: str) -> Schema:
    """The schema with a description of the field, before the list of choices if there is one."""
    if "$ref" in schema:
        return {"allOf": [schema], "description": description}
    choices = schema.pop("description", None) if "enum" in schema else None
    schema.pop("description", None)
    return {**schema, "description": f"{description}\n\n{choices}" if choices else description}


def _description(shape: type[msgspec.Struct]) -> str:
    """The docstring of a structure or of the one it extends; msgspec's own does not count."""
    for base in shape.__mro__:
        if base is msgspec.Struct:
            break
        if base.__dict__.get("__doc__"):
            return cleandoc(base.__doc__ or "")
    return ""


def _stated(**bounds: Any) -> Schema:
    return {name: bound for name, bound in bounds.items() if bound is not None}
