/** Where Linux shows objects in shared memory. */
export const SLOT_FOLDER = '/dev/shm';

/** The file that is the object of this name. */
export const slotFile = (name: string): string => `${SLOT_FOLDER}/${name.replace(/^\//, '')}`;
