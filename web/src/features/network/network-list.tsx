import type { IpAllowlist } from '@agentflow/contracts';

interface NetworkListProps {
  title: string;
  entries: IpAllowlist['entries'];
  others: IpAllowlist['entries'];
}

/** One of the two lists; what the other one lacks is told. */
export function NetworkList({ title, entries, others }: NetworkListProps) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-sm text-soft">{title}</h3>
      {entries.length === 0 ? (
        <p className="text-sm text-text">Empty: every address is allowed</p>
      ) : (
        <ul className="flex flex-col gap-1 text-sm">
          {entries.map((entry) => {
            const alone = !others.some((other) => other.network === entry.network);
            return (
              <li key={entry.network} className={alone ? 'rounded-sm bg-waiting-soft px-1' : 'px-1'}>
                <code className="break-all font-mono text-text text-xs">{entry.network}</code>
                {alone && <span className="ml-1.5 text-waiting text-xs">only here</span>}
                {entry.description !== '' && <span className="block text-faint text-xs">{entry.description}</span>}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
