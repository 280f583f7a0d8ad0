"""Runs a command in a terminal of its own: keys and sizes come in as JSON lines, what it writes goes out so, in order."""
import base64, fcntl, json, os, pty, select, struct, sys, termios, time


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def say(**record):
    print(json.dumps({"ms": int(time.monotonic() * 1000), **record}), flush=True)


columns, rows, *command = sys.argv[1:]
pid, master = pty.fork()
if pid == 0:
    set_size(0, int(columns), int(rows))
    os.execvp(command[0], command)
say(pid=pid)


def forward(wait):
    """False: the terminal has no reader any more."""
    while select.select([master], [], [], wait)[0]:
        try:
            data = os.read(master, 65536)
        except OSError:
            return False
        if not data:
            return False
        say(data=base64.b64encode(data).decode())
        wait = 0
    return True


asked = b""
open_input = True
while True:
    ready, _, _ = select.select([master] + ([0] if open_input else []), [], [])
    if master in ready and not forward(0):
        break
    if 0 in ready:
        got = os.read(0, 65536)
        open_input = bool(got)
        asked += got
    while b"\n" in asked:
        line, asked = asked.split(b"\n", 1)
        wish = json.loads(line)
        if "keys" in wish:
            os.write(master, wish["keys"].encode())
        if "size" in wish:
            # What was drawn for the old size is on the screen before it has the new one.
            forward(0)
            set_size(master, *wish["size"])
            say(size=wish["size"])
_, status = os.waitpid(pid, 0)
say(exit=os.waitstatus_to_exitcode(status))
