import { PinholeError } from '@pinhole/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ANSWER, bob, FRAGMENT, OFFER, problemCode, WhepRig } from '../../../../test/support/whep-rig.ts';

let rig: WhepRig;

beforeEach(() => {
  rig = new WhepRig();
});

describe('PATCH of a session', () => {
  beforeEach(() => rig.openLive());

  it('adds the candidates and answers 204 without an entity tag', async () => {
    const response = await rig.patch(`${FRAGMENT}a=end-of-candidates\r\n`, {
      'If-Match': '"server-ufrag"',
    });

    expect(response.status).toBe(204);
    expect(response.headers.get('ETag')).toBeNull();
    expect(rig.candidates).toEqual(['1 1 udp 1 192.0.2.1 9 typ host', '']);
  });

  it('passes over a candidate that cannot be used', async () => {
    const fragment = 'a=candidate:refused\r\na=candidate:taken\r\n';

    expect((await rig.patch(fragment, { 'If-Match': '"server-ufrag"' })).status).toBe(204);
    expect(rig.candidates).toEqual(['refused', 'taken']);
  });

  it('takes no more candidates than a real client has', async () => {
    const fragment = 'a=candidate:x\r\n'.repeat(200);

    await rig.patch(fragment, { 'If-Match': '"server-ufrag"' });
    await rig.patch(fragment, { 'If-Match': '"server-ufrag"' });

    expect(rig.candidates).toHaveLength(256);
  });

  it('without If-Match is served when the fragment is of the current ICE generation', async () => {
    expect((await rig.patch(FRAGMENT, {})).status).toBe(204);
    expect(rig.candidates).toHaveLength(1);
  });

  it.each([
    ['without If-Match or credentials', 428, 'whep/precondition-required', 'a=candidate:x\r\n', {}],
    [
      'with the tag of another generation',
      412,
      'whep/precondition-failed',
      FRAGMENT,
      { 'If-Match': '"old"' },
    ],
    ['with a weak tag', 412, 'whep/precondition-failed', FRAGMENT, { 'If-Match': 'W/"server-ufrag"' }],
    ['with a broken tag', 400, 'whep/if-match', FRAGMENT, { 'If-Match': 'server-ufrag' }],
    ['that restarts ICE without credentials', 400, 'whep/fragment', 'a=x\r\n', { 'If-Match': '"*"' }],
    ['of no fragment', 400, 'whep/fragment', '{}', { 'If-Match': '"server-ufrag"' }],
    ['of an answer', 415, 'whep/media-type', ANSWER, { 'Content-Type': 'application/sdp' }],
  ])('%s is %d %s, and the session goes on', async (_, status, code, body, headers) => {
    const response = await rig.patch(body, headers);

    expect(response.status).toBe(status);
    expect(await problemCode(response)).toBe(code);
    expect(rig.candidates).toEqual([]);
    expect((await rig.patch(FRAGMENT, { 'If-Match': '"server-ufrag"' })).status).toBe(204);
  });

  it('wants If-Match of everybody when it is strict', async () => {
    rig = new WhepRig({ lenient: false });
    await rig.openLive();

    expect((await rig.patch(FRAGMENT, {})).status).toBe(428);
    expect((await rig.patch(FRAGMENT, { 'If-Match': '*' })).status).toBe(400);
  });

  it('is for the token that opened it, or an admin', async () => {
    const init = { body: FRAGMENT, headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' } };

    const refusal = await rig.askSession('PATCH', init, { identity: bob });
    const admin = await rig.askSession('PATCH', init, { identity: bob, admin: true });

    expect(refusal.status).toBe(403);
    expect(await problemCode(refusal)).toBe('whep/not-yours');
    expect(admin.status).toBe(204);
  });
});

describe('PATCH that restarts ICE', () => {
  const NEXT = FRAGMENT.replace('EsAw', 'Next').replace(
    'P2uYro0UCOQ4zxjKXaWCBui1',
    'anotherPasswordOf24Lette1',
  );

  beforeEach(async () => {
    await rig.openLive();
    rig.renegotiate = (offer) =>
      Promise.resolve(ANSWER.replace('server-ufrag', `to${/ice-ufrag:(.*)/.exec(offer)?.[1]?.trim() ?? ''}`));
  });

  it.each([
    ['*', { 'If-Match': '*' }],
    ['"*"', { 'If-Match': '"*"' }],
    ['the tag of the generation before', { 'If-Match': '"server-ufrag"' }],
  ])('by %s answers with our new credentials and their tag', async (_, headers) => {
    const response = await rig.patch(NEXT, headers);

    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/trickle-ice-sdpfrag');
    expect(response.headers.get('ETag')).toBe('"toNext"');
    expect(await response.text()).toContain('a=ice-ufrag:toNext\r\na=ice-pwd:');
    expect(rig.offers).toEqual([
      OFFER.replaceAll('EsAw', 'Next').replaceAll('P2uYro0UCOQ4zxjKXaWCBui1', 'anotherPasswordOf24Lette1'),
    ]);
    expect(rig.candidates).toEqual(['1 1 udp 1 192.0.2.1 9 typ host']);
  });

  it('leaves nothing to the generation before', async () => {
    await rig.patch(NEXT, { 'If-Match': '*' });

    expect((await rig.patch(FRAGMENT, { 'If-Match': '"server-ufrag"' })).status).toBe(412);
    expect((await rig.patch(NEXT, { 'If-Match': '"toNext"' })).status).toBe(204);
    expect((await rig.patch(FRAGMENT, { 'If-Match': '"toNext"' })).status).toBe(200);
  });

  it('that fails leaves the session as it was', async () => {
    rig.renegotiate = () => Promise.reject(new PinholeError('webrtc/bind', 'no port is free'));

    const response = await rig.patch(NEXT, { 'If-Match': '*' });

    expect(response.status).toBe(503);
    expect(await problemCode(response)).toBe('webrtc/bind');
    expect((await rig.patch(FRAGMENT, { 'If-Match': '"server-ufrag"' })).status).toBe(204);
  });
});

describe('DELETE of a session', () => {
  beforeEach(() => rig.openLive());

  it('ends it at once, whatever If-Match says, and it is unknown afterwards', async () => {
    expect((await rig.askSession('DELETE', { headers: { 'If-Match': '"old"' } })).status).toBe(200);
    expect(rig.registry.list()).toEqual([]);

    expect((await rig.askSession('DELETE')).status).toBe(404);
    expect((await rig.patch(FRAGMENT, {})).status).toBe(404);
    expect((await rig.askSession('GET')).status).toBe(404);
  });

  it('is for the token that opened it', async () => {
    expect((await rig.askSession('DELETE', {}, { identity: bob })).status).toBe(403);
    expect(rig.registry.list()).toHaveLength(1);
  });

  it('of a session that the server ended is 404', async () => {
    rig.registry.endWhere(() => true, 'revoked');

    expect((await rig.askSession('DELETE')).status).toBe(404);
  });
});
