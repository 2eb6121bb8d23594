import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/jetbrains-mono/index.css';
import './styles/app.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { Toaster } from './components/toaster.tsx';
import { TooltipProvider } from './components/ui/tooltip.tsx';
import { queryClient } from './lib/query-client.ts';
import { router } from './router.tsx';

// Zod compiles schemas with `new Function` where it may; the content security policy forbids it.
z.config({ jitless: true });

// After a deploy the chunks that an open page still names are gone: a fresh page names the new ones. Once, not in a loop.
addEventListener('vite:preloadError', () => {
  const last = Number(history.state?.reloadedForChunks ?? 0);
  if (Date.now() - last < 30_000) return;
  history.replaceState({ ...history.state, reloadedForChunks: Date.now() }, '');
  location.reload();
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={300}>
        <RouterProvider router={router} />
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
