import { NODE_TYPES, type NodeCategory, type NodeType } from '@agentflow/contracts';

const GROUPS: readonly { readonly category: NodeCategory; readonly title: string }[] = [
  { category: 'trigger', title: 'Start' },
  { category: 'ai', title: 'AI' },
  { category: 'action', title: 'Actions' },
  { category: 'agent', title: 'Other agents' },
  { category: 'logic', title: 'Logic' },
  { category: 'human', title: 'People' },
];

export interface CatalogGroup {
  readonly title: string;
  readonly types: readonly NodeType[];
}

// Each entry's `handles` takes its own config; what is listed here is only shown.
const ALL = Object.values(NODE_TYPES) as unknown as readonly NodeType[];

/** How well a type fits a search: by the beginning of its title, by its title, by something else; null where it does not. */
function rankOf(type: NodeType, group: string, search: string): number | null {
  const title = type.title.toLowerCase();
  if (title.startsWith(search)) return 0;
  if (title.includes(search)) return 1;
  const text = `${title} ${type.type} ${type.description} ${group}`.toLowerCase();
  return search.split(/\s+/).every((word) => text.includes(word)) ? 2 : null;
}

/** Node types by group that fit what is searched for, the best first. */
export function catalog(search = '', withTriggers = true): CatalogGroup[] {
  const wanted = search.trim().toLowerCase();
  const groups = GROUPS.flatMap(({ category, title }) => {
    if (category === 'trigger' && !withTriggers) return [];
    const ranked = ALL.filter((type) => type.category === category)
      .flatMap((type) => {
        const rank = rankOf(type, title, wanted);
        return rank === null ? [] : [{ type, rank }];
      })
      .sort((left, right) => left.rank - right.rank);
    const [best] = ranked;
    return best === undefined ? [] : [{ title, types: ranked.map(({ type }) => type), rank: best.rank }];
  });
  return groups.sort((left, right) => left.rank - right.rank);
}
