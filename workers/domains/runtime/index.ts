export { invokeJob } from './jobs.ts';
export { ownRuntime } from './own.ts';
export type { OwnRuntimeContext, RuntimeClient } from './port.ts';
export { readFrame } from './read-frame.ts';
export { hasRemoteRuntime, type RemoteRuntimeParts, remoteRuntime } from './remote.ts';
export { forgetThread, getThread } from './threads.ts';
