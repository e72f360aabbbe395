import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { JanusSentRequest } from '../janus/index.ts';
import { type Answering, FakeJanus, FakeJanusClock } from './fake-janus.ts';
import { JanusViewer } from './janus-viewer.ts';
import type { JanusViewerEvent, JanusViewerOptions } from './janus-viewer-options.ts';

const OFFER = {
  type: 'offer',
  sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
};
const STARTED = { ustreamer: 'event', result: { status: 'started' } };
const NOT_READY = { ustreamer: 'event', error_code: 503, error: "Haven't received SPS/PPS from memsink yet" };

function rig(options: Partial<JanusViewerOptions> = {}) {
  const clock = new FakeJanusClock();
  const script: { current: Answering } = { current: () => false };
  const janus = new FakeJanus(script);
  const events: JanusViewerEvent[] = [];
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const viewer = new JanusViewer({ openLink: janus.openLink(clock), clock, random, ...options }, (event) =>
    events.push(event),
  );
  const asks = (word: string): number => janus.asked.filter((each) => each === word).length;
  const kinds = (): string[] => events.filter(({ kind }) => kind !== 'stage').map(({ kind }) => kind);
  const fault = () => events.flatMap((event) => (event.kind === 'failed' ? [event.fault] : []))[0];
  /** Up to where the plugin was asked for its offer. */
  const watching = (): void => {
    viewer.open();
    clock.advance(10);
  };
  /** Up to where media flows. */
  const up = (): void => {
    watching();
    janus.push(STARTED, { jsep: OFFER });
    viewer.answer('the answer');
    clock.advance(10);
    janus.event({ janus: 'webrtcup' });
  };
  return { clock, script, janus, events, viewer, asks, kinds, fault, watching, up };
}

const request = (janus: FakeJanus, word: string): JanusSentRequest | undefined =>
  janus.requests[janus.asked.indexOf(word)];

describe('a viewer of a Janus', () => {
  it('creates, attaches, watches, answers, and tells its candidates after the answer', () => {
    const { clock, janus, viewer, kinds, watching } = rig();
    watching();
    janus.push(STARTED, { jsep: OFFER });
    viewer.addCandidate({ candidate: 'candidate:1', sdpMid: 'v', sdpMLineIndex: 0 });
    viewer.answer('the answer');
    viewer.addCandidate({ completed: true });
    clock.advance(10);
    janus.event({ janus: 'webrtcup' });

    expect(janus.asked).toEqual(['create', 'attach', 'watch', 'start', 'trickle', 'trickle']);
    expect(request(janus, 'start')).toMatchObject({
      sessionId: 7,
      handleId: 101,
      jsep: { type: 'answer', sdp: 'the answer' },
    });
    expect(request(janus, 'trickle')).toMatchObject({ candidate: { sdpMid: 'v' } });
    expect(kinds()).toEqual(['offer', 'up']);
  });

  it.each<readonly [string, Answering]>([
    [
      'up to 6.17: the event first, with the transaction, then ack',
      (asked, janus) => {
        if (asked.janus !== 'message' || asked.body['request'] !== 'watch') return false;
        const { transaction } = asked;
        janus.push(STARTED, { transaction, jsep: OFFER });
        janus.say({ janus: 'ack', session_id: 7, transaction });
        return true;
      },
    ],
    [
      'since 6.18: the event first, without it, then success with ok',
      (asked, janus) => {
        if (asked.janus !== 'message' || asked.body['request'] !== 'watch') return false;
        const { transaction } = asked;
        janus.push(STARTED, { jsep: OFFER });
        const plugindata = { plugin: 'janus.plugin.ustreamer', data: { ok: true } };
        janus.say({ janus: 'success', session_id: 7, transaction, sender: janus.handle, plugindata });
        return true;
      },
    ],
    [
      'at once, within success',
      (asked, janus) => {
        if (asked.janus !== 'message' || asked.body['request'] !== 'watch') return false;
        const { transaction } = asked;
        const plugindata = { plugin: 'janus.plugin.ustreamer', data: STARTED };
        const sender = janus.handle;
        janus.say({ janus: 'success', session_id: 7, transaction, sender, plugindata, jsep: OFFER });
        return true;
      },
    ],
  ])('takes the offer of a plugin that answers %s', (_, answering) => {
    const { script, kinds, watching } = rig();
    script.current = answering;

    watching();

    expect(kinds()).toEqual(['offer']);
  });

  it('hands on the offer of an old plugin with one line of parameters, and its mid as it was', () => {
    const { janus, events, viewer, clock, watching } = rig();
    const head = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'm=video 1 RTP/SAVPF 96',
      'c=IN IP4 0.0.0.0',
    ];
    const map = ['a=rtpmap:96 H264/90000'];
    const tail = ['a=mid:v', 'a=msid:video v', 'a=sendonly'];
    // As those up to 6.47 write it.
    const parameters = [
      'a=fmtp:96 profile-level-id=42E01F',
      'a=fmtp:96 packetization-mode=1',
      'a=fmtp:96 sprop-parameter-sets=Z0LAH9oBQBbsBagICAo=,aM48gA==',
    ];
    watching();
    janus.push(STARTED, {
      jsep: { type: 'offer', sdp: [...head, ...map, ...parameters, ...tail, ''].join('\r\n') },
    });

    const one =
      'a=fmtp:96 profile-level-id=42E01F;packetization-mode=1;sprop-parameter-sets=Z0LAH9oBQBbsBagICAo=,aM48gA==';
    expect(events.filter(({ kind }) => kind === 'offer')).toEqual([
      { kind: 'offer', sdp: [...head, ...map, one, ...tail, ''].join('\r\n') },
    ]);
    viewer.answer('the answer');
    viewer.addCandidate({ candidate: 'candidate:1', sdpMid: 'v', sdpMLineIndex: 0 });
    clock.advance(10);
    expect(request(janus, 'trickle')).toMatchObject({ candidate: { sdpMid: 'v' } });
  });

  it('asks again, with growing waits, while the plugin says 503', () => {
    const { clock, janus, script, viewer, asks, kinds, watching } = rig();
    let times = 3;
    script.current = (asked) => {
      if (asked.janus !== 'message' || asked.body['request'] !== 'watch') return false;
      if (times-- > 0) janus.push(NOT_READY, { transaction: asked.transaction });
      else janus.push(STARTED, { jsep: OFFER });
      return true;
    };

    watching();
    clock.advance(8_000);

    expect(asks('watch')).toBe(4);
    expect(viewer.counters.watchRetries).toBe(3);
    expect(kinds()).toEqual(['offer']);
  });

  it("gives up in the plugin's words when it says 503 for too long", () => {
    const { clock, janus, script, asks, fault, watching } = rig({ offerWithinMs: millis(6_000) });
    script.current = (asked) => {
      if (asked.janus === 'message') janus.push(NOT_READY);
      return asked.janus === 'message';
    };

    watching();
    clock.advance(20_000);

    expect(fault()).toMatchObject({ code: 'janus/not-ready', again: 'later' });
    expect(fault()?.reason).toContain("Haven't received SPS/PPS");
    expect(asks('watch')).toBeLessThan(10);
    expect(asks('destroy')).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('notices a watch that came to nothing without a word, and doubts its handle in the end', () => {
    const { clock, asks, fault, watching } = rig({ offerWithinMs: millis(20_000) });

    watching();
    clock.advance(12_000);
    expect(asks('watch')).toBe(3);
    expect(asks('detach')).toBe(1);
    expect(asks('attach')).toBe(2);

    clock.advance(20_000);
    expect(fault()?.code).toBe('janus/no-offer');
  });

  it.each([
    [403, 'Unauthorized request (wrong or missing secret/token)', 'create', 'janus/credentials', 'never'],
    [472, 'Currently not accepting new sessions', 'create', 'janus/busy', 'later'],
    [460, "No such plugin 'janus.plugin.nope'", 'attach', 'janus/no-plugin', 'never'],
    [405, "Provided token can't access plugin 'x'", 'attach', 'janus/credentials', 'never'],
    [490, 'Unknown error', 'message', 'janus/refused', 'later'],
  ])('says %i %s in words', (code, reason, verb, faultCode, again) => {
    const { janus, script, fault, watching } = rig();
    script.current = ({ janus: asked, transaction }) => {
      if (asked === verb) janus.say({ janus: 'error', transaction, error: { code, reason } });
      return asked === verb;
    };

    watching();

    expect(fault()).toMatchObject({ code: faultCode, again });
    expect(fault()?.reason).toContain(reason);
  });

  it('says that a stream is missing, in the words of the streaming plugin', () => {
    const watch = { request: 'watch', id: 99 };
    const { janus, fault, watching } = rig({ plugin: 'janus.plugin.streaming', watch });

    watching();
    janus.push({ streaming: 'event', error_code: 455, error: 'No such mountpoint/stream 99' });

    expect(request(janus, 'attach')).toMatchObject({ plugin: 'janus.plugin.streaming' });
    expect(request(janus, 'watch')).toMatchObject({ body: watch });
    expect(fault()).toMatchObject({ code: 'janus/no-stream', again: 'later' });
  });

  it('gives secret and token with every request, and shows them in no event', () => {
    const { janus, events, up, viewer } = rig({ credentials: { apisecret: 'sesame', token: 'tok' } });

    up();
    viewer.close();

    expect(janus.requests.every(({ apisecret, token }) => apisecret === 'sesame' && token === 'tok')).toBe(
      true,
    );
    expect(JSON.stringify(events)).not.toMatch(/sesame|tok"/);
  });

  it('keeps its session alive every 25 s', () => {
    const { clock, asks, up } = rig();

    up();
    clock.advance(76_000);

    expect(asks('keepalive')).toBe(3);
  });

  it('claims its session by another link when the link is lost while media flows', () => {
    const { clock, janus, viewer, asks, kinds, up } = rig();
    up();

    janus.reachable = false;
    janus.lose();
    clock.advance(5_000);
    expect(viewer.isBridging).toBe(true);
    viewer.addCandidate({ completed: true });
    janus.reachable = true;
    clock.advance(10_000);

    expect(asks('claim')).toBe(1);
    expect(request(janus, 'claim')).toMatchObject({ sessionId: 7 });
    expect(janus.asked.at(-1)).toBe('trickle');
    expect(kinds()).toEqual(['offer', 'up']);
    expect(viewer.counters).toMatchObject({ claims: 1 });
    expect(viewer.counters.linksLost).toBeGreaterThan(1);
  });

  it('ends when the session that it claims is gone', () => {
    const { clock, janus, script, fault, up } = rig();
    up();
    script.current = ({ janus: asked, transaction }) => {
      const error = { code: 458, reason: 'No such session 7' };
      if (asked === 'claim') janus.say({ janus: 'error', session_id: 7, transaction, error });
      return asked === 'claim';
    };

    janus.lose();
    clock.advance(2_000);

    expect(fault()).toMatchObject({ code: 'janus/session-gone', again: 'later' });
  });

  it('takes a keepalive without an answer for a lost link', () => {
    const { clock, script, asks, up } = rig();
    up();
    let deaf = true;
    script.current = ({ janus: asked }) => asked === 'keepalive' && deaf;

    clock.advance(36_000);
    deaf = false;

    expect(asks('claim')).toBe(1);
  });

  it('gives up claiming after a minute', () => {
    const { clock, janus, fault, up } = rig();
    up();

    janus.reachable = false;
    janus.lose();
    clock.advance(70_000);

    expect(fault()?.code).toBe('janus/unreachable');
    expect(janus.links).toBeLessThan(30);
    expect(clock.pending).toBe(0);
  });

  it('watches again on the same handle after the server hung up', () => {
    const { clock, janus, viewer, asks, kinds, up } = rig();
    up();

    janus.event({ janus: 'hangup', reason: 'ICE failed' });
    viewer.watch();
    clock.advance(10);
    janus.push(STARTED, { jsep: OFFER });

    expect(kinds()).toEqual(['offer', 'up', 'hung-up', 'offer']);
    expect(asks('attach')).toBe(1);
    expect(asks('watch')).toBe(2);
  });

  it('hangs up itself before it watches again, and does not take the echo for the end of the next', () => {
    const { clock, janus, viewer, kinds, up } = rig();
    up();

    viewer.hangUp();
    viewer.watch();
    janus.event({ janus: 'hangup', reason: 'Janus API' });
    clock.advance(10);
    janus.push(STARTED, { jsep: OFFER });

    expect(janus.asked.slice(-2)).toEqual(['hangup', 'watch']);
    expect(kinds()).toEqual(['offer', 'up', 'offer']);
  });

  it('attaches again when its handle is gone', () => {
    const { clock, janus, viewer, asks, kinds, up } = rig();
    up();

    janus.event({ janus: 'detached' });
    viewer.watch();
    clock.advance(10);

    expect(asks('attach')).toBe(2);
    expect(kinds()).toEqual(['offer', 'up', 'hung-up']);
  });

  it('ends with the session, when the server lets that expire', () => {
    const { janus, fault, up } = rig();
    up();

    janus.say({ janus: 'timeout', session_id: 7 });

    expect(fault()?.code).toBe('janus/session-gone');
  });

  it('passes on what the server trickles, and asks for key pictures', () => {
    const { clock, janus, viewer, kinds, up } = rig();
    up();

    janus.event({
      janus: 'trickle',
      candidate: { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: 'v' },
    });
    janus.event({ janus: 'trickle', candidate: { completed: true } });
    viewer.requestKeyFrame();
    clock.advance(10);

    expect(kinds().slice(-2)).toEqual(['candidate', 'candidate']);
    expect(janus.asked.at(-1)).toBe('key_required');
  });

  it('passes over what is not for it, with a count', () => {
    const { janus, viewer, kinds, up } = rig();
    up();

    janus.say({ janus: 'hangup', session_id: 8, sender: 101, reason: 'of somebody else' });
    janus.say({ janus: 'slowlink', session_id: 7, sender: 101, media: 'video', uplink: true, lost: 3 });
    janus.say({ janus: 'tomorrow' });
    janus.say({ janus: 'hangup' });
    janus.push(STARTED, { jsep: OFFER });

    expect(kinds()).toEqual(['offer', 'up']);
    expect(viewer.counters).toMatchObject({ messagesIgnored: 3, messagesMalformed: 1, offersIgnored: 1 });
  });

  it('bounds the candidates that wait for the answer', () => {
    const { clock, janus, viewer, asks, watching } = rig();
    watching();
    janus.push(STARTED, { jsep: OFFER });

    for (let at = 0; at < 100; at++) viewer.addCandidate({ candidate: `candidate:${at}`, sdpMLineIndex: 0 });
    viewer.answer('the answer');
    clock.advance(10);

    expect(asks('trickle')).toBe(64);
    expect(viewer.counters.candidatesDropped).toBe(36);
  });

  it('destroys its session when it is closed, and leaves no timer', () => {
    const { clock, janus, viewer, kinds, up } = rig();
    up();

    viewer.close();
    viewer.close();
    clock.advance(1);

    expect(janus.asked.at(-1)).toBe('destroy');
    expect(janus.closed).toBe(1);
    expect(clock.pending).toBe(0);
    expect(kinds()).toEqual(['offer', 'up']);
  });
});
