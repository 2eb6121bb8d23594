export type TextLanguage = 'markdown' | 'yaml' | 'json' | 'plain';
type Style = 'key' | 'text' | 'number' | 'literal' | 'expression' | 'heading' | 'comment';

export interface StyledStretch {
  readonly from: number;
  readonly to: number;
  readonly style: Style;
}

const JSON_TOKEN =
  /(?<key>"(?:\\.|[^"\\\n])*")(?=\s*:)|(?<text>"(?:\\.|[^"\\\n])*"?)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<literal>\b(?:true|false|null)\b)/g;
const YAML_TOKEN =
  /(?<comment>(?<=^|\s)#.*$)|(?<key>(?<=^\s*(?:- +)*)(?:"(?:\\.|[^"\\\n])*"|[^\s#:{}[\],&*!|>'"%@`-][^\s:]*)(?=:(?:\s|$)))|(?<text>"(?:\\.|[^"\\\n])*"|'(?:''|[^'\n])*')|(?<=:\s+|^\s*- +)(?:(?<number>-?\d+(?:\.\d+)?)|(?<literal>true|false|null|~))(?=\s*$)/gm;
const MARKDOWN_TOKEN =
  /(?<expression>\{\{[^\n]*?\}\})|(?<heading>^#{1,6} .*$)|(?<text>`[^`\n]+`)|(?<literal>\*\*[^*\n]+\*\*)|(?<key>(?<=^\s*)(?:[-*+]|\d+\.) )/gm;

const TOKENS: Readonly<Record<TextLanguage, RegExp | null>> = {
  json: JSON_TOKEN,
  yaml: YAML_TOKEN,
  markdown: MARKDOWN_TOKEN,
  plain: null,
};

/** What a file is written in, by its name. */
export function languageOf(path: string): TextLanguage {
  if (/\.json$/.test(path)) return 'json';
  if (/\.ya?ml$/.test(path)) return 'yaml';
  return /\.(md|markdown)$/.test(path) ? 'markdown' : 'plain';
}

/** The coloured parts of a text, in order. */
export function stylesOf(text: string, language: TextLanguage): StyledStretch[] {
  const token = TOKENS[language];
  if (token === null) return [];
  return [...text.matchAll(token)].flatMap((match) => {
    const style = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0];
    if (style === undefined) return [];
    return [{ from: match.index, to: match.index + match[0].length, style: style as Style }];
  });
}
