"""The H.264 encoder of the stand-in."""


class H264Encoder:
    def __init__(self, bitrate=None, repeat=True, iperiod=None, framerate=None, qp=None, profile=None):
        if not repeat:
            raise RuntimeError("FAKE: without repeat a newcomer cannot begin")
        self.bitrate = bitrate
        self.iperiod = iperiod or 60
        self.firsttimestamp = None
        self.camera = None

    def force_key_frame(self):
        self.camera.command({"key": True})
