import { createRouter } from '../../platform/router.ts';
import { discussionRoutes } from './routes/discussion.ts';
import { proposalRoutes as ownRoutes, proposalAliases } from './routes/proposals.ts';
import { refinementAlias, refinementRoutes as startRoutes } from './routes/refinements.ts';
import { socketRoutes, ticketRoutes } from './routes/stream.ts';

/** Below the API's base path. */
export const refinementRoutes = createRouter()
  .route('/', startRoutes)
  .route('/', ticketRoutes)
  .route('/', ownRoutes)
  .route('/', discussionRoutes);

/** Below `/api`: the names that programs made for other orchestrators know. */
export const refinementAliases = createRouter()
  .route('/', refinementAlias)
  .route('/', proposalAliases)
  .route('/', socketRoutes);
