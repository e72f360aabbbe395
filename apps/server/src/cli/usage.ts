import { VERSION } from '../version.ts';

/** What `--help` prints. */
export const HELP = `Pinhole ${VERSION}: H.264 from any camera into any browser.

Usage
  pinhole [serve] [flags]            start the server; prints one link to open
  pinhole picamera [flags]           the same by the flags of pi-webrtc, and its --config
  pinhole devices [SOURCE …]         list cameras with their modes and controls
  pinhole token create [flags]       make a token for somebody else
  pinhole token list                 show tokens (not their secrets)
  pinhole token link                 print the start link again
  pinhole token revoke ID            make a token worthless, ends what it opened
  pinhole install-service [--user]   start with the machine, by systemd; uninstall-service undoes it

Flags of serve
  --camera ID=SOURCE       add a camera; may be given several times. Sources:
                             synthetic, synthetic:1280x720@30?gop=60
                             file:clip.mp4
                             rtsp://user:password@host/path (with ?transport=udp for UDP)
                           Without any camera there is "test", a synthetic one.
  --config FILE            YAML; default pinhole.yaml in this folder, where there is one;
                           flags count more than the file
  --port PORT              HTTP port, default 8080, 0 for any free one (also: PORT=…)
  --listen ADDRESS         address to listen on; default 127.0.0.1, this machine only
  --host NAME              a name under which browsers reach this server, e.g. behind a
                           proxy; may be given several times
  --data FOLDER            tokens and certificates; default ~/.pinhole
  --anonymous RIGHTS       what those without a token may do: view,control,record,download,publish
  --tls auto|CERT,KEY      HTTPS, with a self-signed certificate or PEM files
  --log-level LEVEL        debug, info, warn, error or silent

Flags of picamera
  those of pi-webrtc, which docs/picamera-cli.md has in a table, and
  --print-config           print the configuration that they mean, for pinhole serve

Flags of token create
  --name NAME              what to call it
  --cameras a,b            the cameras it covers; default all, also those to come
  --rights view,control    view, control, record, download, publish, admin; default view
  --expires 1h             30s, 15m, 1h, 7d, 2w; default: holds until revoked
  --data, --config         as above

Flags of devices
  --json                   for programs

Flags of install-service
  --user                   a service of your own rather than of the whole machine; needs no root
  --run-as USER            who runs it; default: a user that systemd makes for it
  --root FOLDER            write the unit below FOLDER and leave systemd alone
  --config                 as above

  --help, -h               this text
  --version, -v            the version
`;
