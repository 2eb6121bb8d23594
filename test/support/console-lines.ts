import { vi } from 'vitest';

const LEVELS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;

/** Lines that the Worker, and the objects that share its isolate, write to the console while `act` runs. */
export async function consoleLines(act: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const spies = LEVELS.map((level) =>
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(' '));
    }),
  );
  try {
    await act();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
}
