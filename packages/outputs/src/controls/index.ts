export { ViewerControls, type ViewerControlsOptions } from './viewer-controls.ts';
