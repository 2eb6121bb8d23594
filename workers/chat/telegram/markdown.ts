/** MarkdownV2 (https://core.telegram.org/bots/api#markdownv2-style). */

/** Telegram turns `@name` into a mention by itself, which an unseen space after the sign prevents. */
export function escapeMentions(text: string): string {
  return text.replace(/@/g, '@\u200b');
}

/** Every character that the mode takes for markup, also where it could not be any. */
export function escapeMarkdown(text: string): string {
  return escapeMentions(text).replace(/[\\_*[\]()~`>#+\-=|{}.!]/g, '\\$&');
}

/** UTF-16 units that are left when the markup is gone; at most, since marks and addresses of links are counted, too. */
export function visibleLength(markdown: string): number {
  return markdown.replace(/\\(.)/g, '$1').length;
}

/** @param markdown escaped */
export function bold(markdown: string): string {
  return `*${markdown}*`;
}

/** @param label escaped */
export function link(label: string, url: string): string {
  return `[${label}](${url.replace(/[\\)]/g, '\\$&')})`;
}
