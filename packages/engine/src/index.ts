export * from './diff/index.ts';
export * from './expressions/index.ts';
export * from './json-depth.ts';
export * from './nodes/index.ts';
export * from './ports.ts';
export * from './scheduler/index.ts';
export * from './testing/index.ts';
export * from './validation/index.ts';
