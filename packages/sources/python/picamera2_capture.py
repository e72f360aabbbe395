#!/usr/bin/env python3
"""Captures H.264 with picamera2 and changes controls while it runs.

Started by Pinhole with the settings as JSON in its only argument. Writes pictures to standard output, each behind a
header of 28 bytes, big endian: "PHP2", length u32, flags u32 (1: key frame), pts i64 and capture time i64 in
microseconds (sensor clock; UTC). Reads commands from standard input, one JSON object a line: {"set": {"brightness": 0.1}},
{"key": true}. Ends when standard input does.
"""

import fcntl
import inspect
import json
import os
import struct
import sys
import threading
import time

HEADER = struct.Struct(">4sIIqq")
KEY = 1
# V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME and VIDIOC_S_CTRL of linux/v4l2-controls.h and linux/videodev2.h.
FORCE_KEY_FRAME = 0x009909E5
VIDIOC_S_CTRL = 0xC008561C
OLDEST_PICTURE_US = 5_000_000

MENUS = {
    "exposure": {"normal": 0, "sport": 1, "long": 2},
    "metering": {"centre": 0, "spot": 1, "average": 2},
    "awb": {
        "auto": 0,
        "incandescent": 1,
        "tungsten": 2,
        "fluorescent": 3,
        "indoor": 4,
        "daylight": 5,
        "cloudy": 6,
    },
    "denoise": {"off": 0, "cdn_fast": 1, "cdn_hq": 2, "cdn_off": 3},
    "autofocus": {"manual": 0, "auto": 1, "continuous": 2},
}
FLICKER_PERIODS_US = {"50hz": 10_000, "60hz": 8_333}


def controls_of(settings, changed):
    """libcamera's controls for the settings in `changed`."""
    controls = {}
    for name, control in (
        ("brightness", "Brightness"),
        ("contrast", "Contrast"),
        ("saturation", "Saturation"),
        ("sharpness", "Sharpness"),
        ("ev", "ExposureValue"),
        ("gain", "AnalogueGain"),
    ):
        if name in changed:
            controls[control] = float(settings[name])
    for name, control in (
        ("exposure", "AeExposureMode"),
        ("metering", "AeMeteringMode"),
        ("awb", "AwbMode"),
        ("denoise", "NoiseReductionMode"),
        ("autofocus", "AfMode"),
    ):
        if name in changed and settings[name] in MENUS[name]:
            controls[control] = MENUS[name][settings[name]]
    if "shutter" in changed:
        controls["ExposureTime"] = int(settings["shutter"])
    if "flicker" in changed:
        period = FLICKER_PERIODS_US.get(settings["flicker"])
        controls["AeFlickerMode"] = 0 if period is None else 1
        if period is not None:
            controls["AeFlickerPeriod"] = period
    if "red-gain" in changed or "blue-gain" in changed or "awb" in changed:
        gains = (float(settings["red-gain"]), float(settings["blue-gain"]))
        manual = gains[0] > 0 and gains[1] > 0
        controls["AwbEnable"] = not manual
        if manual:
            controls["ColourGains"] = gains
    if "lens" in changed and settings["lens"] not in ("", "default"):
        controls["LensPosition"] = float(settings["lens"])
    return controls


def available(camera, controls):
    """Those of `controls` that this camera has; names the others."""
    for name in [name for name in controls if name not in camera.camera_controls]:
        print(f"this camera has no control {name}: left out", file=sys.stderr, flush=True)
        del controls[name]
    return controls


def sensor_of(mode):
    """The sensor configuration of a mode W:H[:BITS[:P]]."""
    parts = mode.split(":")
    if len(parts) < 2:
        return None
    sensor = {"output_size": (int(parts[0]), int(parts[1]))}
    if len(parts) > 2:
        sensor["bit_depth"] = int(parts[2])
    return sensor


def camera_number(picamera2, wanted):
    """The number of the camera that was asked for by number or by a part of its name."""
    if wanted.isdigit():
        return int(wanted)
    for number, camera in enumerate(picamera2.global_camera_info()):
        if wanted.lower() in f"{camera.get('Model', '')} {camera.get('Id', '')}".lower():
            return int(camera.get("Num", number))
    raise RuntimeError(f"no cameras available by the name {wanted}")


def utc_of(sensor_us):
    """When on the wall clock a moment of the sensor's clock was."""
    for clock in (time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME):
        age = time.clock_gettime_ns(clock) // 1000 - sensor_us
        if 0 <= age < OLDEST_PICTURE_US:
            return time.time_ns() // 1000 - age
    return time.time_ns() // 1000


def accepted(function, wanted):
    """The keyword arguments that this version of picamera2 takes."""
    parameters = inspect.signature(function).parameters
    return {name: value for name, value in wanted.items() if name in parameters}


def main():
    settings = json.loads(sys.argv[1])
    pictures = os.dup(1)
    os.dup2(2, 1)  # whatever libraries print does not get among the pictures

    from picamera2 import Picamera2
    from picamera2.encoders import H264Encoder
    from picamera2.outputs import Output

    class Pipe(Output):
        """Writes each picture behind its header."""

        encoder = None

        def outputframe(self, frame, keyframe=True, timestamp=None, *_, **__):
            first = getattr(self.encoder, "firsttimestamp", None)
            if timestamp is None:
                pts = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
                utc = time.time_ns() // 1000
            else:
                pts = int(timestamp) + (int(first) if first is not None else 0)
                utc = utc_of(pts)
            header = HEADER.pack(b"PHP2", len(frame), KEY if keyframe else 0, pts, utc)
            parts = [memoryview(header), memoryview(frame)]
            try:
                while parts:
                    written = os.writev(pictures, parts)
                    while parts and written >= len(parts[0]):
                        written -= len(parts.pop(0))
                    if parts:
                        parts[0] = parts[0][written:]
            except OSError:
                os._exit(0)  # nobody reads any more

    camera = Picamera2(camera_number(Picamera2, settings["camera"]))
    width, height = (int(side) for side in settings["size"].split("x"))
    config = {"main": {"size": (width, height), "format": "YUV420"}}
    if settings["hflip"] or settings["vflip"] or settings["rotation"] == "180":
        from libcamera import Transform

        turned = settings["rotation"] == "180"
        config["transform"] = Transform(hflip=settings["hflip"] != turned, vflip=settings["vflip"] != turned)
    sensor = sensor_of(settings["mode"])
    if sensor is not None:
        config["sensor"] = sensor
    camera.configure(camera.create_video_configuration(**config))
    usual = settings["usual"]
    changed = [name for name, value in settings.items() if name in usual and value != usual[name]]
    camera.set_controls({**available(camera, controls_of(settings, changed)), "FrameRate": float(settings["fps"])})

    encoder = H264Encoder(
        **accepted(
            H264Encoder.__init__,
            {
                "bitrate": settings["bitrate"] if settings["quality"] == 0 else None,
                "qp": settings["quality"] or None,
                "repeat": True,
                "iperiod": settings["gop"],
                "framerate": settings["fps"],
                "profile": settings["profile"],
            },
        )
    )
    # x264 by several threads works on several pictures at once, which is that many pictures late.
    if hasattr(encoder, "threads"):
        encoder.threads = 1
    pipe = Pipe()
    pipe.encoder = encoder
    camera.start_recording(encoder, pipe)

    def request_key_frame():
        if hasattr(encoder, "force_key_frame"):
            encoder.force_key_frame()
        elif getattr(encoder, "vd", None) is not None:
            fcntl.ioctl(encoder.vd, VIDIOC_S_CTRL, struct.pack("Ii", FORCE_KEY_FRAME, 1))

    def obey():
        for line in sys.stdin:
            try:
                command = json.loads(line)
                if "set" in command:
                    settings.update(command["set"])
                    camera.set_controls(available(camera, controls_of(settings, command["set"])))
                if command.get("key"):
                    request_key_frame()
            except Exception as problem:  # one command that fails is no reason to lose the picture
                print(f"ERROR: {line.strip()}: {problem}", file=sys.stderr, flush=True)
        os._exit(0)

    threading.Thread(target=obey, daemon=True).start()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
