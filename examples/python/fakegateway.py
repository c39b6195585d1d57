"""A fake IB Gateway for a test in Python.

The program fakegateway as a child process, and its control port over HTTP. Copy this file; it needs
nothing but the standard library.
"""

import json
import os
import subprocess
import urllib.error
import urllib.request


class FakeGateway:
    """A Gateway on a free port, as a context manager.

    The environment variable FAKEGATEWAY names the program; by default it is on the PATH.
    """

    def __init__(self, *flags):
        self._flags = flags

    def __enter__(self):
        program = os.environ.get("FAKEGATEWAY", "fakegateway")
        self._child = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", *self._flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._child.stdout.readline()
        try:
            said = dict(word.split("=", 1) for word in line.split()[1:])
            self.host, port = said["gateway"].rsplit(":", 1)
            self.port = int(port)
            self._control = "http://" + said["control"]
        except (KeyError, ValueError):
            self.__exit__()
            raise RuntimeError(f"start {program}: it said {line!r}, not where it listens") from None
        return self

    def __exit__(self, *_):
        self._child.terminate()
        self._child.wait(timeout=10)
        self._child.stdout.close()

    def schedule(self, schedule):
        """Replaces the fault schedule: docs/schedules.md has its language."""
        self._ask("PUT", "/schedule", schedule)

    def books(self):
        """What is true at the exchange, whatever the client was told."""
        return self._ask("GET", "/books")

    def connections(self):
        """Every accepted socket: phases, messages, who closed first."""
        return self._ask("GET", "/connections")

    def receipts(self):
        """What each fault really did on the wire."""
        return self._ask("GET", "/receipts")

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._control + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{method} {path}: {json.load(error)['detail']}") from None
