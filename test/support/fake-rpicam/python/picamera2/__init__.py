"""Stands in for picamera2: the calls that our capture script makes, with real time-coded H.264.

Put this folder first on PYTHONPATH (`withFakePicamera2` does). It obeys and tells through FAKE_RPICAM_FOLDER as the fake
capture programs do: `none`, `busy`, `starts.jsonl`, and `controls.jsonl`, one line for each set_controls.
"""

import json
import os
import struct
import subprocess
import threading

FOLDER = os.environ.get("FAKE_RPICAM_FOLDER", "")
HERE = os.path.dirname(os.path.abspath(__file__))
FEED = os.path.join(HERE, "..", "..", "picture-feed.ts")
TSX = os.path.join(HERE, "..", "..", "..", "..", "..", "node_modules", "tsx", "dist", "loader.mjs")
FRAME = struct.Struct(">IBQ")

CONTROLS = (
    "Brightness Contrast Saturation Sharpness ExposureValue ExposureTime AnalogueGain AeExposureMode AeMeteringMode "
    "AeFlickerMode AeFlickerPeriod AwbEnable AwbMode ColourGains NoiseReductionMode FrameRate"
).split()


def tell(name, line):
    if FOLDER:
        with open(os.path.join(FOLDER, name), "a", encoding="utf8") as file:
            file.write(json.dumps(line) + "\n")


class Picamera2:
    @staticmethod
    def global_camera_info():
        return [{"Model": "imx708", "Id": "/base/soc/i2c0mux/i2c@1/imx708@1a", "Num": 0, "Location": 2}]

    def __init__(self, camera_num=0):
        print("this library prints to standard output too", flush=True)
        if os.path.exists(os.path.join(FOLDER, "none")) or camera_num > 0:
            raise IndexError("list index out of range")
        if os.path.exists(os.path.join(FOLDER, "busy")):
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self.camera_controls = {name: (0, 0, 0) for name in CONTROLS}
        self.controls = {}
        self.feed = None
        tell("starts.jsonl", {"name": "picamera2", "pid": os.getpid(), "words": []})

    def create_video_configuration(self, main=None, transform=None, sensor=None, controls=None):
        return {"main": main, "transform": transform, "sensor": sensor, "controls": controls}

    def configure(self, config):
        self.size = config["main"]["size"]

    def set_controls(self, controls):
        for name in controls:
            if name not in CONTROLS:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.controls.update(controls)
        tell("controls.jsonl", controls)
        if self.feed is not None and "Brightness" in controls:
            self.command({"brightness": controls["Brightness"]})

    def command(self, command):
        self.feed.stdin.write((json.dumps(command) + "\n").encode())
        self.feed.stdin.flush()

    def start_recording(self, encoder, output):
        words = {
            "width": self.size[0],
            "height": self.size[1],
            "framesPerSecond": self.controls.get("FrameRate", 30),
            "gopFrames": encoder.iperiod,
            "brightness": self.controls.get("Brightness", 0),
        }
        self.feed = subprocess.Popen(
            ["node", "--conditions=@pinhole/source", "--import", TSX, FEED, json.dumps(words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "NODE_OPTIONS": ""},
        )
        encoder.camera = self
        threading.Thread(target=self.relay, args=(encoder, output), daemon=True).start()

    def relay(self, encoder, output):
        while True:
            header = self.feed.stdout.read(FRAME.size)
            if len(header) < FRAME.size:
                os._exit(1)
            length, key, sensor_us = FRAME.unpack(header)
            picture = self.feed.stdout.read(length)
            if encoder.firsttimestamp is None:
                encoder.firsttimestamp = sensor_us
            output.outputframe(picture, key == 1, sensor_us - encoder.firsttimestamp)
