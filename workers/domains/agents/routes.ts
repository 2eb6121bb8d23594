import { createRouter } from '../../platform/router.ts';
import { agentRoutes as crudRoutes } from './routes/agents.ts';
import { draftFileRoutes } from './routes/draft-files.ts';
import { draftRoutes } from './routes/drafts.ts';
import { transferRoutes } from './routes/transfer.ts';
import { versionRoutes } from './routes/versions.ts';

/** All routes of this domain, below the API's base path. */
export const agentRoutes = createRouter()
  .route('/', transferRoutes)
  .route('/', crudRoutes)
  .route('/', draftRoutes)
  .route('/', draftFileRoutes)
  .route('/', versionRoutes);
