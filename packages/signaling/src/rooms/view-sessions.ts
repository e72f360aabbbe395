import type { Millis } from '@pinhole/core';

/**
 * A viewer and a camera that it asked for; each process keeps those that it has an end of.
 *
 *  (requestStream) ──▶ pending ──camera offers──▶ open
 *                        │ 10 s, refusal            │ either leaves, viewer stops
 *                        ▼                          ▼
 *                       gone ◀──────────────────── gone
 */
export interface ViewSession {
  readonly viewerId: string;
  /** The camera's client id. */
  readonly camera: string;
  readonly cameraId: string;
  readonly room: string;
  requestId: string;
  /** Whether the viewer takes JPEG pictures too. */
  readonly pictures: 'none' | 'wanted';
  /** Until when the camera has to offer; undefined once it did. */
  deadline: Millis | undefined;
}

/** View sessions by both of their ends. */
export class ViewSessions {
  readonly #byViewer = new Map<string, Map<string, ViewSession>>();
  readonly #byCamera = new Map<string, Map<string, ViewSession>>();
  readonly #pending = new Set<ViewSession>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Those that no camera offered for yet. */
  get pending(): ReadonlySet<ViewSession> {
    return this.#pending;
  }

  get(viewerId: string, camera: string): ViewSession | undefined {
    return this.#byViewer.get(viewerId)?.get(camera);
  }

  /** Whether one of the two views the other. */
  joins(one: string, other: string): boolean {
    return this.get(one, other) !== undefined || this.get(other, one) !== undefined;
  }

  /** Sessions that have this client at either end. */
  of(clientId: string): readonly ViewSession[] {
    return [
      ...(this.#byViewer.get(clientId)?.values() ?? []),
      ...(this.#byCamera.get(clientId)?.values() ?? []),
    ];
  }

  viewersOf(camera: string): number {
    return this.#byCamera.get(camera)?.size ?? 0;
  }

  pendingOf(viewerId: string): number {
    let count = 0;
    for (const session of this.#byViewer.get(viewerId)?.values() ?? [])
      if (this.#pending.has(session)) count++;
    return count;
  }

  add(session: ViewSession): void {
    this.#size++;
    inner(this.#byViewer, session.viewerId).set(session.camera, session);
    inner(this.#byCamera, session.camera).set(session.viewerId, session);
    if (session.deadline !== undefined) this.#pending.add(session);
  }

  /** The camera offered. */
  opened(session: ViewSession): void {
    session.deadline = undefined;
    this.#pending.delete(session);
  }

  delete(session: ViewSession): void {
    const viewers = this.#byCamera.get(session.camera);
    if (viewers?.get(session.viewerId) !== session) return;
    this.#size--;
    this.#pending.delete(session);
    viewers.delete(session.viewerId);
    if (viewers.size === 0) this.#byCamera.delete(session.camera);
    const cameras = this.#byViewer.get(session.viewerId);
    cameras?.delete(session.camera);
    if (cameras?.size === 0) this.#byViewer.delete(session.viewerId);
  }
}

function inner(map: Map<string, Map<string, ViewSession>>, key: string): Map<string, ViewSession> {
  const found = map.get(key) ?? new Map<string, ViewSession>();
  map.set(key, found);
  return found;
}
