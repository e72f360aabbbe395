import { type Millis, millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { LiveState } from './live-state.ts';
import { initialLiveness, type Liveness, type LivenessInput, step } from './liveness.ts';

const LIVE = { kind: 'live' } as const;
const FRAME_MS = 33;

/** Plays a script of inputs with their times. */
class Script {
  liveness: Liveness = initialLiveness;
  nowMs = 0;
  readonly states: LiveState[] = [];

  at(timeMs: number, ...inputs: LivenessInput[]): this {
    this.nowMs = timeMs;
    for (const input of inputs) {
      const { state } = this.liveness;
      this.liveness = step(this.liveness, input, millis(timeMs));
      if (this.liveness.state !== state) this.states.push(this.liveness.state);
    }
    return this;
  }

  /** Paints frames until a time, with a heartbeat a second that says the camera goes on. */
  play(untilMs: number, latencyMs = 30): this {
    for (let at = this.nowMs + FRAME_MS; at <= untilMs; at += FRAME_MS) {
      this.at(at, { kind: 'received' }, { kind: 'painted', latencyMs: latencyMs as Millis });
    }
    return this;
  }

  get state(): LiveState {
    return this.liveness.state;
  }

  get codes(): string[] {
    return this.states.map(({ code }) => code);
  }
}

const heartbeat = (lastSequence: number): LivenessInput => ({
  kind: 'heartbeat',
  source: LIVE,
  lastSequence,
});
const TICK: LivenessInput = { kind: 'tick' };

describe('step, before the first picture', () => {
  it('names the stage of connecting in words', () => {
    const script = new Script().at(0, { kind: 'stage', stage: 'ice' });

    expect(script.state).toEqual({
      kind: 'connecting',
      stage: 'ice',
      code: 'connecting/ice',
      reason: 'Looking for a network path.',
    });
  });

  it('is live with the first painted frame', () => {
    const script = new Script().at(0, { kind: 'stage', stage: 'key-frame' }).at(80, { kind: 'painted' });

    expect(script.codes).toEqual(['connecting/key-frame', 'live']);
  });

  it('counts the tries while no server answers', () => {
    const script = new Script().at(0, {
      kind: 'waiting',
      tries: 2,
      nextInMs: millis(400),
      reason: 'The server cannot be reached.',
    });

    expect(script.state).toMatchObject({ kind: 'reconnecting', tries: 2, nextInMs: 400 });
    expect(script.at(400, { kind: 'trying' }).state).toMatchObject({ kind: 'reconnecting', nextInMs: 0 });
  });

  it('is refused with an action, and stays so', () => {
    const script = new Script().at(0, {
      kind: 'refused',
      code: 'auth/expired',
      reason: 'The token has ended.',
    });

    expect(script.at(60_000, TICK).state).toEqual({
      kind: 'refused',
      code: 'auth/expired',
      reason: 'The token has ended.',
      action: 'Open the camera with a new token link.',
    });
  });

  it('tries anew after a refusal when it is told to', () => {
    const script = new Script()
      .at(0, { kind: 'refused', code: 'auth/expired', reason: 'The token has ended.' })
      .at(10, { kind: 'trying' });

    expect(script.state.kind).toBe('connecting');
  });

  it('says that the camera is offline, in the words of the server', () => {
    const why = 'rtsp://door refused the connection';
    const source = { kind: 'retrying', code: 'source/unreachable', why, retryInMs: 1_000 } as const;

    expect(new Script().at(0, { kind: 'heartbeat', source }).state).toEqual({
      kind: 'offline',
      code: 'source/unreachable',
      reason: `The camera is offline: ${why}`,
    });
  });

  it('asks for a tap where the browser wants one', () => {
    expect(new Script().at(0, { kind: 'blocked' }).state.code).toBe('connecting/blocked');
  });
});

describe('step, when pictures stop', () => {
  it('lags within half a second and is frozen after one', () => {
    const script = new Script().at(0, { kind: 'painted' }).play(3_000);
    const lastMs = script.nowMs;
    script.states.length = 0;

    for (let at = lastMs; at <= lastMs + 1_000; at += 50) script.at(at, TICK);

    expect(script.codes).toEqual(['lagging/late', 'frozen/network']);
    expect(script.state).toMatchObject({ since: lastMs });
  });

  it('blames the camera when the heartbeat brings no newer picture', () => {
    const script = new Script().at(0, { kind: 'painted' }, heartbeat(7)).play(1_000);

    script.at(2_000, heartbeat(7), TICK).at(3_000, heartbeat(7), TICK);

    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'camera' });
  });

  it('does not blame the camera when the server itself fell silent', () => {
    const script = new Script().at(0, { kind: 'painted' }, heartbeat(1)).play(1_000).at(1_050, heartbeat(30));

    for (let at = 1_100; at <= 3_400; at += 100) script.at(at, TICK);

    expect(script.codes.slice(1)).toEqual(['lagging/late', 'frozen/network']);
  });

  it('reconnects at once when the connection that brought the heartbeats breaks', () => {
    const script = new Script().at(0, { kind: 'painted' }).play(1_000).at(1_900, heartbeat(30));

    script.at(2_100, { kind: 'waiting', tries: 1, nextInMs: millis(200), reason: 'It broke.' });

    expect(script.state.kind).toBe('reconnecting');
  });

  it('blames the decoder when pictures arrive and none is painted', () => {
    const script = new Script().at(0, { kind: 'painted' }, heartbeat(1)).play(1_000);

    for (let at = 1_100; at <= 2_600; at += 100) script.at(at, { kind: 'received' }, heartbeat(at), TICK);

    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'decoder' });
  });

  it('blames the network when the camera goes on and nothing arrives', () => {
    const script = new Script().at(0, { kind: 'painted' }, heartbeat(1)).play(1_000);

    for (let at = 1_500; at <= 3_500; at += 500) script.at(at, heartbeat(at), TICK);

    expect(script.state).toMatchObject({ kind: 'frozen', cause: 'network' });
  });

  it('says offline, with the time of the last picture, when the server lost the camera', () => {
    const script = new Script().at(0, { kind: 'painted' }).play(1_000);
    const lastMs = script.nowMs;
    const source = { kind: 'retrying', code: 'source/ended', why: 'it hung up', retryInMs: 1_000 } as const;

    script.at(2_200, { kind: 'heartbeat', source }, TICK);

    expect(script.state).toMatchObject({ kind: 'offline', code: 'source/ended', since: lastMs });
  });

  it('says offline when this device has no network', () => {
    const script = new Script()
      .at(0, { kind: 'painted' })
      .play(1_000)
      .at(2_500, { kind: 'network', online: false });

    expect(script.state).toMatchObject({ kind: 'offline', code: 'offline/network' });
  });

  it('reconnects, with the count and the wait, once all connections are lost', () => {
    const script = new Script().at(0, { kind: 'painted' }).play(1_000);

    script.at(2_500, { kind: 'waiting', tries: 1, nextInMs: millis(200), reason: 'It broke.' });

    expect(script.state).toMatchObject({
      kind: 'reconnecting',
      tries: 1,
      nextInMs: 200,
      reason: 'It broke.',
    });
  });

  it('is live again with the next frame, whatever it was', () => {
    const script = new Script()
      .at(0, { kind: 'painted' })
      .at(5_000, { kind: 'waiting', tries: 3, nextInMs: millis(900), reason: 'It broke.' })
      .at(5_900, { kind: 'painted' });

    expect(script.state.kind).toBe('live');
  });

  it('does not call a camera of one frame a second frozen', () => {
    const script = new Script();
    for (let at = 0; at <= 10_000; at += 1_000) script.at(at, { kind: 'painted' });
    script.states.length = 0;

    for (let at = 10_000; at <= 12_000; at += 100) script.at(at, TICK);

    expect(script.codes).toEqual([]);
  });
});

describe('step, while pictures come', () => {
  it('lags when they are more than a second old', () => {
    const script = new Script().at(0, { kind: 'painted' }).play(3_000, 1_500);

    expect(script.state).toMatchObject({ kind: 'lagging', code: 'lagging/behind' });
  });

  it('keeps the same state object while nothing changes, so that listeners hear of changes only', () => {
    const script = new Script().at(0, { kind: 'painted' }).play(2_000);

    expect(script.codes).toEqual(['live']);
  });
});

describe('step, round a hidden page', () => {
  it('concludes nothing while hidden', () => {
    const script = new Script()
      .at(0, { kind: 'painted' })
      .play(1_000)
      .at(1_100, { kind: 'page', visible: false });

    expect(script.at(60_000, TICK).state.kind).toBe('live');
  });

  it('is not live on return until a new frame proves it', () => {
    const script = new Script()
      .at(0, { kind: 'painted' })
      .play(1_000)
      .at(1_100, { kind: 'page', visible: false })
      .at(60_000, { kind: 'page', visible: true });

    expect(script.state.code).toBe('lagging/resuming');
    expect(script.at(60_050, { kind: 'painted' }).state.kind).toBe('live');
  });

  it('is frozen when no frame comes within a second of the return', () => {
    const script = new Script()
      .at(0, { kind: 'painted' })
      .at(1_100, { kind: 'page', visible: false })
      .at(60_000, { kind: 'page', visible: true })
      .at(61_100, TICK);

    expect(script.state.kind).toBe('frozen');
  });
});

it('stays closed', () => {
  const script = new Script().at(0, { kind: 'closed' }).at(1, { kind: 'painted' });

  expect(script.state.kind).toBe('closed');
});

describe('step, while the source shows placeholders', () => {
  const placeholder = (lastSequence: number): LivenessInput => ({
    kind: 'heartbeat',
    lastSequence,
    source: {
      kind: 'retrying',
      code: 'source/no-signal',
      why: 'what is seen is the placeholder of µStreamer',
      retryInMs: millis(0),
    },
  });
  /** A placeholder a second, as µStreamer shows it. */
  function seconds(script: Script, from: number, to: number): Script {
    for (let at = from; at < to; at += 1_000) {
      script.at(at, placeholder(at), { kind: 'painted' });
      for (let later = 100; later < 1_000; later += 100) script.at(at + later, TICK);
    }
    return script;
  }

  it('says so from the first on, and nothing else, however seldom they come', () => {
    const script = seconds(new Script().at(0, { kind: 'stage', stage: 'key-frame' }), 100, 8_000);

    expect(script.codes).toEqual(['connecting/key-frame', 'source/no-signal']);
    expect(script.state).toEqual({
      kind: 'no-signal',
      code: 'source/no-signal',
      reason: 'No signal from the host. Check the cable, the resolution, and that it is on.',
    });
  });

  it('says so at once when the signal goes, and is live at once when it is back', () => {
    const script = new Script().at(0, heartbeat(1)).play(1_000).at(1_010, placeholder(40));
    expect(script.state.kind).toBe('no-signal');

    expect(seconds(script, 1_020, 4_000).at(4_100, { kind: 'painted' }, heartbeat(50)).state.kind).toBe(
      'live',
    );
    expect(script.codes).toEqual(['live', 'source/no-signal', 'live']);
  });

  it('says so before the first picture', () => {
    expect(new Script().at(0, placeholder(1)).state.kind).toBe('no-signal');
  });

  it('does not say so of a network that broke meanwhile, nor of a browser that cannot decode', () => {
    const script = seconds(new Script(), 0, 3_000);
    expect(script.at(9_000, TICK).state).toMatchObject({ kind: 'frozen', cause: 'network' });

    const decoding = new Script().at(0, heartbeat(1)).play(1_000);
    for (let at = 1_100; at < 4_000; at += 100) {
      decoding.at(at, { kind: 'received' }, TICK);
      if (at % 1_000 === 0) decoding.at(at, heartbeat(at));
    }
    expect(decoding.state).toMatchObject({ kind: 'frozen', cause: 'decoder' });
  });
});
