"""Joins a swarm with plain libtorrent, holding nothing, and prints what it shows of the others as JSON.

usage: libtorrent_observer.py '{"torrent", "data", "durationMs"}'

Default settings but for discovery outside of the tracker; it looks every 0.5 s, as a user interface does.
"""

import base64
import json
import resource
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
        # Whom it bans, it names: nobody else.
        "alert_mask": lt.alert.category_t.peer_notification,
    }
)
params = lt.add_torrent_params()
params.ti = lt.torrent_info(options["torrent"])
params.save_path = options["data"]
params.flags &= ~lt.torrent_flags.auto_managed
params.flags &= ~lt.torrent_flags.paused
began = time.monotonic()
handle = session.add_torrent(params)
half_open = lt.peer_info.connecting | lt.peer_info.handshake
peers = {}
banned = set()
hash_fails = {}
seeders = leechers = 0


def bits(pieces):
    field = bytearray((len(pieces) + 7) // 8)
    for index, held in enumerate(pieces):
        if held:
            field[index >> 3] |= 0x80 >> (index & 7)
    return base64.b64encode(field).decode()


def hear():
    for alert in session.pop_alerts():
        if isinstance(alert, lt.peer_ban_alert):
            host, port = alert.endpoint if hasattr(alert, "endpoint") else alert.ip
            banned.add(f"{host}:{port}")


while True:
    elapsed = (time.monotonic() - began) * 1000
    connected = [peer for peer in handle.get_peer_info() if not peer.flags & half_open]
    for peer in connected:
        host, port = peer.ip
        seen = peers.setdefault(f"{host}:{port}", {"endpoint": f"{host}:{port}", "readings": []})
        seen["client"] = peer.client.decode("utf-8", "replace") if isinstance(peer.client, bytes) else peer.client
        seen["seed"] = bool(peer.flags & lt.peer_info.seed)
        # Empty until its claim arrives.
        if any(peer.pieces) or "pieces" not in seen:
            seen["pieces"] = bits(peer.pieces)
        # Begins anew with each connection.
        if peer.total_download < seen.get("last", 0):
            seen["before"] = seen.get("before", 0) + seen["last"]
        seen["last"] = peer.total_download
        seen["totalBytes"] = seen.get("before", 0) + peer.total_download
        if peer.num_hashfails > 0:
            hash_fails[f"{host}:{port}"] = max(peer.num_hashfails, hash_fails.get(f"{host}:{port}", 0))
        seen["readings"].append([round(elapsed), peer.payload_down_speed])
    hear()
    now = sum(1 for peer in connected if peer.flags & lt.peer_info.seed)
    # As it says at its best moment.
    if len(connected) > seeders + leechers:
        seeders, leechers = now, len(connected) - now
    if elapsed >= options["durationMs"]:
        break
    time.sleep(0.5)

# Not ru_maxrss: that one begins with the peak of whoever started us.
with open("/proc/self/status") as status:
    peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "version": lt.version,
            "peers": list(peers.values()),
            "banned": sorted(banned),
            "hashFails": hash_fails,
            "seeders": seeders,
            "leechers": leechers,
            "payloadBytes": handle.status().total_payload_download,
            "cpuMs": round((usage.ru_utime + usage.ru_stime) * 1000),
            "peakRssBytes": peak_kib * 1024,
            "wallMs": round((time.monotonic() - began) * 1000),
        }
    )
)
