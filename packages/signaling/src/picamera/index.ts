export { DeviceCounters } from './device-counters.ts';
export { DEFAULT_DEVICE_LIMITS, type DeviceLimits } from './device-limits.ts';
export type { DeviceLink } from './device-link.ts';
export { PicameraDevice, type PicameraDeviceOptions, presenceOf } from './picamera-device.ts';
export type { ServedViewer, ServeViewer, ViewerService } from './viewer-service.ts';
