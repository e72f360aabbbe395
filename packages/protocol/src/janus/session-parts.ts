/** A session description on its way between Janus and a client. */
export interface JanusJsep {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
  /** Whether candidates follow in messages of their own; they do unless it says otherwise. */
  readonly trickle?: boolean;
}

/** A candidate on its way between Janus and a client; `completed` says that there are no more. */
export type JanusCandidate =
  | {
      readonly candidate: string;
      readonly sdpMid?: string | null;
      readonly sdpMLineIndex?: number | null;
    }
  | { readonly completed: true };
