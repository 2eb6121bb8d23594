import { useEffect, useState } from 'react';

/** The text once it has rested: of a stream of changes only the last is acted on. */
export function useDebounced(text: string, milliseconds = 250): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), milliseconds);
    return () => clearTimeout(timer);
  }, [text, milliseconds]);
  return rested;
}
