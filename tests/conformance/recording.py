"""One trace out of the shop's recordings, as a file of its own and in memory."""

import glob
import json
import os

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRACES = os.path.join(REPOSITORY, "fixtures", "traces", "otlp-json", "shop")
WORKSPACE = os.path.join(REPOSITORY, "fixtures", "apps")


def failing_trace(folder):
    """Writes the recorded trace that has exceptions and the most spans into `folder`; returns the file's path."""
    bodies = []
    for path in sorted(glob.glob(os.path.join(TRACES, "*.json"))):
        with open(path, encoding="utf-8") as file:
            bodies.append(json.load(file))
    spans_of, failing = {}, set()
    for _, _, span in spans(bodies):
        spans_of.setdefault(span["traceId"], []).append(span)
        if any(event["name"] == "exception" for event in span.get("events", [])):
            failing.add(span["traceId"])
    if not failing:
        raise SystemExit(f"no recording in {TRACES} has an exception")
    chosen = max(sorted(failing), key=lambda trace: len(spans_of[trace]))
    path = os.path.join(folder, "failing.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"resourceSpans": list(only(bodies, chosen))}, file)
    return path


def spans(bodies):
    """Every span with its resource and scope."""
    for body in bodies:
        for resource in body.get("resourceSpans", []):
            for scope in resource.get("scopeSpans", []):
                for span in scope.get("spans", []):
                    yield resource, scope, span


def only(bodies, trace):
    """The bodies' resource spans, without the spans of other traces."""
    for resource, scope, span in spans(bodies):
        if span["traceId"] == trace:
            yield {**resource, "scopeSpans": [{**scope, "spans": [span]}]}
