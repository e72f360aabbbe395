import type { FakeModel } from './fake-control.ts';
import { LATER_FLAGS, LIBCAMERA_FLAGS, RASPIVID_FLAGS } from './flag-tables.ts';

/** What the program says when asked for help, in its form. */
export function helpOf(name: string, model: FakeModel): string {
  if (name === 'raspivid') {
    const lines = Object.entries(RASPIVID_FLAGS).map(([flag]) => `-${flag}, --long-${flag}\t: Set it`);
    return `"raspivid" Camera App (commit 5a1b2c)\n\nImage parameter commands\n\n${lines.join('\n')}\n`;
  }
  const flags = Object.entries(LIBCAMERA_FLAGS).filter(
    ([flag]) => model !== 'old' || !LATER_FLAGS.includes(flag),
  );
  const lines = flags.map(([flag, value]) =>
    value === 'none'
      ? `  --${flag} [=arg(=1)] (=0)          Turn it on`
      : `  --${flag} arg                       Set it`,
  );
  return `Valid options are:\n  -h [ --help ] [=arg(=1)] (=0)    Print this help message\n${lines.join('\n')}\n`;
}

/** What `--list-cameras` prints on a Pi with two cameras. */
export const cameraListing = (): string => `Available cameras
-----------------
0 : imx708 [4608x2592 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]
                             4608x2592 [14.35 fps - (0, 0)/4608x2592 crop]

1 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@0/imx219@10)
    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                             1640x1232 [83.70 fps - (0, 0)/3280x2464 crop]
                             1920x1080 [47.57 fps - (680, 692)/1920x1080 crop]
                             3280x2464 [21.19 fps - (0, 0)/3280x2464 crop]
           'SRGGB8' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                      1640x1232 [83.70 fps - (0, 0)/3280x2464 crop]

`;
