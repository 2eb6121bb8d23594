import { MARKDOWN, runsOf } from './marks.ts';

interface MarkedTextProps {
  children: string;
  markup?: typeof MARKDOWN;
}

const LOOKS = {
  bold: 'font-semibold',
  italic: 'italic',
  code: 'rounded-xs bg-sunken px-1 font-mono text-xs',
  link: 'text-accent-text underline',
} as const;

/** Text with the markup of a platform, as it is read there. */
export function MarkedText({ children, markup = MARKDOWN }: MarkedTextProps) {
  return runsOf(children, markup).map(({ text, mark }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a run is its place
    <span key={index} className={mark === null ? undefined : LOOKS[mark]}>
      {text}
    </span>
  ));
}
