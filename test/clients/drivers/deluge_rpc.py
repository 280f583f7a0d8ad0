"""deluged's RPC for whoever can't speak TLS with rencode: every connection to the Unix socket asks one thing.

usage: deluge_rpc.py SOCKET PORT USER PASSWORD

In:  ["core.get_torrent_status", "argument", ...] and a newline, JSON.
Out: {"result": ...} or {"error": "what it said"}, JSON.

Frames: version (1 byte, 1), length (4 bytes), zlib-compressed rencode of the calls, each (id, method, args, kwargs).
Replies: (1, id, result), (2, id, exception, args, kwargs, trace); events (3, ...) come only to whoever registers.
"""

import json
import socket
import socketserver
import ssl
import struct
import sys
import time
import zlib

import rencode

socket_path, port, user, password = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
header = struct.Struct("!BI")


def connect():
    # Its certificate is one that it signed itself a moment ago.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    deadline = time.monotonic() + 30
    while True:
        try:
            return context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def read(length):
    data = b""
    while len(data) < length:
        more = daemon.recv(length - len(data))
        if not more:
            sys.exit("deluged hung up")
        data += more
    return data


def call(method, *args, **kwargs):
    body = zlib.compress(rencode.dumps(((1, method, args, kwargs),)))
    daemon.sendall(header.pack(1, len(body)) + body)
    length = header.unpack(read(header.size))[1]
    kind, _, *reply = rencode.loads(zlib.decompress(read(length)), decode_utf8=True)
    return {"result": reply[0]} if kind == 1 else {"error": f"{method}: {reply[0]} {reply[1]}"}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(json.dumps(call(*json.loads(self.rfile.readline()))).encode())


daemon = connect()
login = call("daemon.login", user, password, client_version="2.0.3")
if "error" in login:
    sys.exit(login["error"])
with socketserver.UnixStreamServer(socket_path, Handler) as server:
    server.serve_forever()
