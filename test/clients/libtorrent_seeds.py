"""One libtorrent session that seeds many torrents, until it is stopped.

usage: libtorrent_seeds.py DATA TORRENT…
"""

import signal
import sys
import time

import libtorrent as lt

data, torrents = sys.argv[1], sys.argv[2:]
session = lt.session({
    "listen_interfaces": "0.0.0.0:6881",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
})
# By default whoever has a private address is of the class «local», and always unchoked, whatever the slots. Here everybody is.
session.set_peer_class_filter(lt.ip_filter())
for path in torrents:
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(path)
    params.save_path = data
    params.flags &= ~lt.torrent_flags.auto_managed
    params.flags &= ~lt.torrent_flags.paused
    session.add_torrent(params)


def leave(*_):
    # Tells the tracker; the end of the interpreter would not wait for that.
    session.pause()
    time.sleep(0.3)
    sys.exit()


signal.signal(signal.SIGTERM, leave)
while True:
    signal.pause()
