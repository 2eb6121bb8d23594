import type { SetOrganizationRateLimitsRequest } from '@agentflow/contracts';
import { sentencesOf } from './limit-fields.ts';

interface LimitSentencesProps {
  title: string;
  limits: SetOrganizationRateLimitsRequest;
}

export function LimitSentences({ title, limits }: LimitSentencesProps) {
  const sentences = sentencesOf(limits);
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-sm text-soft">{title}</h3>
      {sentences.length === 0 ? (
        <p className="text-sm text-text">No limits</p>
      ) : (
        <ul className="flex flex-col gap-1 text-sm text-text">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
