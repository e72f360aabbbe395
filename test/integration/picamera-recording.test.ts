import { stat } from 'node:fs/promises';
import { silentLogger } from '@pinhole/core';
import { Archive, followRecorder } from '@pinhole/outputs/archive';
import { createPicameraChannels } from '@pinhole/outputs/picamera';
import { decodePacket, encodePacketRequest, type Packet, PacketReceiver } from '@pinhole/protocol/picamera';
import { expect, onTestFinished } from 'vitest';
import { openRecorderRig, probe, recordingFolder } from '../support/recorder-rig.ts';
import { ScriptedChannel } from '../support/scripted-channel.ts';
import { needs } from '../support/third-parties.ts';

needs('ffmpeg').it('a page records on demand, is told of the file, and downloads it whole', async () => {
  const root = await recordingFolder();
  const rig = openRecorderRig({ root, mode: 'on-demand' });
  const archive = await Archive.open({ camera: 'front', root, now: () => rig.now(), log: silentLogger });
  const unfollow = followRecorder(archive, rig.recorder);
  const device = createPicameraChannels({
    camera: rig.camera,
    snapshots: { take: () => Promise.reject(new Error('nobody asks')) },
    archive,
    recorder: rig.recorder,
    now: () => rig.now(),
    log: silentLogger,
  });
  onTestFinished(async () => {
    device.close();
    unfollow();
    await rig.close();
    await archive.close();
  });
  const [ann, bob] = ['ann', 'bob'].map((name) => {
    const rights = ['view', 'record', 'download'] as const;
    const who = { tokenId: name, address: '192.0.2.1', rights };
    const viewer = device.open({ name, who, rights, family: 'offer', leave: () => {} });
    const command = new ScriptedChannel(0);
    viewer.serve(command);
    return { viewer, command };
  });
  if (!ann || !bob) throw new Error('two viewers were made');
  const answers = ({ command }: typeof ann): Packet[] => command.binary.map((bytes) => decodePacket(bytes));

  ann.command.say(encodePacketRequest({ kind: 'record', action: 'start' }));
  await rig.runUntil(({ onDemand }) => onDemand.file !== undefined);
  await ann.command.sentAtLeast(1);
  const path = rig.recorder.state.onDemand.file ?? '';
  expect(answers(ann)).toEqual([{ type: 5, kind: 'recordingResponse', isRecording: true, filepath: path }]);
  bob.command.say(encodePacketRequest({ kind: 'record', action: 'start' }));
  await rig.run(2000);

  // The recording goes on for the other one, until that one leaves, too.
  ann.command.say(encodePacketRequest({ kind: 'record', action: 'stop' }));
  await ann.command.sentAtLeast(2);
  expect(answers(ann)[1]).toEqual({ type: 6, kind: 'recordingResponse', isRecording: false, filepath: path });
  expect(rig.recorder.state.by.map(({ who }) => who)).toEqual(['bob']);
  bob.command.close();
  await rig.runUntil(({ onDemand }) => onDemand.kind === 'off');
  await expect.poll(() => archive.latest()?.onDemand).toMatchObject({ by: 'ann' });

  ann.command.sent.length = 0;
  ann.command.say(encodePacketRequest({ kind: 'download', path }));
  const receiver = new PacketReceiver();
  await ann.command.until((sent) => (sent.at(-1)?.length ?? 100) < 60 && sent.length > 2);
  const bodies = ann.command.binary.flatMap((bytes) => receiver.push(bytes, 0).events);
  expect(bodies.at(-1)).toMatchObject({ kind: 'completed', type: 4, total: (await stat(path)).size });
  expect(probe(path).durationSeconds).toBeGreaterThan(1.5);
});
