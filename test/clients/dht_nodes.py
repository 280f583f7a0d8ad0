"""The DHT of the lab: one libtorrent session with a node on every address, without a torrent of its own.

usage: dht_nodes.py SOCKET '{"addresses": [...], "port"}'

Commanded through a Unix socket: a JSON object in, one out.

{"do": "known"}                                         {"known": nodes in its tables, all together}
{"do": "peers", "infoHash"}                             {"peers": ["host:port", ...]}: as a client would find them
{"do": "put", "value"}                                  {"target", "stored"}   an immutable string (BEP 44)
{"do": "get", "target"}                                 {"value"}              latin-1, or null
{"do": "put-mutable", "seed", "key", "salt", "value"}   {"seq", "stored"}      one more than the newest it finds
{"do": "get-mutable", "key", "salt", "least"}           {"value", "seq"}       the first whose seq is no less

Seeds and keys are 32 bytes in hex.
"""

import hashlib
import json
import socketserver
import sys
import time

import libtorrent as lt

socket_path, options = sys.argv[1], json.loads(sys.argv[2])
addresses, port = options["addresses"], options["port"]
category = lt.alert.category_t
session = lt.session(
    {
        "listen_interfaces": ",".join(f"{address}:{port}" for address in addresses),
        "enable_dht": True,
        "dht_bootstrap_nodes": "",
        # All of them on one machine, and everybody's queries counted together.
        "dht_restrict_routing_ips": False,
        "dht_restrict_search_ips": False,
        "dht_block_ratelimit": 10_000,
        "dht_upload_rate_limit": 10_000_000,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
            "alert_mask": category.stats_notification
        | category.dht_notification
        | category.dht_operation_notification,
    }
)
for address in addresses:
    session.add_dht_node((address, port))


def alerts(kind, seconds):
    """Those of one kind, until so many seconds passed without one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for alert in session.pop_alerts():
            if isinstance(alert, kind):
                end = time.monotonic() + seconds
                yield alert
        time.sleep(0.02)


def known():
    session.post_session_stats()
    for alert in alerts(lt.session_stats_alert, 2):
        return {"known": alert.values["dht.dht_nodes"]}
    return {"known": 0}


def peers(info_hash):
    session.dht_get_peers(lt.sha1_hash(bytes.fromhex(info_hash)))
    named = set()
    for alert in alerts(lt.dht_get_peers_reply_alert, 0.5):
        if str(alert.info_hash) == info_hash:
            named.update(f"{host}:{number}" for host, number in alert.peers())
    return {"peers": sorted(named)}


def latin1(value):
    return value if value is None or isinstance(value, (int, str)) else bytes(value).decode("latin-1")


def content(alert):
    return latin1(alert.item["value"] if isinstance(alert.item, dict) else alert.item)


def put(value):
    target = session.dht_put_immutable_item(value.encode("latin-1"))
    stored = next((alert.num_success for alert in alerts(lt.dht_put_alert, 20) if alert.target == target), 0)
    return {"target": str(target), "stored": stored}


def get(target):
    session.dht_get_immutable_item(lt.sha1_hash(bytes.fromhex(target)))
    return {"value": next((content(alert) for alert in alerts(lt.dht_immutable_item_alert, 10)), None)}


def expanded(seed):
    """libtorrent signs with the expanded key: the clamped scalar and the prefix (RFC 8032, 5.1.5)."""
    digest = bytearray(hashlib.sha512(seed).digest())
    digest[0] &= 248
    digest[31] = (digest[31] & 63) | 64
    return bytes(digest)


def put_mutable(seed, key, salt, value):
    words = (expanded(bytes.fromhex(seed)), bytes.fromhex(key), value.encode("latin-1"), salt.encode("latin-1"))
    session.dht_put_mutable_item(*words)
    for alert in alerts(lt.dht_put_alert, 20):
        if bytes(alert.public_key).hex() == key and latin1(alert.salt) == salt:
            return {"seq": alert.seq, "stored": alert.num_success}
    return {"seq": None, "stored": 0}


def get_mutable(key, salt, least):
    """Alerts come as better items do; the last, authoritative one takes 15 s here."""
    session.dht_get_mutable_item(bytes.fromhex(key), salt.encode("latin-1"))
    for alert in alerts(lt.dht_mutable_item_alert, 20):
        if latin1(alert.salt) == salt and (alert.seq >= least or alert.authoritative):
            return {"value": content(alert), "seq": alert.seq}
    return {"value": None, "seq": None}


def act(command):
    session.pop_alerts()
    match command["do"]:
        case "known":
            return known()
        case "peers":
            return peers(command["infoHash"])
        case "put":
            return put(command["value"])
        case "get":
            return get(command["target"])
        case "put-mutable":
            return put_mutable(command["seed"], command["key"], command["salt"], command["value"])
        case "get-mutable":
            return get_mutable(command["key"], command["salt"], command["least"])


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            answer = act(json.loads(self.rfile.readline()))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        self.wfile.write(json.dumps(answer).encode())


with socketserver.UnixStreamServer(socket_path, Handler) as server:
    server.serve_forever()
