import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';

const LOOKS: readonly { theme: 'light' | 'dark'; runOnly: NonNullable<axe.RunOptions['runOnly']> }[] = [
  { theme: 'light', runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] },
  // The rules that look at colours: what the others judge is the same in both themes.
  { theme: 'dark', runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } },
];

/** Runs where it gets into a page as anything but text. */
export const MARKUP = '<img src=x onerror=owned=1>';

/** The page shows markup that people typed as they typed it. */
export async function expectMarkupIsText(page: Page, where: string): Promise<void> {
  expect(await page.locator('img[src="x"]').count(), where).toBe(0);
  expect(await page.evaluate(() => 'owned' in globalThis), where).toBe(false);
}

/** What axe finds on the page as it is now. */
async function violationsOf(page: Page, options: axe.RunOptions): Promise<string[]> {
  // Evaluated, not added as a script: the policy of our pages allows none from elsewhere.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (given) => {
    const { axe: loaded } = window as unknown as { axe: typeof axe };
    return (await loaded.run(document, given)).violations;
  }, options);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n  ')}`);
}

/** Looks at the page as it is now in the light, then in the dark, with everything of WCAG 2.1 AA that can be told by rule. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  const told: string[] = [];
  for (const { theme, runOnly } of LOOKS) {
    // Without motion the colours are there at once.
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    const violations = await violationsOf(page, { runOnly, resultTypes: ['violations'] });
    told.push(...violations.map((problem) => `${where}, ${theme}: ${problem}`));
  }
  expect(told).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(beyond, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(0);
}

/** Looks at the page on a small phone, and goes back to the size that it had. */
export async function expectFitsPhone(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  if (size !== null) await page.setViewportSize(size);
}
