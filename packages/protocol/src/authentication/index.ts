export { type AuthenticationChallenge, parseChallenges } from './challenge.ts';
