export { runAgent } from './run-agent.ts';
export { withToolSecrets } from './tool-set.ts';
