export type { OwnRuntimeContext, RuntimeClient, RuntimeFailure } from './port.ts';
