"""A real RTSP server for tests: GStreamer's gst-rtsp-server, told by one JSON argument what to serve.

{"port": 0, "mounts": {"/door": {"file": "/tmp/x.mp4", "codec": "h264", "loop": false, "inBandParameters": true}},
 "auth": {"scheme": "digest", "user": "u", "password": "p"}}

Prints {"port": N} when it listens (on 127.0.0.1 only) and serves until its standard input closes.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PAYLOADERS = {
    "h264": "h264parse ! rtph264pay name=pay0 pt=96 config-interval={interval}",
    "h265": "h265parse ! rtph265pay name=pay0 pt=96 config-interval={interval}",
    "mjpeg": "jpegparse ! rtpjpegpay name=pay0 pt=26",
}

SOUND_PAYLOADERS = {
    "aac": "aacparse ! rtpmp4gpay name=pay1 pt=97",
    "opus": "opusparse ! rtpopuspay name=pay1 pt=98",
    "pcmu": "rtppcmupay name=pay1",
    "pcma": "rtppcmapay name=pay1",
}


def pipeline(mount):
    """A looped file has to be a raw byte stream: a container cannot be read again without a seek."""
    file = mount["file"]
    interval = -1 if mount.get("inBandParameters", True) else 0
    payloader = PAYLOADERS[mount.get("codec", "h264")].format(interval=interval)
    if file.endswith((".h264", ".h265")):
        loop = "true" if mount.get("loop") else "false"
        codec = mount.get("codec", "h264")
        rate = mount.get("framesPerSecond", 30)
        # Left to itself h264parse dates nothing that has no VUI timing, and the sink then sends all at once.
        source = f'multifilesrc location="{file}" loop={loop} caps="video/x-{codec},framerate={rate}/1"'
    elif mount.get("sound"):
        # A Matroska file with one track of each.
        sound = SOUND_PAYLOADERS[mount["sound"]]
        return (
            f'( filesrc location="{file}" ! matroskademux name=demux'
            f" demux.video_0 ! queue ! {payloader} demux.audio_0 ! queue ! {sound} )"
        )
    else:
        source = f'filesrc location="{file}" ! qtdemux'
    return f"( {source} ! {payloader} )"


def protect(server, factories, auth):
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", right, True)
    for factory in factories:
        factory.set_permissions(permissions)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    guard = GstRtspServer.RTSPAuth()
    if auth.get("scheme", "digest") == "basic":
        guard.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        guard.add_basic(GstRtspServer.RTSPAuth.make_basic(auth["user"], auth["password"]), token)
    else:
        guard.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        guard.add_digest(auth["user"], auth["password"], token)
    server.set_auth(guard)


def main():
    options = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.get("port", 0)))
    factories = []
    for path, mount in options["mounts"].items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(pipeline(mount))
        server.get_mount_points().add_factory(path, factory)
        factories.append(factory)
    if options.get("auth"):
        protect(server, factories, options["auth"])
    if server.attach(None) == 0:
        raise SystemExit(f"cannot listen on port {options.get('port', 0)}")
    print(json.dumps({"port": server.get_bound_port()}), flush=True)

    loop = GLib.MainLoop()
    # Whoever started us is gone, however it went, when standard input closes.
    GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP, lambda *_: loop.quit())
    loop.run()


main()
