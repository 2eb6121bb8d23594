import { Toaster as Sonner } from 'sonner';
import { useShownTheme } from '@/lib/theme.ts';

export function Toaster() {
  return (
    <Sonner
      theme={useShownTheme()}
      position="bottom-right"
      gap={8}
      toastOptions={{
        classNames: {
          toast: 'rounded-lg! border-line! bg-raised! text-text! shadow-pop! font-sans!',
          description: 'text-soft!',
        },
      }}
    />
  );
}
