export { jpegSize } from '@pinhole/media/jpeg';
