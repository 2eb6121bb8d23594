interface PromptExamplesProps {
  examples: readonly string[];
  onChoose: (example: string) => void;
}

/** Sentences to begin with, below the box that one of them is put into. */
export function PromptExamples({ examples, onChoose }: PromptExamplesProps) {
  return (
    <ul aria-label="Examples" className="flex flex-wrap gap-1.5">
      {examples.map((example) => (
        <li key={example}>
          <button
            type="button"
            onClick={() => onChoose(example)}
            className="rounded-lg border border-line bg-surface px-2.5 py-1 text-left text-soft text-xs hover:bg-hover hover:text-text"
          >
            {example}
          </button>
        </li>
      ))}
    </ul>
  );
}
