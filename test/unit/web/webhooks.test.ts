import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventSubject } from '../../../web/src/features/events/event-subject.ts';
import { MARKDOWN, runsOf, SLACK, TELEGRAM } from '../../../web/src/features/message-preview/marks.ts';
import { readSchedule, scheduleInWords, scheduleText } from '../../../web/src/features/webhooks/retry-schedule.ts';
import { VERIFICATION_SNIPPETS } from '../../../web/src/features/webhooks/snippets.ts';

describe('the waits between attempts', () => {
  it('are read as people write them, and written as they are read', () => {
    expect(readSchedule('5s, 1m;5min 2h,1d 30')).toEqual({ seconds: [5, 60, 300, 7200, 86_400, 30] });
    for (const seconds of [[], [5, 60, 300, 1800, 7200, 28_800, 86_400], [90, 3661]]) {
      expect(readSchedule(scheduleText(seconds))).toEqual({ seconds });
    }
  });

  it.each(['tomorrow', '5s, -1m', '1.5h', '3w'])('are not read from %s', (text) => {
    expect(readSchedule(text)).toHaveProperty('wrong');
  });

  it('are told in words', () => {
    expect(scheduleInWords([])).toContain('not tried again');
    expect(scheduleInWords([60, 3540])).toBe('Up to 3 attempts, the last one 1 h 00 min after the first.');
  });
});

describe('a message drawn from its payload', () => {
  it('is read as Slack reads it', () => {
    expect(runsOf('*Agent* &lt;b&gt; 2 * 3', SLACK)).toEqual([
      { text: 'Agent', mark: 'bold' },
      { text: ' <b> 2 * 3', mark: null },
    ]);
  });

  it('is read as Telegram reads it: escapes, links, and no markup out of foreign text', () => {
    expect(runsOf('*Pay 1\\.280*\n\\*not bold\\* [Open \\(it\\)](https://example.com/a)', TELEGRAM)).toEqual([
      { text: 'Pay 1.280', mark: 'bold' },
      { text: '\n*not bold* ', mark: null },
      { text: 'Open (it)', mark: 'link' },
    ]);
  });

  it('is read as Discord and Teams read it', () => {
    expect(runsOf('**a** *b* `c` \\<@1\\> _', MARKDOWN)).toEqual([
      { text: 'a', mark: 'bold' },
      { text: ' ', mark: null },
      { text: 'b', mark: 'italic' },
      { text: ' ', mark: null },
      { text: 'c', mark: 'code' },
      { text: ' <@1> _', mark: null },
    ]);
  });
});

it('what a page shows to check signatures with is what the guide has, which is run by its own test', () => {
  const guide = readFileSync('docs/guides/webhooks.md', 'utf8');
  for (const { file, code } of Object.values(VERIFICATION_SNIPPETS).flat()) {
    expect(guide).toContain(`file=${file}\n${code}\n\`\`\``);
  }
});

it('what an event is about is said in few words', () => {
  expect(eventSubject({ agent_name: 'Triage', status: 'failed' })).toBe('Triage · failed');
  expect(eventSubject({ email: 'ada@example.com', role: 'org_admin' })).toBe('ada@example.com · org admin');
  expect(eventSubject({ count: 3 })).toBe('');
});
