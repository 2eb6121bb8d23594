/** A number as people write it in a sentence, with a currency, for use in a pattern. */
export const NUMBER = String.raw`(?:[€$£]\s?)?-?\d[\d.,']*k?(?:\s?(?:€|\$|£|euros?|eur|dollars?|usd|pounds?|gbp)(?![\p{L}\p{N}]))?`;

/** Null where separators leave two readings: `1.000` is one or a thousand. */
export function readNumber(text: string): number | null {
  const digits = text.toLowerCase().replace(/[€$£\s']|euros?|eur|dollars?|usd|pounds?|gbp/g, '');
  const thousands = digits.endsWith('k') ? 1000 : 1;
  const plain = plainDigits(digits.replace(/k$/, '').replace(/[.,]+$/, ''));
  if (plain === null) return null;
  const value = Number(plain) * thousands;
  return Number.isFinite(value) ? value : null;
}

function plainDigits(text: string): string | null {
  if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) return text.replaceAll(',', '');
  if (/^-?\d{1,3}(\.\d{3})+,\d+$/.test(text) || /^-?\d{1,3}(\.\d{3}){2,}$/.test(text)) {
    return text.replaceAll('.', '').replace(',', '.');
  }
  if (/^-?[1-9]\d{0,2}\.\d{3}$/.test(text)) return null;
  if (/^-?\d+,\d{1,2}$/.test(text)) return text.replace(',', '.');
  return /^-?\d+(\.\d+)?$/.test(text) ? text : null;
}
