"""A debug adapter on stdio, every message of which is checked as it comes."""

import json
import queue
import subprocess
import threading
import time

PATIENCE = 30.0


class Lost(Exception):
    """The adapter is gone, or silent for longer than `PATIENCE`."""


class Adapter:
    """Sends requests and keeps what is wrong with the answers in `problems`."""

    def __init__(self, command, protocol, env):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        self.protocol = protocol
        self.problems, self.checked = [], 0
        self.seq, self.last, self.asked, self.answers = 0, 0, {}, {}
        self.events, self.inbox = [], queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def request(self, command, arguments=None):
        """The answer to a request."""
        return self.answer(self.send(command, arguments))

    def send(self, command, arguments=None):
        """Sends a request and returns its number."""
        self.seq += 1
        message = {"seq": self.seq, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        self.asked[self.seq] = command
        self.raw(json.dumps(message))
        return self.seq

    def raw(self, text, header="Content-Length: {}\r\n\r\n"):
        """Sends a frame of any content."""
        body = text.encode()
        try:
            self.process.stdin.write(header.format(len(body)).encode() + body)
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Lost("the adapter ended before its client did") from None

    def answer(self, seq):
        """Waits for the answer to request number `seq`."""
        self._until(lambda: seq in self.answers, f"an answer to {self.asked[seq]}")
        return self.answers[seq]

    def event(self, *names):
        """Waits for the next event of one of these names and forgets those before it."""
        def find():
            return next((i for i, event in enumerate(self.events) if event["event"] in names), None)
        self._until(lambda: find() is not None, f"an event {' or '.join(names)}")
        index = find()
        event, self.events = self.events[index], self.events[index + 1:]
        return event

    def end(self):
        """Waits for the process to end; returns its exit code."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None

    def _until(self, done, what):
        deadline = time.monotonic() + PATIENCE
        while not done():
            try:
                message = self.inbox.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Lost(f"no {what} within {PATIENCE:.0f} s") from None
            if message is None:
                raise Lost(f"the adapter ended while {what} was awaited")
            self._take(message)

    def _take(self, message):
        self.checked += 1
        self.problems += self.protocol.problems(message)
        if message.get("seq") != self.last + 1:
            self.problems.append(f"seq {message.get('seq')} follows {self.last}")
        self.last = message.get("seq")
        if message.get("type") == "event":
            self.events.append(message)
        elif message.get("type") == "response":
            self._take_answer(message)

    def _take_answer(self, message):
        seq = message.get("request_seq")
        command = self.asked.get(seq)
        if command is None:
            self.problems.append(f"an answer to request {seq}, which was never sent")
        elif seq in self.answers:
            self.problems.append(f"{command} was answered twice")
        elif message.get("command") != command:
            self.problems.append(f"the answer to {command} says it is for {message.get('command')}")
        self.answers[seq] = message

    def _read(self):
        stream = self.process.stdout
        while True:
            length = None
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                else:
                    self.problems.append(f"a line between messages: {line[:80]!r}")
            if length is None:
                self.inbox.put(None)
                return
            self.inbox.put(json.loads(stream.read(length)))
