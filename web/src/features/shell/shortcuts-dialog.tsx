import { useState } from 'react';
import { Dialog, DialogBody } from '@/components/ui/dialog.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { CONTROL, offeredShortcuts, type ShortcutGroup } from '@/lib/shortcuts.ts';

const EVERYWHERE: ShortcutGroup = {
  title: 'Everywhere',
  keys: [
    [`${CONTROL} K`, 'Go anywhere, do anything'],
    ['?', 'This list'],
    ['Esc', 'Close what is open'],
  ],
};

/** The keys of the page that is shown, and those that work everywhere. */
export default function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const [groups] = useState(() => [...offeredShortcuts(), EVERYWHERE]);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Shortcuts" className="max-w-2xl">
      <DialogBody className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        {groups.map(({ title, keys }) => (
          <section key={title} aria-label={title}>
            <h3 className="mb-1.5 font-medium text-faint text-xs">{title}</h3>
            <dl className="flex flex-col gap-1.5">
              {keys.map(([key, what]) => (
                <div key={key} className="flex items-start justify-between gap-3 text-sm">
                  <dt className="order-last shrink-0">
                    <Kbd>{key}</Kbd>
                  </dt>
                  <dd className="min-w-0 text-soft">{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </DialogBody>
    </Dialog>
  );
}
