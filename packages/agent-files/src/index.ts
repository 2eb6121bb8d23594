/** The files of a draft: contents by path. */
export type AgentFiles = Readonly<Record<string, string>>;
