"""Runs a program on a pseudo-terminal for pty.ts, which says what to do in lines of JSON on stdin and reads lines of JSON on stdout.

In:  {"op": "spawn", "argv", "env", "cwd", "rows", "columns"}, once, first
     {"op": "send", "data"} · {"op": "resize", "rows", "columns"} · {"op": "signal", "name"} · {"op": "modes"} · {"op": "hang-up"}
Out: {"event": "started", "pid"} · {"event": "output", "data"} · {"event": "modes", "echo", "canonical"} · {"event": "exit", "code", "signal"}

Only what Python's standard library has. The program is the leader of a session of its own, whose controlling terminal is the
pseudo-terminal. When stdin ends, the program is killed.
"""
import codecs
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def say(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def resize(master, order):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", order["rows"], order["columns"], 0, 0))


def spawn(order):
    ready, go = os.pipe()
    pid, master = pty.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        os.close(ready)
        try:
            os.chdir(order["cwd"])
            os.execvpe(order["argv"][0], order["argv"], order["env"])
        except OSError as error:
            os.write(2, f"{order['argv'][0]}: {error.strerror}\n".encode())
            os._exit(127)
    # The program starts only when the terminal has its size.
    resize(master, order)
    os.close(ready)
    os.close(go)
    say(event="started", pid=pid)
    return pid, master


def obey(order, pid, master):
    op = order["op"]
    if op == "send":
        os.write(master, order["data"].encode())
    elif op == "resize":
        resize(master, order)
    elif op == "signal":
        os.kill(pid, getattr(signal, order["name"]))
    elif op == "modes":
        local = termios.tcgetattr(master)[3]
        say(event="modes", echo=bool(local & termios.ECHO), canonical=bool(local & termios.ICANON))


def serve(pid, master):
    """Passes on until the program's side of the terminal is closed. Gives False when pty.ts went away or hung up."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    orders = b""
    while True:
        readable, _, _ = select.select([master, 0], [], [])
        if master in readable:
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            if not data:
                return True
            say(event="output", data=decoder.decode(data))
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                os.kill(pid, signal.SIGKILL)
                return False
            *lines, orders = (orders + data).split(b"\n")
            for line in lines:
                order = json.loads(line)
                if order["op"] == "hang-up":
                    os.close(master)
                    return False
                obey(order, pid, master)


def main():
    order = json.loads(sys.stdin.buffer.raw.readline())
    pid, master = spawn(order)
    serve(pid, master)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    say(event="exit", code=code if code >= 0 else None, signal=signal.Signals(-code).name if code < 0 else None)


main()
