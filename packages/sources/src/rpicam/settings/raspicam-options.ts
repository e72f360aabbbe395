/** One of raspicam's options and what became of it. */
export interface RaspicamOption {
  /** As it stands in raspicam's Python. */
  readonly raspicam: string;
  /** An example of ours. */
  readonly setting: string;
  /** Where `raspivid` takes another form. */
  readonly settingForRaspivid?: string;
  /** The flags that it becomes, of `rpicam-vid` and of `raspivid`; none where the program has nothing of the kind. */
  readonly rpicam: readonly string[];
  readonly raspivid: readonly string[];
  /** What V4L2 calls it (`v4l2-ctl --list-ctrls`), where it has it. */
  readonly v4l2?: string;
}

/** Every option of raspicam's configuration, in its order. */
export const RASPICAM_OPTIONS: readonly RaspicamOption[] = [
  {
    raspicam: 'sensor_mode',
    setting: 'mode=1640:1232',
    settingForRaspivid: 'mode=2',
    rpicam: ['--mode'],
    raspivid: ['-md'],
  },
  {
    raspicam: 'resolution',
    setting: 'size=1920x1080',
    rpicam: ['--width', '--height'],
    raspivid: ['-w', '-h'],
  },
  { raspicam: 'framerate', setting: 'fps=25', rpicam: ['--framerate'], raspivid: ['-fps'] },
  { raspicam: 'video_denoise', setting: 'denoise=off', rpicam: ['--denoise'], raspivid: [] },
  { raspicam: 'iso', setting: 'iso=400', rpicam: ['--gain'], raspivid: ['-ISO'], v4l2: 'iso_sensitivity' },
  {
    raspicam: 'shutter_speed',
    setting: 'shutter=10000',
    rpicam: ['--shutter'],
    raspivid: ['-ss'],
    v4l2: 'exposure_time_absolute',
  },
  {
    raspicam: 'exposure_mode',
    setting: 'exposure=sport',
    rpicam: ['--exposure'],
    raspivid: ['-ex'],
    v4l2: 'scene_mode',
  },
  {
    raspicam: 'awb_mode',
    setting: 'awb=daylight',
    rpicam: ['--awb'],
    raspivid: ['-awb'],
    v4l2: 'white_balance_auto_preset',
  },
  {
    raspicam: 'awb_gains',
    setting: 'awbgains=1.5,1.2',
    rpicam: ['--awbgains'],
    raspivid: ['-awbg'],
    v4l2: 'red_balance, blue_balance',
  },
  {
    raspicam: 'exposure_compensation',
    setting: 'ev=1',
    rpicam: ['--ev'],
    raspivid: ['-ev'],
    v4l2: 'auto_exposure_bias',
  },
  {
    raspicam: 'brightness',
    setting: 'brightness=0.2',
    rpicam: ['--brightness'],
    raspivid: ['-br'],
    v4l2: 'brightness',
  },
  {
    raspicam: 'sharpness',
    setting: 'sharpness=1.5',
    rpicam: ['--sharpness'],
    raspivid: ['-sh'],
    v4l2: 'sharpness',
  },
  {
    raspicam: 'contrast',
    setting: 'contrast=1.5',
    rpicam: ['--contrast'],
    raspivid: ['-co'],
    v4l2: 'contrast',
  },
  {
    raspicam: 'saturation',
    setting: 'saturation=1.5',
    rpicam: ['--saturation'],
    raspivid: ['-sa'],
    v4l2: 'saturation',
  },
  {
    raspicam: 'hflip',
    setting: 'hflip=true',
    rpicam: ['--hflip'],
    raspivid: ['-hf'],
    v4l2: 'horizontal_flip',
  },
  { raspicam: 'vflip', setting: 'vflip=true', rpicam: ['--vflip'], raspivid: ['-vf'], v4l2: 'vertical_flip' },
  {
    raspicam: 'meter_mode',
    setting: 'metering=spot',
    rpicam: ['--metering'],
    raspivid: ['-mm'],
    v4l2: 'exposure_metering_mode',
  },
  { raspicam: 'quality', setting: 'quality=20', rpicam: ['--bitrate'], raspivid: ['-qp'] },
  {
    raspicam: 'bitrate',
    setting: 'bitrate=4M',
    rpicam: ['--bitrate'],
    raspivid: ['-b'],
    v4l2: 'video_bitrate',
  },
  {
    raspicam: 'profile',
    setting: 'profile=main',
    rpicam: ['--profile'],
    raspivid: ['-pf'],
    v4l2: 'h264_profile',
  },
  { raspicam: 'level', setting: 'level=4.2', rpicam: ['--level'], raspivid: ['-lev'], v4l2: 'h264_level' },
  {
    raspicam: 'intra_period',
    setting: 'gop=15',
    rpicam: ['--intra'],
    raspivid: ['-g'],
    v4l2: 'h264_i_frame_period',
  },
  {
    raspicam: 'inline_headers',
    setting: 'inline=true',
    rpicam: ['--inline'],
    raspivid: ['-ih'],
    v4l2: 'repeat_sequence_header',
  },
];
