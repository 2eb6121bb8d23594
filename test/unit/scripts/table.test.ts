import { describe, expect, it } from 'vitest';
import { cells, fitted, layOut } from '../../../scripts/lib/table.mjs';

describe('fitted', () => {
  it('fills short text and cuts long text to the same width', () => {
    expect(fitted('abc', 5)).toBe('abc  ');
    expect(fitted('abc', 5, 'right')).toBe('  abc');
    expect(fitted('abcdef', 5)).toBe('abcd…');
  });

  it('counts wide characters as two cells and combining marks as none', () => {
    expect(cells('請求')).toBe(4);
    expect(cells('e\u0301')).toBe(1);
    expect(cells(fitted('ご請求について', 8))).toBe(8);
  });

  it('lets no control character through to the terminal', () => {
    expect(fitted('a\u001b[31mb\nc\u200b', 12)).toBe('a [31mb c   ');
  });
});

describe('layOut', () => {
  const columns = [
    { title: 'subject', width: 1, flexible: true },
    { title: 'summary', width: 3, flexible: true, dropBelow: 60 },
    { title: 'ms', width: 6, align: 'right' as const },
  ];

  it.each([60, 79, 140, 240])('keeps every line within %i cells', (width) => {
    const table = layOut(columns, width);
    expect(cells(table.rule)).toBeLessThanOrEqual(width);
    expect(cells(table.row(['x'.repeat(500), '字'.repeat(500), '12']))).toBeLessThanOrEqual(width);
  });

  it('leaves out what a narrow terminal has no room for', () => {
    expect(layOut(columns, 59).head).not.toContain('summary');
    expect(layOut(columns, 60).head).toContain('summary');
  });
});
