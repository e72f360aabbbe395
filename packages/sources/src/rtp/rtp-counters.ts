/** What became of the packets and pictures of an RTP stream. */
export interface RtpCounters {
  /** Whole pictures left out between a loss and the next key picture. */
  readonly droppedAfterLoss: number;
  /** Pictures left out before the first key picture of a connection. */
  readonly droppedBeforeKey: number;
  /** Pictures left out because packets of theirs were lost or could not be read. */
  readonly droppedIncomplete: number;
  /** Pictures left out because they were larger than any real one. */
  readonly droppedOversize: number;
  /** Packets that never came. */
  readonly packetsLost: number;
  /** Packets that came twice, or after they had been given up. */
  readonly packetsLate: number;
  /** Packets that could not be read. */
  readonly packetsMalformed: number;
  /** Packets of another stream or payload type than the one asked for. */
  readonly packetsForeign: number;
  /** Packets that came before an earlier one and were put in order. */
  readonly packetsReordered: number;
  /** Gaps that were not waited for any longer. */
  readonly gapsGivenUp: number;
}

/** None of anything. */
export const NO_RTP_COUNTERS: RtpCounters = {
  droppedAfterLoss: 0,
  droppedBeforeKey: 0,
  droppedIncomplete: 0,
  droppedOversize: 0,
  packetsLost: 0,
  packetsLate: 0,
  packetsMalformed: 0,
  packetsForeign: 0,
  packetsReordered: 0,
  gapsGivenUp: 0,
};

/** Both together. */
export const addRtpCounters = (a: RtpCounters, b: RtpCounters): RtpCounters => ({
  droppedAfterLoss: a.droppedAfterLoss + b.droppedAfterLoss,
  droppedBeforeKey: a.droppedBeforeKey + b.droppedBeforeKey,
  droppedIncomplete: a.droppedIncomplete + b.droppedIncomplete,
  droppedOversize: a.droppedOversize + b.droppedOversize,
  packetsLost: a.packetsLost + b.packetsLost,
  packetsLate: a.packetsLate + b.packetsLate,
  packetsMalformed: a.packetsMalformed + b.packetsMalformed,
  packetsForeign: a.packetsForeign + b.packetsForeign,
  packetsReordered: a.packetsReordered + b.packetsReordered,
  gapsGivenUp: a.gapsGivenUp + b.gapsGivenUp,
});
