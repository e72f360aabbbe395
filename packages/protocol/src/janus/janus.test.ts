import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attachElements,
  createElements,
  JanusMessageError,
  JanusRefusal,
  MAX_JANUS_TEXT_CHARS,
  messageElements,
  parseJanusDocuments,
  parseJanusEnvelope,
  parseJanusServerText,
  parseUstreamerBody,
  parseUstreamerEvent,
  serializeJanusMessage,
  serializeJanusRequest,
  trickleElements,
  USTREAMER_PLUGIN,
  ustreamerEventData,
} from './index.ts';

/** What a refusal is told as, `number reason`. */
function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof JanusRefusal) return `${thrown.number} ${thrown.message}`;
    throw thrown;
  }
  return 'none';
}

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';

describe('requests', () => {
  it('are read when several stand in one message', () => {
    const text = ' {"janus":"ping","transaction":"}{"}\n{"janus":"keepalive","transaction":"b\\""}[1] ';

    expect(parseJanusDocuments(text)).toEqual([
      { janus: 'ping', transaction: '}{' },
      { janus: 'keepalive', transaction: 'b"' },
      [1],
    ]);
  });

  it.each([
    ['', 'expected near end of file'],
    ['nonsense', "expected near 'nonsense'"],
    ['"x"', 'expected near \'"x"\''],
    ['{"janus":', 'no JSON near'],
    ['{} x', "expected near 'x'"],
    ['['.repeat(100), 'nested deeper than 64'],
    ['{}'.repeat(100), 'more than 64 requests'],
    [`{"a":"${'x'.repeat(MAX_JANUS_TEXT_CHARS)}"}`, 'at most'],
  ])('that are no JSON are refused as a whole: %j', (text, why) => {
    const refusal = refusalOf(() => parseJanusDocuments(text));

    expect(refusal).toContain('454 Invalid Janus API request - ');
    expect(refusal).toContain(why);
  });

  it.each<[unknown, string]>([
    [{}, '456 Missing mandatory element (transaction)'],
    [[1], '456 Missing mandatory element (transaction)'],
    [{ transaction: 'a' }, '456 Missing mandatory element (janus)'],
    [{ transaction: 'a', janus: 1 }, '467 Invalid element type (janus should be a string)'],
    [{ transaction: 1, janus: 'info' }, '467 Invalid element type (transaction should be a string)'],
    [{ transaction: null, janus: 'info' }, '467 Invalid element type (transaction should be a string)'],
  ])('need a verb and a transaction: %j', (json, refusal) => {
    expect(refusalOf(() => parseJanusEnvelope(json))).toBe(refusal);
  });

  it('carry ids as numbers, in any spelling of the verb', () => {
    const of = (fields: object) => parseJanusEnvelope({ janus: 'KeepAlive', transaction: 't', ...fields });

    expect(of({ session_id: 7, handle_id: 9, apisecret: 's', token: 5 })).toMatchObject({
      verb: 'keepalive',
      written: 'KeepAlive',
      sessionId: 7,
      handleId: 9,
      credentials: { apisecret: 's' },
    });
    expect(of({ session_id: '7' })).toMatchObject({ sessionId: undefined, handleId: undefined });
    expect(of({ session_id: 0, handle_id: 'x' })).toMatchObject({
      sessionId: undefined,
      handleId: 'invalid',
    });
    expect(of({ session_id: 2 ** 60 }).sessionId).toBeUndefined();
  });

  it.each<[object, string]>([
    [{}, '456 Missing mandatory element (plugin)'],
    [{ plugin: 1 }, '467 Invalid element type (plugin should be a string)'],
    [{ plugin: 'p', opaque_id: 5 }, '467 Invalid element type (opaque_id should be a string)'],
    [{ plugin: 'p', loop_index: '5' }, '467 Invalid element type (loop_index should be a positive integer)'],
  ])('attach needs a plugin: %j', (fields, refusal) => {
    expect(refusalOf(() => attachElements({ ...fields }))).toBe(refusal);
  });

  it.each([['x'], [-4], [1.5], [null]])('create takes no id like %j', (id) => {
    expect(refusalOf(() => createElements({ id }))).toBe(
      '467 Invalid element type (id should be a positive integer)',
    );
  });

  it.each<[object, string]>([
    [{}, '456 Missing mandatory element (body)'],
    [{ body: [] }, '467 Invalid element type (body should be an object)'],
    [{ body: {}, jsep: 5 }, '455 Invalid jsep object'],
    [{ body: {}, jsep: {} }, '456 JSEP error: missing mandatory element (type)'],
    [{ body: {}, jsep: { type: 'foo' } }, '456 JSEP error: missing mandatory element (sdp)'],
    [
      { body: {}, jsep: { type: 1, sdp: SDP } },
      '467 JSEP error: invalid element type (type should be a string)',
    ],
    [
      { body: {}, jsep: { type: 'answer', sdp: SDP, trickle: 5 } },
      '467 JSEP error: invalid element type (trickle should be a boolean)',
    ],
    [{ body: {}, jsep: { type: 'foo', sdp: SDP } }, "464 JSEP error: unknown message type 'foo'"],
    [{ body: {}, jsep: { type: 'answer', sdp: 'v=0' } }, '465 Missing mandatory lines (o=, s= or m=)'],
  ])('a message has a body, and what it describes is whole: %j', (fields, refusal) => {
    expect(refusalOf(() => messageElements({ ...fields }))).toBe(refusal);
  });

  it('candidates come one by one or as a list; nonsense among them is passed over', () => {
    const candidate = {
      candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
      sdpMid: '0',
      sdpMLineIndex: 0,
    };

    expect(trickleElements({ candidate })).toEqual({ candidates: [candidate], passedOver: 0 });
    expect(trickleElements({ candidate: null }).candidates).toEqual([{ completed: true }]);
    expect(trickleElements({ candidates: [candidate, 5, { candidate: 'x' }, { completed: true }] })).toEqual({
      candidates: [candidate, { completed: true }],
      passedOver: 2,
    });
    expect(refusalOf(() => trickleElements({}))).toBe('456 Missing mandatory element (candidate|candidates)');
    expect(refusalOf(() => trickleElements({ candidate: null, candidates: [] }))).toBe(
      "454 Can't have both candidate and candidates",
    );
  });

  it('are written with the names of the API', () => {
    const text = serializeJanusRequest({
      janus: 'attach',
      plugin: USTREAMER_PLUGIN,
      opaqueId: 'oid-1',
      sessionId: 7,
      transaction: 't',
      apisecret: 's',
    });

    expect(JSON.parse(text)).toEqual({
      janus: 'attach',
      transaction: 't',
      session_id: 7,
      apisecret: 's',
      plugin: USTREAMER_PLUGIN,
      opaque_id: 'oid-1',
    });
  });
});

describe('the plugin', () => {
  it.each<[object, string]>([
    [{}, 'requestMissing'],
    [{ request: 5 }, 'requestNotText'],
    [{ request: 'list' }, 'notImplemented'],
    [{ request: 'constructor' }, 'notImplemented'],
  ])('says what is wrong with a request: %j', (body, fault) => {
    expect(parseUstreamerBody({ ...body })).toEqual({ fault });
  });

  it('takes wishes of the right type, and passes over the rest', () => {
    const wishes = {
      audio: true,
      microphone: true,
      orientation: 91,
      camera: 'door',
      camera_id: 'door',
      new: 1,
    };

    expect(parseUstreamerBody({ request: 'watch', params: wishes })).toEqual({
      request: {
        request: 'watch',
        params: { audio: true, mic: true, camera: false, orientation: 0, camera_id: 'door' },
      },
    });
  });

  it('tells its features in the words of every release', () => {
    const read = (features: object) =>
      parseUstreamerEvent({ ustreamer: 'event', result: { status: 'features', features } });

    expect(read({ audio: true })).toMatchObject({ features: { audio: true, mic: false } });
    expect(read({ audio: false, microphone: true })).toMatchObject({ features: { mic: true } });
    expect(read({ mic: true, stun: { host: 'stun.example', port: 3478 } })).toMatchObject({
      features: { ice: { url: 'stun:stun.example:3478' } },
    });
    expect(read({ ice: { url: '' } })).toEqual({ kind: 'features', features: { audio: false, mic: false } });
  });

  it.each([
    { kind: 'started' },
    { kind: 'stopped' },
    { kind: 'features', features: { audio: true, mic: false, ice: { url: 'stun:x' } } },
    { kind: 'error', code: 503, text: "Haven't received SPS/PPS from memsink yet" },
    { kind: 'unknown', status: 'preparing' },
  ] as const)('event $kind is read as it was written', (event) => {
    expect(parseUstreamerEvent(ustreamerEventData(event))).toEqual(event);
  });
});

describe('what a server says', () => {
  it.each([
    // A plugin up to 6.17, on Janus 1.1.2.
    '{"janus":"event","session_id":5,"transaction":"t1","sender":9,"plugindata":{"plugin":"janus.plugin.ustreamer","data":{"ustreamer":"event","result":{"status":"started"}}},"jsep":{"type":"offer","sdp":"v=0"}}',
    '{"janus":"ack","session_id":5,"transaction":"t1"}',
    // One since 6.18.
    '{"janus":"success","session_id":5,"transaction":"t1","sender":9,"plugindata":{"plugin":"janus.plugin.ustreamer","data":{"ok":true}}}',
    '{"janus":"success","transaction":"c","data":{"id":4242}}',
    '{"janus":"error","session_id":5,"transaction":"k","error":{"code":453,"reason":"Unknown request \'foo\'"}}',
    '{"janus":"pong","transaction":"a"}',
    '{"janus":"server_info","transaction":"a","name":"Janus WebRTC Server","version":1102}',
    '{"janus":"webrtcup","session_id":5,"sender":9}',
    '{"janus":"hangup","session_id":5,"sender":9,"reason":"DTLS alert"}',
    '{"janus":"detached","session_id":5,"sender":9}',
    '{"janus":"media","session_id":5,"sender":9,"mid":"a","type":"audio","receiving":true}',
    '{"janus":"slowlink","session_id":5,"sender":9,"mid":"v","media":"video","uplink":true,"lost":12}',
    '{"janus":"trickle","session_id":5,"sender":9,"candidate":{"completed":true}}',
    '{"janus":"timeout","session_id":5}',
    '{"janus":"keepalive"}',
  ])('is written byte for byte as Janus writes it: %s', (text) => {
    const [message] = parseJanusServerText(text);

    if (message === undefined || message.janus === 'unknown') throw new Error('unknown');
    expect(serializeJanusMessage(message)).toBe(text);
  });

  it('may be a list, and of a kind that is newer than this', () => {
    expect(
      parseJanusServerText('[{"janus":"ice-failed","session_id":1,"sender":2},{"janus":"keepalive"}]'),
    ).toEqual([{ janus: 'unknown', verb: 'ice-failed' }, { janus: 'keepalive' }]);
  });

  it.each(['', '5', '{}', '{"janus":"event","session_id":1,"sender":2}', '{"janus":"timeout"}', '[[]]'])(
    'that is no message of Janus is refused: %j',
    (text) => {
      expect(() => parseJanusServerText(text)).toThrow(JanusMessageError);
    },
  );
});

describe('any input whatsoever', () => {
  const json = fc.json({ maxDepth: 4 });
  const likely = fc.dictionary(
    fc.constantFrom(
      'janus',
      'transaction',
      'session_id',
      'handle_id',
      'body',
      'jsep',
      'candidate',
      'plugin',
      'id',
    ),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.object({ maxDepth: 2 })),
  );

  it('is a request or refused as one', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          json,
          likely.map((fields) => JSON.stringify(fields)),
        ),
        (text) => {
          expect(refusalOf(() => parseJanusDocuments(text).map(parseJanusEnvelope))).toMatch(
            /^(?:none|4\d\d )/,
          );
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(likely, (fields) => {
        for (const read of [attachElements, createElements, messageElements, trickleElements]) {
          expect(refusalOf(() => read(fields))).toMatch(/^(?:none|4\d\d )/);
        }
        parseUstreamerBody(fields);
        parseUstreamerEvent(fields);
      }),
      { numRuns: 500 },
    );
  });

  it('is what a server says or refused as none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), json), (text) => {
        expect(['taken', 'refused']).toContain(outcomeOf(() => parseJanusServerText(text)));
      }),
      { numRuns: 500 },
    );
  });
});

function outcomeOf(parse: () => unknown): string {
  try {
    parse();
    return 'taken';
  } catch (thrown) {
    return thrown instanceof JanusMessageError ? 'refused' : String(thrown);
  }
}
