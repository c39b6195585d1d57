"""An ordinary trader on the raw API, in its text form, with nothing but the standard library.

It asks for a day of bars, buys a share when the last price is below their mean, at most once a run,
and does that once or every interval until SIGTERM. A lost session is made anew after a pause.

    python3 trader.py --host 127.0.0.1 --port 4002 --client-id 7 --once
"""

import argparse
import logging
import re
import select
import signal
import socket
import struct
import sys
import time

VERSION = 178  # the newest that this program speaks: text, before protobuf
START_API, PLACE_ORDER, REQ_HISTORICAL_DATA = 71, 3, 20
ORDER_STATUS, ERROR, NEXT_VALID_ID, HISTORICAL_DATA = 3, 4, 9, 17
ANSWER_WITHIN = 5.0  # seconds
RECONNECT_AFTER = 2.0

AAPL = ["0", "AAPL", "STK", "", "", "", "", "SMART", "", "USD", "", ""]
# placeOrder at VERSION ends in fields that a market order leaves at their defaults.
REST_OF_ORDER = (
    ",0,,,,,,,0,,-1,0,,,0,,,0,0,,0,,,,,,0,,,,,0,,,,,,,,,,,0,,,0,0,"
    ",,0,,0,0,0,0,,,,,,,0,,,,,,,,,0,0,0,,2147483647,2147483647,0,,"
).split(",")


class Lost(Exception):
    """The session is over."""


class Session:
    """A connection on which the handshake is complete."""

    def __init__(self, host, port, client_id):
        self.sock = socket.create_connection((host, port), timeout=ANSWER_WITHIN)
        self.buffer = b""
        self.requests = 0
        try:
            self.sock.sendall(b"API\0" + frame(f"v100..{VERSION}".encode()))
            self.version = int(self.next_message()[0])
            self.send(START_API, 2, client_id, "")
            self.order_id = int(self.wait_for(NEXT_VALID_ID)[2])
        except BaseException:
            self.sock.close()
            raise

    def send(self, *fields):
        text = "".join(f"{'' if f is None else int(f) if isinstance(f, bool) else f}\0" for f in fields)
        self.sock.sendall(frame(text.encode()))

    def next_message(self):
        while True:
            if len(self.buffer) >= 4:
                (length,) = struct.unpack(">I", self.buffer[:4])
                if len(self.buffer) >= 4 + length:
                    payload, self.buffer = self.buffer[4 : 4 + length], self.buffer[4 + length :]
                    return payload.decode(errors="replace").split("\0")
            data = self.sock.recv(65536)
            if not data:
                raise Lost("the Gateway closed the connection")
            self.buffer += data

    def wait_for(self, kind):
        deadline = time.monotonic() + ANSWER_WITHIN
        while True:
            self.sock.settimeout(max(0.01, deadline - time.monotonic()))
            message = self.next_message()
            if message[0] == str(ERROR):
                logging.info("error %s", message[2:5])
            if message[0] == str(kind):
                return message

    def closes(self):
        """The closing prices of a day of bars."""
        self.requests += 1
        asked = ["", "1 min", "1 D", True, "TRADES", 1, False, ""]
        self.send(REQ_HISTORICAL_DATA, self.requests, *AAPL, False, *asked)
        message = self.wait_for(HISTORICAL_DATA)
        count = int(message[4])
        return [float(message[5 + 8 * i + 4]) for i in range(count)]

    def buy(self, reference):
        order = ["BUY", "1", "MKT", "", "", "DAY", "", "", "", 0, reference, True, 0, False, False, 0, 0, False, False]
        self.send(PLACE_ORDER, self.order_id, *AAPL, "", "", *order, *REST_OF_ORDER)
        self.order_id += 1
        return self.wait_for(ORDER_STATUS)[2]

    def idle(self, seconds, stopping):
        """Reads what comes until the time is over or the trader is to stop."""
        deadline = time.monotonic() + seconds
        while not stopping():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            if select.select([self.sock], [], [], min(left, 0.1))[0]:
                self.sock.settimeout(ANSWER_WITHIN)
                self.next_message()


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def duration(text):
    """30s, 1m30s or 500ms, in seconds."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}
    return sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+)(h|ms|m|s|µs)", text))


def cycle(session, state):
    closes = session.closes()
    last, mean = closes[-1], sum(closes) / len(closes)
    logging.info("%d bars, last %.2f, mean %.2f", len(closes), last, mean)
    if last < mean and not state["ordered"]:
        state["ordered"] = True
        logging.info("order %s", session.buy(f"python-{time.time_ns()}"))


def main():
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4002)
    parser.add_argument("--client-id", type=int, default=7)
    parser.add_argument("--interval", type=duration, default=30.0)
    parser.add_argument("--once", action="store_true")
    args = parser.parse_args()
    state = {"ordered": False, "stopping": False}
    signal.signal(signal.SIGTERM, lambda *_: state.update(stopping=True))
    while not state["stopping"]:
        session = None
        try:
            session = Session(args.host, args.port, args.client_id)
            while not state["stopping"]:
                cycle(session, state)
                if args.once:
                    return 0
                session.idle(args.interval, lambda: state["stopping"])
        except (OSError, Lost) as reason:
            logging.error("%s", reason)
            if args.once:
                return 1
        finally:
            if session is not None:
                session.sock.close()
        if not state["stopping"]:
            time.sleep(RECONNECT_AFTER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
