"""Joins a swarm with plain libtorrent and prints what it shows of the others' downloads as JSON, as a user could read it.

usage: libtorrent_watch.py '{"torrent", "data", "durationMs"}'

Default settings but for discovery outside of the tracker; it looks every 0.5 s.
"""

import json
import os
import sys
import time

import libtorrent as lt

options = json.loads(sys.argv[1])
session = lt.session(
    {
        "listen_interfaces": "0.0.0.0:6889",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
    }
)
params = lt.add_torrent_params()
params.ti = lt.torrent_info(options["torrent"])
params.save_path = options["data"]
params.flags &= ~lt.torrent_flags.auto_managed
params.flags &= ~lt.torrent_flags.paused
began = time.time()
handle = session.add_torrent(params)
half_open = lt.peer_info.connecting | lt.peer_info.handshake
peers = {}

while True:
    for peer in handle.get_peer_info():
        if peer.flags & half_open:
            continue
        host, port = peer.ip
        seen = peers.setdefault(f"{host}:{port}", {"endpoint": f"{host}:{port}", "readings": []})
        # [Unix time in ms, what it shows as the peer's own download rate, the pieces that it shows]
        seen["readings"].append([round(time.time() * 1000), peer.remote_dl_rate, sum(peer.pieces)])
    if (time.time() - began) * 1000 >= options["durationMs"]:
        break
    time.sleep(0.5)

print(json.dumps({"version": lt.version, "peers": list(peers.values())}), flush=True)
# The end of the interpreter would wait for the session, which waits for its trackers.
os._exit(0)
