"""Tests against a fake Gateway, to copy from.

    FAKEGATEWAY=/path/to/fakegateway python3 -m unittest -v

TestWithIBAsync needs ib_async (pip install ib_async==2.0.1) and is skipped without it.
"""

import socket
import struct
import time
import unittest

from fakegateway import FakeGateway

try:
    import ib_async
except ImportError:
    ib_async = None

LOST_ACK = {
    "faults": [
        {
            "id": "lost-ack",
            "why": "the connection breaks between the order and its first report",
            "when": {"outbound": "openOrder", "nth": 1},
            "what": {"do": "rst"},
        }
    ]
}


def frame(*fields):
    payload = b"".join(str(f).encode() + b"\0" for f in fields)
    return struct.pack(">I", len(payload)) + payload


def read_frame(stream):
    (length,) = struct.unpack(">I", stream.read(4))
    return stream.read(length).decode().split("\0")[:-1]


class TestByHand(unittest.TestCase):
    """The protocol by hand: what every client does first."""

    def test_handshake(self):
        with FakeGateway("--seed", "1") as gateway:
            with socket.create_connection((gateway.host, gateway.port), timeout=10) as client:
                stream = client.makefile("rb")
                version = b"v157..178"
                client.sendall(b"API\0" + struct.pack(">I", len(version)) + version)
                self.assertEqual(read_frame(stream)[0], "178")
                client.sendall(frame(71, 2, 7, ""))
                self.assertEqual(read_frame(stream), ["15", "1", "DU9000001"])
                self.assertEqual(read_frame(stream), ["9", "1", "1"])
                stream.close()
            (row,) = gateway.connections()
            self.assertEqual((row["clientId"], row["serverVersion"]), (7, 178))

    def test_a_bad_schedule_says_where(self):
        with FakeGateway() as gateway:
            with self.assertRaisesRegex(ValueError, "outbond"):
                gateway.schedule({"faults": [{"when": {"outbond": "openOrder"}, "what": {"do": "rst"}}]})


@unittest.skipIf(ib_async is None, "ib_async is not installed")
class TestWithIBAsync(unittest.TestCase):
    """An order whose acknowledgement is lost is in the books once."""

    def test_lost_acknowledgement(self):
        with FakeGateway("--seed", "1") as gateway:
            gateway.schedule(LOST_ACK)
            ib = ib_async.IB()
            ib.connect(gateway.host, gateway.port, clientId=7, timeout=10)
            try:
                order = ib_async.MarketOrder("BUY", 3, tif="DAY", orderRef="intent-1")
                ib.placeOrder(ib_async.Stock("AAPL", "SMART", "USD"), order)
                until = time.monotonic() + 10
                while ib.isConnected() and time.monotonic() < until:
                    ib.sleep(0.05)
                self.assertFalse(ib.isConnected())
            finally:
                ib.disconnect()
            books = gateway.books()
            self.assertEqual([o["status"] for o in books["orders"]], ["Filled"])
            self.assertEqual([(p["symbol"], p["quantity"]) for p in books["positions"]], [("AAPL", 3)])
            (row,) = gateway.connections()
            self.assertEqual(row["messagesIn"]["placeOrder"], 1)
            self.assertEqual([r["wire"] for r in gateway.receipts()], ["RST"])


if __name__ == "__main__":
    unittest.main()
