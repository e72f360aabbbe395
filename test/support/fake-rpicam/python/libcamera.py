"""The part of libcamera's Python module that our capture script uses."""


class Transform:
    def __init__(self, hflip=False, vflip=False):
        self.hflip = bool(hflip)
        self.vflip = bool(vflip)
