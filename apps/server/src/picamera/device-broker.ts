import type { Identity } from '@pinhole/engine';
import type { MqttLink, MqttWill } from '@pinhole/mqtt';

/** A broker by which devices are found. */
export interface DeviceBroker {
  /** A link of a device's own: the will is told for one device, and a link has one. Its opener closes it. */
  openLink(options: { readonly name: string; readonly will?: MqttWill }): MqttLink;
  /**
   * Who a client is, and what it may do with that camera; undefined for one that the broker does not know.
   * Without this nobody here knows who comes, and they have the rights that the camera's configuration gives.
   */
  readonly identify?: (clientId: string, camera: string) => Identity | undefined;
}
