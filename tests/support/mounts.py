"""File systems of a test's own: small ones, read-only ones, and some that lose their power."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

from fault_runs import lack, needs_root

__all__ = ["LoopDisk", "Mounts", "fill"]

# What it is called by, and that what is in the journal is written out first: the names, not the contents.
_SHUT_DOWN = 0x8004587D
_FLUSH_THE_LOG = 1
_DISK_BYTES = 48 * 1024 * 1024


class Mounts:
    """Mounts what a test needs, and takes it down afterwards; needs root."""

    def __init__(self):
        needs_root()
        self._places = []

    def small(self, place, *, size="1m", inodes=200):
        """An empty file system in memory."""
        return self._mount(place, "-t", "tmpfs", "-o", f"size={size},nr_inodes={inodes},mode=0700", "tmpfs")

    def enlarge(self, place, *, size, inodes):
        """Give a small file system more room."""
        _run("mount", "-o", f"remount,size={size},nr_inodes={inodes}", str(place))

    def read_only(self, source, place):
        """Another look at a folder, through which nothing can be written."""
        self._mount(place, "--bind", str(source))
        _run("mount", "-o", "remount,bind,ro", str(place))
        return place

    def disk(self, image, place):
        """A disk in a file, with an ext4 of its own."""
        if shutil.which("mkfs.ext4") is None:
            lack("there is no mkfs.ext4")
        with open(image, "wb") as file:
            file.truncate(_DISK_BYTES)
        _run("mkfs.ext4", "-q", str(image))
        place.mkdir()
        disk = LoopDisk(image, place)
        disk.mount()
        self._places.append(place)
        return disk

    def close(self):
        """Take all of it down."""
        for place in reversed(self._places):
            subprocess.run(["umount", "-l", str(place)], stderr=subprocess.DEVNULL, check=False)

    def _mount(self, place, *options):
        place.mkdir(exist_ok=True)
        _run("mount", *options, str(place))
        self._places.append(place)
        return place


class LoopDisk:
    """A disk that can lose its power."""

    def __init__(self, image, place):
        self._image = image
        self._place = Path(place)

    def mount(self):
        """Put it there."""
        try:
            _run("mount", "-o", "loop", str(self._image), str(self._place))
        except subprocess.CalledProcessError as error:
            lack(f"no loop mount: {error.stderr}")

    def lose_power(self):
        """What wasn't written out is lost; then the power is back."""
        descriptor = os.open(self._place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUT_DOWN, struct.pack("I", _FLUSH_THE_LOG))
        finally:
            os.close(descriptor)
        self._unmount()
        self.mount()

    def _unmount(self):
        for _ in range(50):
            done = subprocess.run(["umount", str(self._place)], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError(done.stderr)


def fill(folder, *, inodes=False):
    """Use up what room there is, or, with ``inodes``, the names; how to have it back."""
    ballast = []
    try:
        while True:
            ballast.append(folder / f"ballast-{len(ballast)}")
            with open(ballast[-1], "wb", buffering=0) as file:
                while not inodes:
                    file.write(bytes(4096))
    except OSError:
        return lambda: [path.unlink(missing_ok=True) for path in ballast]


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)
