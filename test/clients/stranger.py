"""Shakes hands on an info hash that nobody ever published, and prints what came back, as hexadecimal digits: nothing, from an honest client.

usage: stranger.py HOST PORT
"""

import os
import socket
import sys

patience_seconds = 10

wire = socket.create_connection((sys.argv[1], int(sys.argv[2])), patience_seconds)
wire.settimeout(patience_seconds)
# handshake: <19><BitTorrent protocol><reserved 8><info hash 20><peer id 20>
wire.sendall(b"\x13BitTorrent protocol" + bytes(5) + b"\x10\0\x05" + os.urandom(20) + b"-TA0100-" + os.urandom(12))
answer = b""
try:
    while len(answer) < 68:
        more = wire.recv(68 - len(answer))
        if not more:
            break
        answer += more
except OSError:
    pass
print(answer.hex())
