"""One libtorrent session with one torrent; every connection to the Unix socket gets its state as JSON.

usage: libtorrent_peer.py SOCKET '{"torrent", "data", "port", "uploadSlots", "partialSeed"}'

The session's own upload limit does not apply to peers on the local network: shape the link instead.
"""

import json
import socketserver
import sys

import libtorrent as lt

socket_path, options = sys.argv[1], json.loads(sys.argv[2])

settings = {
    # Every address of a name in listen_interfaces gets a socket of its own, and each of those announces by itself.
    "listen_interfaces": options["listen"],
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": lt.alert.category_t.error_notification,
}
if options.get("uploadSlots") is not None:
    settings["unchoke_slots_limit"] = options["uploadSlots"]

session = lt.session(settings)
params = lt.add_torrent_params()
params.ti = lt.torrent_info(options["torrent"])
params.save_path = options["data"]
params.flags &= ~lt.torrent_flags.auto_managed
params.flags &= ~lt.torrent_flags.paused
handle = session.add_torrent(params)
half_open = lt.peer_info.connecting | lt.peer_info.handshake


def state():
    status = handle.status(lt.torrent_handle.query_pieces)
    # A partial seed (BEP 21) wants nothing more: set once it knows what it has, else it would forget to check.
    if options.get("partialSeed") and status.state == lt.torrent_status.downloading:
        if any(handle.get_piece_priorities()):
            handle.prioritize_pieces([0] * params.ti.num_pieces())
    return {
        "state": str(status.state),
        "version": lt.version,
        "pieces": [bool(piece) for piece in status.pieces],
        "port": session.listen_port(),
        "peers": [peer.ip[0] for peer in handle.get_peer_info() if not peer.flags & half_open],
        "alerts": [alert.message() for alert in session.pop_alerts()],
    }


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(json.dumps(state()).encode())


with socketserver.UnixStreamServer(socket_path, Handler) as server:
    server.serve_forever()
