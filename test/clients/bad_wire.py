"""A wire between two interfaces that loses, and lets some frames be overtaken. Kernels without netem are why.

usage: bad_wire.py INTERFACE INTERFACE LOSS_RATIO LATE_RATIO LATE_MS SEED

Frames come with the kernel's notes on them (virtio_net_hdr), which go back to it with them: a veth leaves the checksum to be
filled in by whoever sends the frame on, and nobody would.
"""

import heapq
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_OUTGOING = 4
frame_bytes = 70_000

names, numbers = sys.argv[1:3], [float(word) for word in sys.argv[3:6]]
loss, late, late_seconds = numbers[0], numbers[1], numbers[2] / 1_000
chance = random.Random(sys.argv[6])


def opened(name):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    end.bind((name, ETH_P_ALL))
    end.setblocking(False)
    return end


ends = [opened(name) for name in names]
other = {ends[0]: ends[1], ends[1]: ends[0]}
waiting = []
count = {"passed": 0, "lost": 0, "late": 0}
print("ready", flush=True)


def send(end, frame):
    try:
        end.send(frame)
        count["passed"] += 1
    except OSError:
        count["lost"] += 1


while True:
    now = time.monotonic()
    while waiting and waiting[0][0] <= now:
        _, _, end, frame = heapq.heappop(waiting)
        send(end, frame)
    patience = waiting[0][0] - now if waiting else None
    for end in select.select(ends, [], [], patience)[0]:
        for _ in range(64):
            try:
                frame, address = end.recvfrom(frame_bytes)
            except BlockingIOError:
                break
            if address[2] == PACKET_OUTGOING:
                continue
            draw = chance.random()
            if draw < loss:
                count["lost"] += 1
            elif draw < loss + late:
                count["late"] += 1
                heapq.heappush(waiting, (time.monotonic() + late_seconds, count["late"], other[end], frame))
            else:
                send(other[end], frame)
