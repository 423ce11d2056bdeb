"""Classes of plain data that cost next to nothing until one of them is made.

Most runs end without a fact, and most others make few kinds of them. `dataclasses` writes and compiles the methods of a
class when it is defined, half a millisecond each: for all the classes here, a fifth of the time that it takes to import
libcst. These have slots, and a constructor that is compiled when it is first called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
AnyRecord = TypeVar("AnyRecord", bound="Record")


class _Fresh:
    """Stands for a default that is made anew for every record."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def field(*, default_factory: Callable[[], Made]) -> Made:
    """Return the default of a field that is made anew for every record."""
    return _Fresh(default_factory)  # type: ignore[return-value]


class _Kind(type):
    """Makes the annotated names of a class its slots, and keeps their defaults for the constructor."""

    _names: tuple[str, ...]
    _defaults: dict[str, Any]

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: bool) -> _Kind:
        names = tuple(namespace.get("__annotations__", ()))
        defaults = {item: namespace.pop(item) for item in names if item in namespace}
        return super().__new__(
            cls, name, bases, {**namespace, "__slots__": names, "_names": names, "_defaults": defaults}
        )


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(field,))
class Record(metaclass=_Kind):
    """The base of classes of plain data: what is annotated are the fields, in the order of the constructor.

    A record equals itself alone. That it is frozen, unless its class says `frozen=False`, is for the type checker.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kind = type(self)
        kind.__init__ = _constructor(kind)  # type: ignore[method-assign]
        kind.__init__(self, *args, **kwargs)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self)._names)
        return f"{type(self).__name__}({values})"


def replace(record: AnyRecord, **changes: Any) -> AnyRecord:
    """Return a record that is as `record` but for `changes`."""
    kind = type(record)
    return kind(**{name: getattr(record, name) for name in kind._names} | changes)


def _constructor(kind: type[Record]) -> Callable[..., None]:
    """Return the `__init__` of `kind`: as fast as one that was written by hand."""
    scope: dict[str, Any] = {}
    parameters = ["self"]
    body = []
    for name in kind._names:
        value = name
        if name in kind._defaults:
            default = scope[f"_{name}"] = kind._defaults[name]
            parameters.append(f"{name}=_{name}")
            if isinstance(default, _Fresh):
                value = f"_{name}.factory() if {name} is _{name} else {name}"
        else:
            parameters.append(name)
        body.append(f"    self.{name} = {value}\n")
    exec(f"def __init__({', '.join(parameters)}):\n{''.join(body)}", scope)  # noqa: S102
    return cast("Callable[..., None]", scope["__init__"])
