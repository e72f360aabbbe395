export {
  type Control,
  type ControlsState,
  type ControlValue,
  LiveControls,
  type LiveControlsEvents,
  type UnkeptControls,
} from './live-controls.ts';
