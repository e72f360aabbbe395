import { describe, expect, it } from 'vitest';
import { parseCameraList } from './parse-camera-list.ts';

const PI_5 = `Available cameras
-----------------
0 : imx708_wide_noir [4608x2592 10-bit RGGB] (/base/axi/pcie@1000120000/rp1/i2c@80000/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]
                             4608x2592 [14.35 fps - (0, 0)/4608x2592 crop]

1 : imx296 [1456x1088 10-bit MONO] (/base/axi/pcie@1000120000/rp1/i2c@88000/imx296@1a)
    Modes: 'R10_CSI2P' : 1456x1088 [60.38 fps - (0, 0)/1456x1088 crop]

`;

const BULLSEYE = `[0:00:28.194834183] [762]  INFO Camera camera_manager.cpp:299 libcamera v0.0.4+22-923f5d70
Available cameras
-----------------
0 : ov5647 [2592x1944] (/base/soc/i2c0mux/i2c@1/ov5647@36)
    Modes: 'SGBRG10_CSI2P' : 640x480 [58.92 fps - (16, 0)/2560x1920 crop]
                             1296x972 [43.25 fps - (0, 0)/2592x1944 crop]
`;

const FIRST_VERSIONS = `Available cameras
-----------------
0 : imx219 [3280x2464] (/base/soc/i2c0mux/i2c@1/imx219@10)
    Modes: 'SRGGB10_CSI2P' : 640x480 1640x1232 1920x1080 3280x2464
           'SRGGB8' : 640x480 1640x1232
`;

describe('a list of cameras', () => {
  it('has their modes with bits and frame rates', () => {
    const [wide, mono] = parseCameraList(PI_5);

    expect(wide).toMatchObject({ number: 0, model: 'imx708_wide_noir', width: 4608, height: 2592 });
    expect(wide?.id).toBe('/base/axi/pcie@1000120000/rp1/i2c@80000/imx708@1a');
    expect(wide?.modes).toEqual([
      { width: 1536, height: 864, bits: 10, framesPerSecond: 120.13, setting: '1536:864:10' },
      { width: 2304, height: 1296, bits: 10, framesPerSecond: 56.03, setting: '2304:1296:10' },
      { width: 4608, height: 2592, bits: 10, framesPerSecond: 14.35, setting: '4608:2592:10' },
    ]);
    expect(mono).toMatchObject({
      number: 1,
      model: 'imx296',
      modes: [{ width: 1456, height: 1088, bits: 10 }],
    });
  });

  it('is read past a log, and without a word on colours', () => {
    expect(parseCameraList(BULLSEYE)).toMatchObject([
      { number: 0, model: 'ov5647', width: 2592, height: 1944, modes: [{ width: 640 }, { width: 1296 }] },
    ]);
  });

  it('is read as the first versions wrote it: sizes in one line, no rates', () => {
    const [camera] = parseCameraList(FIRST_VERSIONS);

    expect(camera?.modes.map(({ setting }) => setting)).toEqual([
      '640:480:10',
      '1640:1232:10',
      '1920:1080:10',
      '3280:2464:10',
      '640:480:8',
      '1640:1232:8',
    ]);
    expect(camera?.modes[0]).not.toHaveProperty('framesPerSecond');
  });

  it.each(['', 'No cameras available!\n', 'ERROR: *** x ***', '0 : \n 12x', "    Modes: 'X' : 1x1"])(
    'is empty when it says %j',
    (text) => {
      expect(parseCameraList(text)).toEqual([]);
    },
  );
});
