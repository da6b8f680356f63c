#!/usr/bin/env python3
"""Runs a program in a terminal of its own and works with it as a user does.

usage: terminal.py STEPS PROGRAM [ARGUMENT ...]

STEPS is a JSON list of [what must be shown, what is done then]: text to type, or [rows, columns] to make the window that size. What must be shown is looked for after what
the step before found. Prints what was shown. Exits with 0 when all steps were done and the program has ended, with 1 after 60 seconds without that.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time


def main():
    steps = json.loads(sys.argv[1])
    process, master = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(sys.argv[2], sys.argv[2:])
    resize(master, 30, 100)
    shown, position, step, ended = b"", 0, 0, False
    deadline = time.monotonic() + 60
    while not ended and time.monotonic() < deadline:
        if select.select([master], [], [], 0.05)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:
                data = b""
            ended = not data
            shown += data
        while step < len(steps):
            awaited = steps[step][0].encode()
            found = shown.find(awaited, position)
            if found < 0:
                break
            position = found + len(awaited)
            time.sleep(0.1)
            act(master, steps[step][1])
            step += 1
    if not ended:
        os.kill(process, 9)
    os.waitpid(process, 0)
    sys.stdout.write(shown.decode(errors="replace").replace("\r\n", "\n"))
    sys.stdout.flush()
    if step < len(steps):
        sys.stderr.write(f"Step {step} was never reached: {steps[step]}\n")
    return 0 if ended and step == len(steps) else 1


def act(master, action):
    if isinstance(action, str):
        os.write(master, action.encode())
    else:
        resize(master, *action)


def resize(master, rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


sys.exit(main())
