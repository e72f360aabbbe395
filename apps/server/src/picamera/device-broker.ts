import type { Identity } from '@pinhole/engine';
import type { MqttLink, MqttWill } from '@pinhole/mqtt';

/** The broker by which devices are found. */
export interface DeviceBroker {
  /** Whether there is one at all. */
  readonly available: boolean;
  /** A link of a device's own: the will is told for one device, and a link has one. Its opener closes it. */
  link(options: { readonly will?: MqttWill }): MqttLink;
  /** Whether it knows who its clients are; else they have the rights that the camera's configuration gives. */
  readonly knowsViewers: boolean;
  /**
   * Who a client is, with its rights over a camera; without rights for one whose the camera's configuration gives.
   * @returns undefined for one that the broker does not know
   */
  viewerOf(clientId: string, camera: string): Identity | undefined;
}
