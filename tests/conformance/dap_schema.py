#!/usr/bin/env python3
"""Walks a recorded trace with `spanglass dap` and holds every message against the protocol's schema.

Needs SPANGLASS_BIN and the packages of `cargo xtask tools python`; run by `cargo xtask test --only dap-schema`.
"""

import os
import sys
import tempfile

from adapter import Adapter, Lost
from recording import WORKSPACE, failing_trace
from schema import Protocol

STEPS = ["next", "stepIn", "stepOut", "stepBack", "continue", "reverseContinue"]
passed, failed = 0, 0


def check(what, holds, detail=""):
    """Counts and prints one check."""
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok  ' if holds else 'FAIL'} {what} {'' if holds else detail}".rstrip())


def main():
    protocol = Protocol()
    check_the_checker(protocol)
    with tempfile.TemporaryDirectory() as folder:
        trace = failing_trace(folder)
        env = {**os.environ, "SPANGLASS_DATA_DIR": os.path.join(folder, "data")}
        for session in (walk, misuse, hurry):
            adapter = Adapter([os.environ["SPANGLASS_BIN"], "dap"], protocol, env)
            try:
                session(adapter, trace)
            except Lost as lost:
                check(f"{session.__name__}: whole", False, lost)
            adapter.process.kill()
            check(f"{session.__name__}: {adapter.checked} messages are as the schema says", not adapter.problems)
            for problem in dict.fromkeys(adapter.problems):
                print("    ", problem)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


def check_the_checker(protocol):
    """A check that could not fail would prove nothing."""
    event = {"seq": 1, "type": "event", "event": "stopped", "body": {"reason": "step", "threadId": 1}}
    check("a good event passes", not protocol.problems(event))
    bad = [
        {**event, "body": {"reason": "step", "thread_id": 1}},
        {**event, "body": {"threadId": 1}},
        {**event, "body": {"reason": "step", "threadId": None}},
        {**event, "body": {"reason": "step", "threadId": "1"}},
        {**event, "error": None},
        {"seq": 1, "type": "response", "request_seq": 1, "success": False, "message": "no", "body": {}},
        {"seq": 1, "type": "response", "request_seq": 1, "success": True, "command": "threads", "body": {}},
    ]
    for message in bad:
        check(f"a bad message is caught: {message}", protocol.problems(message))


def start(adapter, trace, **more):
    """Initialises and launches; returns the capabilities and the first stop."""
    hello = {"adapterID": "spanglass", "linesStartAt1": True, "columnsStartAt1": True, "pathFormat": "path",
             "supportsVariableType": True, "supportsVariablePaging": True, "supportsRunInTerminalRequest": True}
    capabilities = adapter.request("initialize", hello)["body"]
    launch = adapter.send("launch", {"file": trace, "workspace": WORKSPACE, "stopOnEntry": True, **more})
    adapter.event("initialized")
    source = {"path": os.path.join(WORKSPACE, "python", "checkout", "orders.py"), "name": "orders.py"}
    lines = [{"line": 1}, {"line": 40, "condition": "duration > 1ms"}, {"line": 41, "hitCondition": ">= 2"},
             {"line": 42, "logMessage": "here {name}"}, {"line": 43, "condition": "= ="}]
    adapter.request("setBreakpoints", {"source": source, "breakpoints": lines, "sourceModified": False})
    adapter.request("setFunctionBreakpoints", {"breakpoints": [{"name": "GET *"}, {"name": "no such function"}]})
    filters = [item["filter"] for item in capabilities.get("exceptionBreakpointFilters", [])]
    adapter.request("setExceptionBreakpoints", {"filters": filters})
    adapter.request("configurationDone", {})
    answer = adapter.answer(launch)
    check("launch succeeds", answer["success"], answer)
    return capabilities, adapter.event("stopped")


def walk(adapter, trace):
    """Everything that a client does at a stop, at each of several stops, in both directions."""
    capabilities, stop = start(adapter, trace)
    check("time travel is offered", capabilities.get("supportsStepBack"), capabilities)
    check("every stop stops all threads", stop["body"].get("allThreadsStopped"), stop)
    look(adapter, capabilities, stop)
    for step in [*STEPS, "next", "next"]:
        answer = adapter.request(step, {"threadId": stop["body"]["threadId"]})
        check(f"{step} succeeds", answer["success"], answer)
        stop = adapter.event("stopped")
        look(adapter, capabilities, stop)
    adapter.request("loadedSources", {})
    if capabilities.get("supportsRestartRequest"):
        check("restart succeeds", adapter.request("restart")["success"])
        adapter.event("stopped")
    adapter.request("disconnect")
    check("the process ends with 0", adapter.end() == 0)


def look(adapter, capabilities, stop):
    """Threads, stack, scopes, variables to a depth of three, and what hangs on a frame."""
    threads = adapter.request("threads")["body"]["threads"]
    thread = stop["body"]["threadId"]
    check("the stopped thread is listed", thread in [item["id"] for item in threads], threads)
    frames = adapter.request("stackTrace", {"threadId": thread, "startFrame": 0, "levels": 20})["body"]["stackFrames"]
    check("there is a frame", frames, stop)
    frame = frames[0]
    for scope in adapter.request("scopes", {"frameId": frame["id"]})["body"]["scopes"]:
        unfold(adapter, scope["variablesReference"], 3)
    for expression in ["duration", "name", "span.http.route", "no such ("]:
        adapter.request("evaluate", {"expression": expression, "frameId": frame["id"], "context": "repl"})
    adapter.request("evaluate", {"expression": "duration", "frameId": frame["id"], "context": "hover"})
    if frame.get("source", {}).get("sourceReference"):
        adapter.request("source", {"source": frame["source"], "sourceReference": frame["source"]["sourceReference"]})
    if stop["body"]["reason"] == "exception" and capabilities.get("supportsExceptionInfoRequest"):
        adapter.request("exceptionInfo", {"threadId": thread})
    if capabilities.get("supportsStepInTargetsRequest"):
        adapter.request("stepInTargets", {"frameId": frame["id"]})
    if capabilities.get("supportsCompletionsRequest"):
        adapter.request("completions", {"frameId": frame["id"], "text": "span.", "column": 6})
    if capabilities.get("supportsGotoTargetsRequest") and frame.get("source"):
        adapter.request("gotoTargets", {"source": frame["source"], "line": frame["line"]})
    if capabilities.get("supportsBreakpointLocationsRequest") and frame.get("source"):
        adapter.request("breakpointLocations", {"source": frame["source"], "line": frame["line"]})


def unfold(adapter, reference, depth):
    """Reads variables, and theirs, and theirs."""
    if not reference or not depth:
        return
    for variable in adapter.request("variables", {"variablesReference": reference})["body"]["variables"]:
        unfold(adapter, variable["variablesReference"], depth - 1)


def misuse(adapter, trace):
    """What broken and foreign clients send. The adapter answers with an error and lives."""
    _, stop = start(adapter, trace)
    thread = stop["body"]["threadId"]
    for command, arguments in [
        ("no such request", {"x": 1}), ("next", {"threadId": "one"}), ("next", {"threadId": 999999}), ("next", None),
        ("variables", {"variablesReference": 999999}), ("scopes", {"frameId": -1}), ("stackTrace", {}),
        ("source", {"sourceReference": 999999}), ("evaluate", {"expression": "x", "frameId": 999999}),
        ("setBreakpoints", {"breakpoints": 3}), ("goto", {"threadId": thread, "targetId": 999999}),
        ("initialize", {}), ("locations", {"locationReference": 999999}), ("stepIn", {"threadId": thread, "granularity": "x"}),
    ]:
        adapter.request(command, arguments)
    check("an unknown request fails", not adapter.request("no such request")["success"])
    adapter.raw('{"seq": 99, ')
    adapter.raw('{"seq": 7, "type": "response", "request_seq": 3, "success": true, "command": "runInTerminal"}')
    check("it lives after broken JSON", adapter.request("threads", {})["success"])
    adapter.seq += 1
    adapter.asked[adapter.seq] = "threads"
    body = f'{{"seq": {adapter.seq}, "type": "request", "command": "threads"}}'
    adapter.raw(body, header="content-length: {}\r\nContent-Type: application/json\r\n\r\n")
    check("it reads headers in any case, and others", adapter.answer(adapter.seq)["success"])
    check("terminate without arguments succeeds", adapter.request("terminate")["success"])
    adapter.event("terminated")
    adapter.request("disconnect")
    check("the process ends with 0", adapter.end() == 0)


def hurry(adapter, trace):
    """Requests sent without waiting for answers, then the stream closed: each is answered, and the process ends."""
    _, stop = start(adapter, trace)
    sent = [adapter.send("next", {"threadId": stop["body"]["threadId"]}) for _ in range(50)]
    sent += [adapter.send("stackTrace", {"threadId": stop["body"]["threadId"]}) for _ in range(50)]
    answers = [adapter.answer(seq) for seq in sent]
    check("a hundred requests at once are answered", all(answer["success"] for answer in answers))
    adapter.process.stdin.close()
    check("the process ends when its client goes", adapter.end() is not None)


main()
