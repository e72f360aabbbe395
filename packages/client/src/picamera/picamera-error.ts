import { PinholeError } from '@pinhole/core';

/** What may go wrong between a page and a camera. */
export type PiCameraErrorCode =
  /** An option is missing or no good. Thrown by the constructor. */
  | 'picamera/option'
  /** No connection to the MQTT broker; tried again until the timeout. */
  | 'picamera/broker-unreachable'
  /** The broker refuses this user; not tried again. */
  | 'picamera/broker-refused'
  /** The broker lets us neither ask this camera nor hear it. */
  | 'picamera/topic-refused'
  /** No microphone, or it may not be used; all else goes on. */
  | 'picamera/microphone'
  /** The browser has no such codec; all that it has are offered. */
  | 'picamera/no-codec'
  /** The camera has no picture in a codec that was offered. */
  | 'picamera/no-video'
  /** Offer and answer do not go together. */
  | 'picamera/negotiation'
  /** The connection broke and did not come back. */
  | 'picamera/connection-lost'
  /** The channel that this needs is not open. */
  | 'picamera/not-open'
  /** `ipcMode` is not set. */
  | 'picamera/no-ipc'
  /** The camera answers nothing: it has no such thing, or does not say so. */
  | 'picamera/no-answer'
  /** An answer stopped in its middle. */
  | 'picamera/transfer-stalled'
  /** An answer has a hole or another length than it said. */
  | 'picamera/transfer-damaged'
  /** The device ended a transfer, and said why. */
  | 'picamera/transfer-aborted'
  /** There is no recording of that kind. */
  | 'picamera/no-recordings'
  /** More than fits into memory; or than one message may have. */
  | 'picamera/too-large'
  /** Requests of one kind wait in too long a row. */
  | 'picamera/too-many-requests'
  /** Whoever reads a file is slower than it comes. */
  | 'picamera/reader-too-slow'
  /** `terminate()` was called meanwhile. */
  | 'picamera/terminated'
  /** A value that the wire cannot carry. */
  | 'picamera/value'
  /** This device has no such request. */
  | 'picamera/unsupported'
  /** It did not show which encoding it speaks, so what may be said once only was not said. */
  | 'picamera/unknown-generation'
  /** No connection to the SFU server. */
  | 'picamera/sfu-unreachable'
  /** The SFU server ended the session. */
  | 'picamera/sfu-closed'
  /** What the SFU server says is wrong. */
  | 'picamera/sfu-error'
  /** Something that nobody can read; it was passed over. */
  | 'picamera/malformed';

/** Why something came to nothing, for `onError`: `code` for programs, `message` for people. */
export class PiCameraError extends PinholeError<PiCameraErrorCode> {
  override readonly name: string = 'PiCameraError';
}
