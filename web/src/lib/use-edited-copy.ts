import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';
import type { Tagged } from './tagged.ts';

/**
 * Fills a form from something that others change too. What a refresh in the background brings replaces it only while nothing
 * is typed: its newer tag would let a save go over a change that this person has never seen.
 *
 * @returns `base`, what the form was filled from: an edit is saved against its tag; and `startFrom`, which fills it anew
 */
export function useEditedCopy<T, Fields extends FieldValues>(
  tagged: Tagged<T>,
  form: Pick<UseFormReturn<Fields>, 'formState' | 'reset'>,
  fieldsOf: (value: T) => Fields,
): { base: RefObject<Tagged<T>>; startFrom: (next: Tagged<T>) => void } {
  const base = useRef(tagged);
  const {
    reset,
    formState: { isDirty },
  } = form;
  const startFrom = useCallback(
    (next: Tagged<T>) => {
      base.current = next;
      reset(fieldsOf(next.value));
    },
    [reset, fieldsOf],
  );
  useEffect(() => {
    if (!isDirty && base.current !== tagged) startFrom(tagged);
  }, [tagged, isDirty, startFrom]);
  return { base, startFrom };
}
