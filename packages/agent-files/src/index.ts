export { approvalHash } from './hash.ts';
export { type Choice, changesOf, chooseChanges, type FileChange, type Hunk, hunksOf } from './hunks.ts';
export { AGENT_FILE, type AgentFiles } from './layout.ts';
export { type Conflict, type Merge, mergeFiles } from './merge.ts';
export { definitionOf, type FileProblem, placesIn, type Reading } from './read.ts';
export { filesOf } from './write.ts';
export { parseYaml, writeYaml, YamlError } from './yaml.ts';
