import { dailyReport } from './daily-report.ts';
import { feedbackDigest } from './feedback-digest.ts';
import { incidentResponse } from './incident-response.ts';
import { invoiceCheck } from './invoice-check.ts';
import { leadEnrichment } from './lead-enrichment.ts';
import { leadScoring } from './lead-scoring.ts';
import { refundApproval } from './refund-approval.ts';
import { supportTriage } from './support-triage.ts';
import type { TemplateSource } from './template.ts';

/** In the order in which they are shown: what runs without any key first. */
export const CATALOGUE: readonly TemplateSource[] = [
  supportTriage,
  feedbackDigest,
  invoiceCheck,
  refundApproval,
  leadScoring,
  leadEnrichment,
  dailyReport,
  incidentResponse,
];
