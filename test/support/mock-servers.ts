import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import type { TestProject } from 'vitest/node';
import { addAnswers } from './model-fixtures/answers.ts';
import { createFaultServer } from './model-fixtures/faults.ts';
import type {} from './provided-context.ts';

/**
 * Starts the mock servers once for all test files, on free ports. Tests get their URLs by `inject('modelServerUrl')`.
 */
export default async function startMockServers(project: TestProject): Promise<() => Promise<void>> {
  const models = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 12 });
  addAnswers(models);
  await models.start();

  const faults = createFaultServer();
  await new Promise<void>((resolve) => faults.listen(0, '127.0.0.1', resolve));

  project.provide('modelServerUrl', models.url);
  project.provide('modelFaultsUrl', `http://127.0.0.1:${(faults.address() as AddressInfo).port}`);
  return async () => {
    await models.stop();
    faults.closeAllConnections();
    await new Promise((resolve) => faults.close(resolve));
  };
}
