"""Runs two commands in turns and prints what each took, as lines 'NAME MILLISECONDS', from spawn to end.

Usage: alternate.py ROUNDS REST NAME COMMAND... -- NAME COMMAND...
'{i}' in a command becomes the round's number. The first three rounds fill caches and are not printed. Without a shell: its fork would be part of both times.

REST, in milliseconds, is how long the machine is left alone before each command. The kernel takes namespaces down in the background, and it lets processes be moved
between control groups faster within the grace period after the last move: without a rest each command pays for, and profits from, whichever came before it.
"""
import os
import sys
import time


def milliseconds(command, number):
    words = [word.replace("{i}", str(number)) for word in command]
    quiet = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=quiet)
    status = os.waitpid(pid, 0)[1]
    taken = (time.perf_counter() - start) * 1000
    if status != 0:
        sys.exit(f"bench/alternate.py: failed: {' '.join(words)}")
    return taken


rounds, rest, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
middle = words.index("--")
pair = [words[:middle], words[middle + 1:]]
for i in range(rounds + 3):
    for name, *command in pair if i % 2 == 0 else reversed(pair):
        time.sleep(rest / 1000)
        taken = milliseconds(command, i)
        if i >= 3:
            print(f"{name} {taken:.2f}")
