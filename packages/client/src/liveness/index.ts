export type { FrozenCause, LiveState, Stage } from './live-state.ts';
export { initialLiveness, type Liveness, type LivenessFacts, type LivenessInput, step } from './liveness.ts';
