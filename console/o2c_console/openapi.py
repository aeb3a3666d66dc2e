"""One OpenAPI document out of several: paths side by side, each service's schemas under its own name."""

from collections.abc import Mapping
from typing import Any

_REF = "#/components/schemas/"


def merged(own: Mapping[str, Any], services: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """`own` with what each service offers below `/v1`; probes of the machine room stay with each service."""
    paths, schemas = dict(own["paths"]), dict(own.get("components", {}).get("schemas", {}))
    for name, document in services.items():
        paths |= {p: _renamed(content, name) for p, content in document["paths"].items() if p.startswith("/v1/")}
        found = document.get("components", {}).get("schemas", {})
        schemas |= {f"{name}.{n}": _renamed(content, name) for n, content in found.items()}
    return {**own, "paths": paths, "components": {**own.get("components", {}), "schemas": schemas}}


def _renamed(content: Any, service: str) -> Any:
    if isinstance(content, list):
        return [_renamed(part, service) for part in content]
    if not isinstance(content, dict):
        return content
    return {
        n: f"{_REF}{service}.{part.removeprefix(_REF)}"
        if n == "$ref" and isinstance(part, str) and part.startswith(_REF)
        else _renamed(part, service)
        for n, part in content.items()
    }
