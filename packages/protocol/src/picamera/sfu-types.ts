/** An ICE server as RTCConfiguration has it. */
export interface SfuIceServer {
  readonly urls: string | readonly string[];
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** The room that was joined. */
export interface RoomInfo {
  readonly sid: string;
  readonly name: string;
}

/** How well a participant is connected; `sid` is the SFU's id of it. */
export interface Quality {
  readonly sid: string;
  readonly score: number;
}

/** How loud a participant is. */
export interface Speaking {
  readonly sid: string;
  readonly level: number;
}

/** Who is in the room: `sid` by the SFU, `id` by itself. */
export interface Participant {
  readonly sid: string;
  readonly id: string;
  readonly state: 'JOINING' | 'JOINED' | 'ACTIVE' | 'DISCONNECTED';
}

/** Which of a peer's two connections a candidate is for. */
export type SfuTarget = 'PUBLISHER' | 'SUBSCRIBER';
