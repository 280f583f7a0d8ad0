"""An info dictionary of BEP 52 as libtorrent makes it, with its piece layers: JSON with base64 on stdout.

usage: torrent_maker.py '{"directory", "name", "paths", "pieceBytes", "hybrid"}'

The files are in DIRECTORY/NAME already.
"""

import base64
import json
import os
import sys

import libtorrent as lt

options = json.loads(sys.argv[1])
storage = lt.file_storage()
for path in options["paths"]:
    inside = os.path.join(options["name"], *path)
    storage.add_file(inside, os.path.getsize(os.path.join(options["directory"], inside)))
flags = 0 if options["hybrid"] else lt.create_torrent.v2_only
maker = lt.create_torrent(storage, options["pieceBytes"], flags)
lt.set_piece_hashes(maker, options["directory"])
made = maker.generate()
info = lt.torrent_info(made)
hashes = info.info_hashes()


def encoded(key):
    return base64.b64encode(lt.bencode(made[key])).decode()


print(
    json.dumps(
        {
            "info": encoded(b"info"),
            "pieceLayers": encoded(b"piece layers"),
            "pieceCount": info.num_pieces(),
            "v1": str(hashes.v1) if hashes.has_v1() else None,
            "v2": str(hashes.v2),
        }
    )
)
