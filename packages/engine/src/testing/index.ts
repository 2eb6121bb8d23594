export * from './check-test.ts';
