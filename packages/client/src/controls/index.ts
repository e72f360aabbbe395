export type { Control, ControlMessage, ControlValue } from './control-types.ts';
export {
  type ControlsState,
  LiveControls,
  type LiveControlsEvents,
  type UnkeptControls,
} from './live-controls.ts';
