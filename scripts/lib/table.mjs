/** Characters that terminals draw two cells wide: East Asian wide and fullwidth forms, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** @param {string} text */
export function cells(text) {
  let width = 0;
  for (const character of text) width += ZERO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/**
 * One line of text in exactly `width` cells: cut with an ellipsis, or filled up.
 * @param {string} text
 * @param {number} width
 * @param {'left' | 'right'} [align]
 */
export function fitted(text, width, align = 'left') {
  // What a ticket says must not steer the terminal.
  const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  let kept = clean;
  if (cells(clean) > width) {
    kept = '';
    let used = 0;
    for (const character of clean) {
      if (used + cells(character) > width - 1) break;
      kept += character;
      used += cells(character);
    }
    kept += width > 0 ? '…' : '';
  }
  const fill = ' '.repeat(Math.max(0, width - cells(kept)));
  return align === 'right' ? fill + kept : kept + fill;
}

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {number} width Cells; for a flexible column its share of what is left over.
 * @property {'left' | 'right'} [align]
 * @property {boolean} [flexible]
 * @property {number} [dropBelow] Total width under which the column is left out.
 */

const GAP = '  ';

/**
 * Lays columns out over a line.
 * @param {readonly Column[]} columns
 * @param {number} width Cells of the whole line.
 * @returns {{ head: string, rule: string, row: (values: readonly string[]) => string }}
 */
export function layOut(columns, width) {
  const shown = columns.map((column, at) => ({ ...column, at })).filter(({ dropBelow = 0 }) => width >= dropBelow);
  const fixed = shown.reduce((sum, column) => sum + (column.flexible ? 0 : column.width), 0);
  const shares = shown.reduce((sum, column) => sum + (column.flexible ? column.width : 0), 0);
  const left = Math.max(0, width - fixed - GAP.length * (shown.length - 1));
  const widths = shown.map((column) =>
    column.flexible ? Math.max(6, Math.floor((left * column.width) / shares)) : column.width,
  );
  /** @param {readonly string[]} values */
  const row = (values) =>
    shown
      .map((column, index) => fitted(values[column.at] ?? '', widths[index] ?? 0, column.align))
      .join(GAP)
      .trimEnd();
  return {
    head: row(columns.map(({ title }) => title)),
    rule: shown.map((_, index) => '─'.repeat(widths[index] ?? 0)).join(GAP),
    row,
  };
}
