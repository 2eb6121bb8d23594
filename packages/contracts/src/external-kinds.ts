import { z } from 'zod';

// By themselves: addresses of pages name these, and need nothing else of external agents.

/** Where an outside agent comes from. It decides which setup is shown; every platform may use every door. */
export const EXTERNAL_PLATFORMS = ['claude_code', 'chatgpt', 'gemini', 'openai_sdk', 'custom'] as const;
export const externalPlatform = z.enum(EXTERNAL_PLATFORMS);
export type ExternalPlatform = z.infer<typeof externalPlatform>;

/** Which way a call came in. */
export const DOORS = ['rest', 'mcp', 'openai'] as const;
export const door = z.enum(DOORS);
export type Door = z.infer<typeof door>;

/**
 * `running` until its execution has ended; then `success`, or `error` for one that failed or was cancelled. Refused calls
 * never ran: `throttled` by rates, places or money (429), `denied` for everything else.
 */
export const INVOCATION_STATUSES = ['running', 'success', 'error', 'throttled', 'denied'] as const;
export const invocationStatus = z.enum(INVOCATION_STATUSES);
export type InvocationStatus = z.infer<typeof invocationStatus>;
