"""The Debug Adapter Protocol's JSON schema, closed: a key that the protocol does not have is an error.

The published schema lets every object have further keys, which is how a misspelt key (`hit_condition`) passes it.
"""

import importlib.util
import json
import os

import jsonschema

# In the protocol since the copy that debugpy carries (1.68 to 1.71). Only what an adapter may send.
INTEGER, BOOLEAN = {"type": "integer"}, {"type": "boolean"}
NEWER = {
    "Capabilities": {"supportsANSIStyling": BOOLEAN, "supportsDataBreakpointBytes": BOOLEAN},
    "Variable": {"declarationLocationReference": INTEGER, "valueLocationReference": INTEGER},
}
NEWER_BODY = {
    "OutputEvent": {"locationReference": INTEGER},
    "EvaluateResponse": {"valueLocationReference": INTEGER},
    "SetVariableResponse": {"valueLocationReference": INTEGER},
}
LOCATION = {
    "source": {"$ref": "#/definitions/Source"},
    "line": INTEGER,
    "column": INTEGER,
    "endLine": INTEGER,
    "endColumn": INTEGER,
}


class Protocol:
    """Says what is wrong with a message of an adapter."""

    def __init__(self):
        definitions = load()
        self.definitions = {name: close(flat(node, definitions)) for name, node in definitions.items()}
        self.responses, self.events = {}, {}
        for name, node in definitions.items():
            keys = flat(node, definitions)["properties"]
            if name.endswith("Request") and "enum" in keys.get("command", {}):
                self.responses[keys["command"]["enum"][0]] = name.removesuffix("Request") + "Response"
            if name.endswith("Event") and "enum" in keys.get("event", {}):
                self.events[keys["event"]["enum"][0]] = name

    def problems(self, message):
        """One line for everything that is not as the schema says."""
        kind = message.get("type")
        if kind == "response" and not message.get("success"):
            name = "ErrorResponse"
        elif kind == "response":
            name = self.responses.get(message.get("command"), "Response")
        elif kind == "event":
            name = self.events.get(message.get("event"), "Event")
        else:
            name = "Request"
        if name not in self.definitions:
            return [f"{name} is not in the schema"]
        schema = {"$ref": f"#/definitions/{name}", "definitions": self.definitions}
        errors = jsonschema.Draft4Validator(schema).iter_errors(message)
        return [f"{name}{''.join(f'.{part}' for part in error.absolute_path)}: {error.message[:160]}" for error in errors]


def load():
    """debugpy's copy of the schema, with what came later."""
    package = importlib.util.find_spec("debugpy")
    if package is None:
        raise SystemExit("the Python package debugpy, which carries the schema, is missing: run `cargo xtask tools python`")
    folder = os.path.join(os.path.dirname(package.origin), "_vendored", "pydevd", "_pydevd_bundle", "_debug_adapter")
    with open(os.path.join(folder, "debugProtocol.json"), encoding="utf-8") as file:
        definitions = json.load(file)["definitions"]
    for name, keys in NEWER.items():
        definitions[name]["properties"].update(keys)
    for name, keys in NEWER_BODY.items():
        definitions[name]["allOf"][1]["properties"]["body"]["properties"].update(keys)
    definitions.setdefault("LocationsRequest", {
        "allOf": [{"$ref": "#/definitions/Request"}, {"properties": {"command": {"enum": ["locations"]}}}]
    })
    body = {"type": "object", "properties": LOCATION, "required": ["source", "line"]}
    definitions.setdefault("LocationsResponse", {
        "allOf": [{"$ref": "#/definitions/Response"}, {"properties": {"body": body}}]
    })
    return definitions


def flat(node, definitions):
    """`node` with everything that it inherits by `$ref` and `allOf` in one place."""
    merged = {key: value for key, value in node.items() if key not in ("$ref", "allOf")}
    merged["properties"], merged["required"] = {}, list(node.get("required", []))
    parents = list(node.get("allOf", []))
    if "$ref" in node:
        parents.append(definitions[node["$ref"].rsplit("/", 1)[-1]])
    for parent in parents:
        inherited = flat(parent, definitions)
        merged = {**inherited, **merged, "properties": {**merged["properties"], **inherited["properties"]},
                  "required": merged["required"] + inherited["required"]}
    merged["properties"] = {**merged["properties"], **node.get("properties", {})}
    return merged


def close(node):
    """`node` without room for keys that it does not name, at any depth. Draft 4 wants `required` not empty."""
    if not isinstance(node, dict) or "$ref" in node:
        return node
    closed = {key: value for key, value in node.items() if key != "required" or value}
    if node.get("properties"):
        closed["properties"] = {key: close(value) for key, value in node["properties"].items()}
        closed.setdefault("additionalProperties", False)
    if "items" in node:
        closed["items"] = close(node["items"])
    return closed
