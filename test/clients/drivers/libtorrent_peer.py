"""One libtorrent session with one torrent, commanded through a Unix socket: a line in, its state as JSON out.

usage: libtorrent_peer.py SOCKET '{"torrent", "data", "listen", "uploadSlots", "superSeeding", "partialSeed", "paused",
       "discovery": {"dht", "pex", "lsd", "peers"}, "contact": {"encryption", "cipher", "transport", "allowedFast"}}'

commands: state, resume

Rates are the link's: shape that, and leave the session without limits.
"""

import json
import signal
import socketserver
import sys
import time

import libtorrent as lt

socket_path, options = sys.argv[1], json.loads(sys.argv[2])

discovery = options["discovery"]
settings = {
    # Every address of a name in listen_interfaces gets a socket of its own, and each of those announces by itself.
    "listen_interfaces": options["listen"],
    "enable_dht": len(discovery["dht"]) > 0,
    "dht_bootstrap_nodes": ",".join(discovery["dht"][:1]),
    # Every host of the lab is in one network, which by default is nobody's whole DHT.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    # Seconds; 900 by default, in which whoever announced before it knew a node would stay unknown.
    "dht_announce_interval": 10,
    "enable_lsd": discovery["lsd"],
    "local_service_announce_interval": 10,
    # Seconds; 300 by default, below which it follows no tracker.
    "min_announce_interval": 1,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": lt.alert.category_t.error_notification,
}
if options.get("uploadSlots") is not None:
    settings["unchoke_slots_limit"] = options["uploadSlots"]

if discovery.get("peers"):
    # Seconds; 60 by default, times its failures. Nobody else will name a peer that a busy machine lost.
    settings["min_reconnect_time"] = 5

contact = options["contact"]
policies = {
    "off": (lt.enc_policy.pe_disabled, lt.enc_policy.pe_disabled),
    "tolerated": (lt.enc_policy.pe_enabled, lt.enc_policy.pe_disabled),
    "preferred": (lt.enc_policy.pe_enabled, lt.enc_policy.pe_enabled),
    "required": (lt.enc_policy.pe_forced, lt.enc_policy.pe_forced),
}
levels = {"plaintext": lt.enc_level.pe_plaintext, "rc4": lt.enc_level.pe_rc4}
if "encryption" in contact:
    settings["in_enc_policy"], settings["out_enc_policy"] = map(int, policies[contact["encryption"]])
if "cipher" in contact:
    settings["allowed_enc_level"] = int(levels[contact["cipher"]])
if "transport" in contact:
    other = {"tcp": "utp", "utp": "tcp"}[contact["transport"]]
    settings[f"enable_incoming_{other}"] = settings[f"enable_outgoing_{other}"] = False
if "allowedFast" in contact:
    settings["allowed_fast_set_size"] = contact["allowedFast"]

# A torrent's flag `disable_pex` leaves `ut_pex` in the extension handshake: it is off only without the plugin.
session = lt.session(settings, flags=0)
for plugin in ["ut_metadata", "smart_ban"] + (["ut_pex"] if discovery["pex"] else []):
    session.add_extension(plugin)
# By default whoever has a private address is of the class «local», and always unchoked, whatever the slots. Here everybody is.
session.set_peer_class_filter(lt.ip_filter())
params = lt.add_torrent_params()
params.ti = lt.torrent_info(options["torrent"])
params.save_path = options["data"]
params.flags &= ~lt.torrent_flags.auto_managed
if not options["paused"]:
    params.flags &= ~lt.torrent_flags.paused
if options.get("superSeeding"):
    params.flags |= lt.torrent_flags.super_seeding
known = [peer.rsplit(":", 1) for peer in discovery.get("peers", [])]
params.peers = [(host, int(port)) for host, port in known]
handle = session.add_torrent(params)
half_open = lt.peer_info.connecting | lt.peer_info.handshake


# Flags that this binding has no name for.
utp_socket, holepunched = 1 << 17, 1 << 15


def connection(peer):
    encryption = "none"
    if peer.flags & lt.peer_info.rc4_encrypted:
        encryption = "mse-rc4"
    elif peer.flags & lt.peer_info.plaintext_encrypted:
        encryption = "mse-plaintext"
    return {
        "address": peer.ip[0],
        "port": peer.ip[1],
        "transport": "utp" if peer.flags & utp_socket else "tcp",
        "encryption": encryption,
        "holepunched": bool(peer.flags & holepunched),
    }


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
        "connections": [connection(peer) for peer in handle.get_peer_info() if not peer.flags & half_open],
        "alerts": [alert.message() for alert in session.pop_alerts()],
    }


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        if self.rfile.readline().strip() == b"resume":
            handle.resume()
        self.wfile.write(json.dumps(state()).encode())



def leave(*_):
    # Tells the tracker; the end of the interpreter would not wait for that.
    handle.pause()
    time.sleep(0.3)
    sys.exit()


signal.signal(signal.SIGTERM, leave)
with socketserver.UnixStreamServer(socket_path, Handler) as server:
    server.serve_forever()
