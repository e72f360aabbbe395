import type { StockBody, StockRecording } from './stock-receiver.ts';

/** Which of the clients in the field is played. */
export type Generation = 'a' | 'b' | 'c';

/** What a stock client is told. */
export interface StockOptions {
  readonly generation: Generation;
  readonly uid: string;
  /** `ws://…` */
  readonly broker: string;
  readonly username?: string;
  readonly password?: string;
  readonly datachannelOnly?: boolean;
  readonly ipcMode?: 'lossy' | 'reliable';
  /** Says everything on the topics of both families, as one does that does not know the device. */
  readonly bothFamilies?: boolean;
  /** Sends candidates first, and the offer so many of them later; as MQTT may deliver them. */
  readonly candidatesFirst?: boolean;
  /** Puts answers together as it would for its page, in place of telling each message. */
  readonly receives?: boolean;
  /** The codecs but one are taken out of the text that is sent. */
  readonly codec?: 'VP8';
  /** Asks for the microphone. */
  readonly microphone?: boolean;
}

/** What happened to a client, in words. */
export interface StockReport {
  readonly clientId: string;
  readonly states: readonly string[];
  /** Topics of the messages that came, in order. */
  readonly heard: readonly string[];
  /** Ids of the stream of each track event. */
  readonly streams: readonly string[];
  /** Stream and track of each `a=msid` of the last answer; browsers do not show the track's. */
  readonly named: readonly string[];
  /** Channels that opened. */
  readonly channels: readonly number[];
  /** What threw, as a page's console would show it. */
  readonly errors: readonly string[];
  /** Data channel messages that came: the channel, and the bytes or `text`. */
  readonly messages: readonly { readonly channel: number; readonly bytes: readonly number[] | 'text' }[];
  /** Answers that came whole, and what was told of recordings on demand; of a client that `receives`. */
  readonly bodies: readonly StockBody[];
  readonly recordings: readonly StockRecording[];
  readonly offers: number;
  /** ICE user names of the answers: another one is an ICE restart. */
  readonly answered: readonly string[];
}
