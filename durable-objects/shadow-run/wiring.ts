import { advanceComparison, finishShadowRun, openComparisons } from '../../workers/domains/shadow-runs/index.ts';

export { advanceComparison, finishShadowRun, openComparisons };
