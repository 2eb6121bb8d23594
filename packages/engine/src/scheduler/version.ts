/** Kept with every execution: tells which engine began it when a later release resumes it. */
export const ENGINE_VERSION = '1';
