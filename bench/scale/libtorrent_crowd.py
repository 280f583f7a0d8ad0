"""The same swarm by plain libtorrent, allowed as much as it can take; prints what it came to as JSON.

usage: libtorrent_crowd.py '{"torrent", "data", "peers", "timeoutMs", "until": "bitfields" | "complete"}'
"""

import json
import resource
import sys
import time

import libtorrent as lt

options = json.loads(sys.argv[1])
wanted = options["peers"]
session = lt.session(
    {
        "listen_interfaces": "127.0.0.1:0",
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        # TCP in the clear, as the other side does it.
        "enable_outgoing_utp": False,
        "enable_incoming_utp": False,
        "out_enc_policy": 2,
        "in_enc_policy": 2,
        # Nothing of its own holds it back.
        "connections_limit": 8000,
        "connection_speed": 10000,
        "torrent_connect_boost": 255,
        "max_peerlist_size": 0,
        "num_want": wanted,
        "unchoke_slots_limit": -1,
        "close_redundant_connections": False,
        "smooth_connects": False,
        "alert_mask": 0,
    }
)
params = lt.add_torrent_params()
params.ti = lt.torrent_info(options["torrent"])
params.save_path = options["data"]
params.max_connections = 8000
params.flags &= ~lt.torrent_flags.auto_managed
params.flags &= ~lt.torrent_flags.paused
began = time.monotonic()
handle = session.add_torrent(params)
half_open = lt.peer_info.connecting | lt.peer_info.handshake
told = {}
served = {}
told_at = {}
while True:
    elapsed = (time.monotonic() - began) * 1000
    for peer in handle.get_peer_info():
        if peer.flags & half_open or peer.num_pieces == 0:
            continue
        if peer.ip not in told:
            told[peer.ip] = peer.num_pieces
            told_at[peer.ip] = time.time() * 1000
        if peer.total_download > 0:
            served[peer.ip] = True
    status = handle.status()
    done = len(told) >= 0.99 * wanted if options["until"] == "bitfields" else status.is_seeding
    if done or elapsed >= options["timeoutMs"]:
        break
    time.sleep(0.1)

with open("/proc/self/status") as lines:
    peak_kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "version": lt.version,
            "told": len(told),
            "served": len(served),
            "toldAt": sorted(told_at.values()),
            "payloadBytes": status.total_payload_download,
            "doneAt": time.time() * 1000,
            "wallMs": round((time.monotonic() - began) * 1000),
            "cpuMs": round((usage.ru_utime + usage.ru_stime) * 1000),
            "peakRssBytes": peak_kib * 1024,
        }
    ),
    flush=True,
)
session.pause()
