import { Plus, X } from 'lucide-react';
import { Button } from '@/components/ui/button.tsx';

export function AddButton({ children, onClick }: { children: string; onClick: () => void }) {
  return (
    <Button size="sm" variant="ghost" className="self-start px-1.5 text-accent-text" onClick={onClick}>
      <Plus aria-hidden="true" /> {children}
    </Button>
  );
}

export function RemoveButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button size="icon-sm" variant="ghost" aria-label={label} title={label} onClick={onClick}>
      <X aria-hidden="true" />
    </Button>
  );
}

export function replaced<T>(list: readonly T[], index: number, item: T): T[] {
  return list.map((each, at) => (at === index ? item : each));
}

export function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, at) => at !== index);
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const item = list[from];
  if (item === undefined || to < 0 || to >= list.length) return [...list];
  const rest = without(list, from);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}
