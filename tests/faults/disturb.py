#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cuts and rewrites an image at random moments while qedscrub reads it.

Whatever is read: the program ends by itself, says something, and what it says is well formed; a
bundle is written only if it proves to be one. Usage: disturb.py IMAGE FOLDER TIMES
"""

import json
import os
import random
import subprocess
import sys
import time

image, folder, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
copy, bundle = os.path.join(folder, "image.qed"), os.path.join(folder, "b.tar.gz")
chance = random.Random(1)
told = survived = 0


def rewrite(size):
    with open(copy, "r+b") as file:
        for _ in range(50):
            file.seek(chance.randrange(8192, 8 << 20) & ~7)
            file.write(chance.choice([b"\0" * 8, b"\xff" * 8, chance.randbytes(8), chance.randbytes(4096)]))


def cut(size):
    os.truncate(copy, chance.choice([0, 63, 65536, chance.randrange(65536, 8 << 20), size - 1]))


def once(number):
    global told, survived
    subprocess.run(["cp", "--sparse=always", image, copy], check=True)
    size = os.path.getsize(copy)
    command = (["qedscrub", "info", "--output=json", copy] if number % 2
               else ["qedscrub", "-q", copy, "-o", bundle])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(chance.uniform(0.001, 0.06))
    chance.choice([cut, rewrite])(size)
    out, err = process.communicate(timeout=60)
    status = process.returncode
    assert status in (0, 1, 2, 3, 63), (number, status, err)
    assert b"died of signal" not in err and b"without a result" not in err, err
    if number % 2 and out:
        record = json.loads(out)
        told += any(finding["kind"] == "changed" for finding in record["findings"])
    elif status == 1:
        told += 1
        assert err.startswith(b"qedscrub: ") and not os.path.exists(bundle), err
    if os.path.exists(bundle):
        survived += 1
        subprocess.run(["qedscrub", "verify", bundle], check=True, stdout=subprocess.DEVNULL)
        os.unlink(bundle)
    assert os.listdir(folder) == ["image.qed"], os.listdir(folder)


for number in range(times):
    once(number)
print("%d times: %d told, %d bundles whole" % (times, told, survived))
assert told >= times // 10
