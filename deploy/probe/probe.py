"""Shakes hands with a Gateway at HOST PORT, as every TWS API client does, and prints what it says."""

import socket
import struct
import sys


def main(host: str, port: str) -> None:
    with socket.create_connection((host, int(port)), timeout=10) as gateway:
        offer = b"v100..225"
        gateway.sendall(b"API\0" + struct.pack(">I", len(offer)) + offer)
        stream = gateway.makefile("rb")
        (length,) = struct.unpack(">I", stream.read(4))
        version, when, _ = stream.read(length).decode().split("\0")
        print(f"server version {version}, {when}")


if __name__ == "__main__":
    main(*sys.argv[1:])
