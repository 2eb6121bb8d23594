import type { ConditionOperator } from '@agentflow/contracts';
import { NUMBER, readNumber } from './numbers.ts';

export interface Rename {
  readonly kind: 'rename';
  readonly step: string;
  readonly to: string;
}

export interface Approval {
  readonly kind: 'approval';
  /** Words for the step that it comes before. */
  readonly step: string;
  /** Words for who is asked; empty where nobody is named. */
  readonly who: string;
  readonly when: Threshold | null;
}

export interface Threshold {
  /** Words for the value; empty where it is not named. */
  readonly field: string;
  readonly operator: ConditionOperator;
  /** Null where it can't be told which number is meant. */
  readonly value: number | null;
}

export interface ModelChange {
  readonly kind: 'model';
  readonly model: string;
  /** Null for every step that has a model. */
  readonly step: string | null;
}

export interface NumberChange {
  readonly kind: 'number';
  /** Words for what the number is: `threshold`, `max turns`. */
  readonly what: string;
  readonly step: string | null;
  /** Null where it is not said, NaN where it can't be read. */
  readonly from: number | null;
  readonly to: number;
}

export type Command = Rename | Approval | ModelChange | NumberChange;

export interface Clause {
  readonly text: string;
  /** Null where no rule understands it. */
  readonly command: Command | null;
}

/** A sentence that is longer says more than rules can know. */
const MAX_CLAUSE = 400;

const VERBS =
  'rename|call|name|add|insert|put|require|ask|let|have|get|use|run|switch|change|set|raise|lower|increase|decrease|reduce|replace|update|make|remove|delete|move|connect|' +
  'benenne|nenne|füge|ergänze|frage|verlange|verwende|nutze|benutze|nimm|ändere|setze|stelle|erhöhe|senke|ersetze|wechsle|entferne|lösche';

const OPERATORS: readonly (readonly [words: string, operator: ConditionOperator])[] = [
  ['>=|at least|no less than|mindestens|ab', 'greater_or_equal'],
  ['<=|at most|up to|no more than|höchstens|bis zu', 'less_or_equal'],
  [
    '>|over|above|more than|greater than|larger than|higher than|bigger than|exceeds?|exceeding|beyond|über|mehr als|größer als|höher als',
    'greater_than',
  ],
  ['<|under|below|less than|smaller than|lower than|unter|weniger als|kleiner als', 'less_than'],
];
const OPERATOR = OPERATORS.map(([words]) => words).join('|');

/** What is said in one prompt, clause by clause: lines, sentences, and what `and` joins to a further command. */
export function commandsIn(prompt: string): Clause[] {
  const { masked, unmask } = maskQuotes(prompt);
  const separator = new RegExp(
    String.raw`[\n;]+|(?<!(?:^|\n)\s*\d{1,2})[.!]\s+(?=\p{L})|(?:,|\s)\s*(?:and then|and|then|und dann|und|dann)\s+(?=(?:then |also |please )?(?:${VERBS})\s)|,\s+(?=(?:${VERBS})\s)`,
    'giu',
  );
  return masked
    .split(separator)
    .map(trimmed)
    .filter((text) => text !== '')
    .map((text) => ({ text: unmask(text), command: text.length > MAX_CLAUSE ? null : read(text, unmask) }));
}

function trimmed(text: string): string {
  let rest = text.trim().replace(/^(?:[-*•]|\d+[.)])\s+/, '');
  for (let before = ''; before !== rest; ) {
    before = rest;
    rest = rest.replace(
      /^(?:please|bitte|can you|could you|would you|i want to|i would like to|i'd like to|also|then|now|and)\s+/i,
      '',
    );
  }
  return rest.replace(/(?:,?\s+(?:please|bitte))?[\s.!?]*$/i, '');
}

/** Quoted names may hold any word of a command: they are taken out, between private-use characters, before sentences are read. */
function maskQuotes(text: string): { masked: string; unmask: (text: string) => string } {
  const found: string[] = [];
  const mask = (name: string) => `\ue000${found.push(name) - 1}\ue001`;
  const masked = text
    .replace(/[\ue000\ue001]/g, ' ')
    .replace(/["“”„«»]([^"“”„«»\n]+)["“”„«»]|`([^`\n]+)`/g, (_all, double, tick) => mask(double ?? tick))
    .replace(/(^|\s)['‘’]([^'‘’\n]+)['‘’](?=$|[\s.,;:!?])/g, (_all, before, name) => `${before}${mask(name)}`);
  return { masked, unmask: (part) => part.replace(/\ue000(\d+)\ue001/g, (_all, index) => found[Number(index)] ?? '') };
}

type Parts = Readonly<Record<string, string | undefined>>;
type Make = (parts: Parts) => Command | null;

function pattern(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 'iu');
}

const THE = '(?:the |this |my |our |den |die |das |der )?';
const STEP = '(?:step |node |schritt )?';
const AN_APPROVAL =
  '(?:an? |the |one |eine? |some )?(?:human |manual |extra )?(?:approval|confirmation|sign-?off|review|human check|freigabe|genehmigung|zustimmung|bestätigung)(?: step| node)?';
const BY = '(?: (?:by|from|of|durch|von) (?<who>.+?))?';
const VALUE = '(?:threshold|limit|value|number|cut-?off|schwelle|schwellwert|schwellenwert|grenze|grenzwert|wert)';
const CHANGE =
  '(?:change|set|raise|lower|increase|decrease|reduce|update|make|adjust|ändere|setze|erhöhe|senke|stelle)';

const RULES: readonly (readonly [RegExp, Make])[] = [
  [pattern(`(?:rename|call|name) ${THE}${STEP}(?<step>.+?) (?:to|into|as) (?<to>.+)`), rename],
  [pattern(`(?:change|set|update) the (?:name|title) of ${THE}${STEP}(?<step>.+?) to (?<to>.+)`), rename],
  [pattern(`benenne ${THE}${STEP}(?<step>.+?) (?:um in|um zu|in|zu) (?<to>.+?)(?: um)?`), rename],
  [pattern('(?:call|name|nenne) (?<step>.+?) (?<to>\ue000\\d+\ue001)'), rename],

  [
    pattern(
      `(?:add|insert|put|require|get|ask for|request|have|use|make) ${AN_APPROVAL}${BY} (?:before|in front of|ahead of|for) (?<tail>.+)`,
    ),
    approval,
  ],
  [pattern(`(?:add|insert|put) ${AN_APPROVAL}${BY} (?:before|in front of|ahead of) (?<tail>.+)`), approval],
  [
    pattern(
      `(?:add|insert|put) (?:an? )?(?:step|node) (?:that|which|to) asks? (?<who>.+?)(?: (?:for (?:an? )?(?:approval|confirmation)|to (?:approve|confirm|decide)))? before (?<tail>.+)`,
    ),
    approval,
  ],
  [
    pattern(
      '(?:ask|let) (?<who>.+?)(?: (?:for (?:an? )?(?:approval|confirmation)|to (?:approve|confirm|decide)|(?:approve|confirm|decide)))? before (?<tail>.+)',
    ),
    approval,
  ],
  [pattern('(?:let|have) (?<who>.+?) (?:approve|confirm) (?<tail>.+)'), approval],
  [
    pattern(`(?<step>.+?) (?:needs|requires|should need|must have|should require) ${AN_APPROVAL}${BY}(?<cond> .+)?`),
    approval,
  ],
  [pattern(`(?:füge|ergänze|setze) ${AN_APPROVAL}${BY} vor (?<tail>.+?)(?: hinzu| ein)?`), approval],
  [pattern(`verlange ${AN_APPROVAL}${BY} vor (?<tail>.+)`), approval],
  [pattern('frage? (?<who>.+?),? (?:be)?vor (?<tail>.+)'), approval],

  [
    pattern(
      `${CHANGE} (?:the )?model (?:of|for|in|on|used by|used in) ${THE}${STEP}(?<step>.+?) (?:to|into) (?<model>.+)`,
    ),
    model,
  ],
  [pattern('(?:change|switch|set|update) (?:the |all )?models? (?:everywhere )?to (?<model>.+)'), model],
  [
    pattern(
      `(?:ändere|setze|wechsle) das modell (?:von|für|in|bei) ${THE}${STEP}(?<step>.+?) (?:auf|zu|in) (?<model>.+)`,
    ),
    model,
  ],
  [pattern('(?:ändere|setze|wechsle) das modell (?:auf|zu) (?<model>.+)'), model],
  [
    pattern(
      `(?:use|nutze|verwende|benutze|nimm) (?:the model |model |das modell )?(?<model>\\S+(?: \\S+){0,4}?) (?:for|in|on|as the model of|as the model for|für|in|bei) ${THE}${STEP}(?<step>.+)`,
    ),
    model,
  ],
  [
    pattern(
      '(?:use|nutze|verwende|benutze|nimm) (?:the model |model |das modell )?(?<model>\\S+(?: \\S+){0,4}?)(?: everywhere| überall)?',
    ),
    model,
  ],
  [pattern(`run ${THE}${STEP}(?<step>.+?) (?:on|with) (?<model>.+)`), model],
  [pattern(`(?:switch|change) ${THE}${STEP}(?<step>.+?) to (?:the model |model )(?<model>.+)`), model],
  [pattern('switch to (?:the model |model )?(?<model>.+)'), model],
  [pattern(`switch ${THE}${STEP}(?<step>.+?) to (?<model>.+)`), model],

  [
    pattern(
      `${CHANGE} (?<from>${NUMBER}) (?:to|into|by|auf|in|zu) (?<to>${NUMBER})(?: (?:in|of|for|on|at|von|bei) ${THE}${STEP}(?<step>.+))?`,
    ),
    number,
  ],
  [
    pattern(
      `(?:replace|ersetze) (?<from>${NUMBER}) (?:with|by|durch) (?<to>${NUMBER})(?: (?:in|of|for|on|at|von|bei) ${THE}${STEP}(?<step>.+))?`,
    ),
    number,
  ],
  [
    pattern(
      `${CHANGE} ${THE}(?<what>.+?) (?:in|of|for|on|at|from step|von|bei) ${THE}${STEP}(?<step>.+?) (?:from|von) (?<from>${NUMBER}) (?:to|auf) (?<to>${NUMBER})`,
    ),
    number,
  ],
  [
    pattern(
      `${CHANGE} ${THE}(?<what>.+?) (?:from|von) (?<from>${NUMBER}) (?:to|auf) (?<to>${NUMBER})(?: (?:in|of|for|on|at|bei) ${THE}${STEP}(?<step>.+))?`,
    ),
    number,
  ],
  [
    pattern(
      `${CHANGE} ${THE}(?<what>.+?) (?:in|of|for|on|at|von|bei) ${THE}${STEP}(?<step>.+?) (?:to|auf) (?<to>${NUMBER})`,
    ),
    number,
  ],
  [
    pattern(
      `${CHANGE} ${THE}(?<what>.+?) (?:to|auf) (?<to>${NUMBER})(?: (?:in|of|for|on|at|bei) ${THE}${STEP}(?<step>.+))?`,
    ),
    number,
  ],
];

function read(text: string, unmask: (text: string) => string): Command | null {
  const plain = text.replaceAll(/\s+/g, ' ');
  for (const [rule, make] of RULES) {
    const groups = rule.exec(plain)?.groups;
    if (groups === undefined) continue;
    const command = make(groups);
    if (command !== null) return unmasked(command, unmask);
  }
  return null;
}

/** The words of a command with their quotes put back in. */
function unmasked<C extends Command>(command: C, unmask: (text: string) => string): C {
  const entries = Object.entries(command).map(([key, value]) => [
    key,
    typeof value === 'string' ? unmask(value) : value,
  ]);
  const result = Object.fromEntries(entries) as C;
  if (result.kind !== 'approval' || result.when === null) return result;
  return { ...result, when: { ...result.when, field: unmask(result.when.field) } };
}

function rename({ step = '', to = '' }: Parts): Command {
  return { kind: 'rename', step, to };
}

const PAST = `(?:(?<op>${OPERATOR}) (?<value>${NUMBER})(?<more> (?:or|and) (?:more|above|over|up|higher))?|(?<least>${NUMBER}) (?:or|and) (?:more|above|over|up|higher))(?: (?:ist|sind|liegt))?`;
const VERB = '(?: (?:is|are|was|goes|gets|ist|sind|liegt|of))?';
const TAIL = pattern(
  `${THE}${STEP}(?<step>.+?)(?:,? (?:but )?(?:only )?(?:for|if|when|whenever|where|on|with|of|für|bei|wenn|falls|mit) (?<field>.+?))??${VERB} ${PAST}`,
);
const CONDITION = pattern(
  `(?:(?:but )?(?:only )?(?:for|if|when|whenever|where|on|with|für|bei|wenn|falls) (?<field>.+?)${VERB} )?${PAST}`,
);

function approval({ step, tail, who = '', cond }: Parts): Command | null {
  if (step !== undefined) {
    const when = cond === undefined ? null : thresholdOf(CONDITION.exec(cond.trim().replace(/^, /, ''))?.groups);
    if (cond !== undefined && when === null) return null;
    return { kind: 'approval', step, who, when };
  }
  const parts = TAIL.exec(tail ?? '')?.groups;
  if (parts === undefined) return { kind: 'approval', step: tail ?? '', who, when: null };
  return { kind: 'approval', step: parts.step ?? '', who, when: thresholdOf(parts) };
}

function thresholdOf(parts: Parts | undefined): Threshold | null {
  if (parts === undefined) return null;
  const { op = '', field = '', value = '', more, least } = parts;
  const operator = OPERATORS.find(([words]) => pattern(words).test(op))?.[1] ?? 'greater_or_equal';
  return {
    field,
    operator: more === undefined ? operator : 'greater_or_equal',
    value: readNumber(least ?? value),
  };
}

function model({ model: name = '', step }: Parts): Command {
  const everywhere = step === undefined || /^(?:all|every|each|everything|everywhere|alle[sn]?|überall)\b/i.test(step);
  return { kind: 'model', model: name, step: everywhere ? null : (step ?? null) };
}

function number({ what = '', step, from, to = '' }: Parts): Command {
  const read = (text: string) => readNumber(text) ?? Number.NaN;
  const name = what.replace(new RegExp(`\\b${VALUE}\\b`, 'giu'), ' ').trim();
  return { kind: 'number', what: name, step: step ?? null, from: from === undefined ? null : read(from), to: read(to) };
}
