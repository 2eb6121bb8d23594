import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the Worker listens while `vite web` serves the UI with hot reloading. */
const API_ORIGIN = 'http://127.0.0.1:8787';

/** The editor, the engine, files of agents, the canvas, the palette and selects load with what shows them, however many parts share them. */
const LATER =
  /packages[\\/](engine|agent-files)|node_modules[\\/](jsonata|yaml|diff|re2js|@codemirror|@lezer|style-mod|crelt|w3c-keyname|@marijn|@xyflow|@dagrejs|zustand|classcat|d3-|cmdk)|react-(popover|select|checkbox)/;
/** What forms need, and pages that only show do not. */
const FORMS = /node_modules[\\/](react-hook-form|@hookform)/;
const LIBRARIES = new RegExp(`^(?!.*(?:${LATER.source})).*node_modules`);
/** What several pages share and the first one does not show. */
const PAGES =
  /web[\\/]src[\\/](features[\\/](approvals|budgets|builder|channels|chat-accounts|deliveries|events|executions|external-agents|graph-view|invocations|lineage|message-preview|node-form|notifications|policies|projects|proposals|publish|settings|targets|text-editor|usage|webhooks)[\\/]|components[\\/](code-block|detail-sheet|generated-form|path-link|plan|shown-once|json-|node-icon|conflict-dialog|date-range|filter-row|search-field|ui[\\/](popover|select|checkbox|labelled-checkbox))|lib[\\/](day-range|download|example-input|form-fields|json-path|use-edited-copy|word-diff))|contracts[\\/]src[\\/](nodes[\\/]|budgets|deep-agents|event|external-|feed|invocations|notification-|lineage|policies|policy-conditions|proposals|rate-limits|shadow-runs|webhook)[\w-]*\./;
const SHARED = new RegExp(`^(?!.*(?:${LATER.source}|${PAGES.source}))`);

export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // The content security policy allows neither data: fonts nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What several pages need is one file: each button and icon would be a request of its own else, dozens for a page.
        // Libraries apart: they change seldom, and stay in caches over releases.
        codeSplitting: {
          groups: [
            // A group takes what its modules import too: what everything needs comes first.
            { name: 'base', test: /node_modules[\\/](zod|react)[\\/]/, minShareCount: 3, priority: 3 },
            { name: 'forms', test: FORMS, minShareCount: 3, priority: 2 },
            // What drafts as files stand on: not for the first page.
            { name: 'agent-files', test: /node_modules[\\/](yaml|diff)[\\/]/, priority: 2 },
            { name: 'libraries', test: LIBRARIES, minShareCount: 3, priority: 1 },
            { name: 'shared', test: SHARED, minShareCount: 3 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: { '/api': { target: API_ORIGIN, ws: true } },
  },
});
