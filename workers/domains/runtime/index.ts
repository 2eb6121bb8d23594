export type { OwnRuntimeContext, RuntimeClient, RuntimeFailure } from './port.ts';
export { readFrame } from './read-frame.ts';
export { hasRemoteRuntime, type RemoteRuntimeParts, remoteRuntime } from './remote.ts';
