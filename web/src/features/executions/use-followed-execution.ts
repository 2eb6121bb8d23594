import { type Execution, isTerminal } from '@agentflow/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { executionQuery, stepsKey } from './queries.ts';
import { type ExecutionStream, useExecutionStream } from './use-execution-stream.ts';

/** Steps that end in quick succession are read again together. */
const REREAD_AFTER_MS = 250;

/** Follows the execution, reading its record and its steps again as they end. */
export function useFollowedExecution(read: Execution): {
  execution: Execution;
  stream: ExecutionStream;
  following: boolean;
} {
  const queries = useQueryClient();
  const following = !isTerminal(read.status);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const reread = useCallback(
    (ended: boolean) => {
      if (timer.current !== undefined && !ended) return;
      clearTimeout(timer.current);
      timer.current = setTimeout(
        () => {
          timer.current = undefined;
          void queries.invalidateQueries({ queryKey: stepsKey(read.id) });
          void queries.invalidateQueries({ queryKey: executionQuery(read.id).queryKey });
          if (ended) void queries.invalidateQueries({ queryKey: ['executions', 'list'] });
        },
        ended ? 0 : REREAD_AFTER_MS,
      );
    },
    [queries, read.id],
  );
  useEffect(() => () => clearTimeout(timer.current), []);
  const stream = useExecutionStream(read.id, following, reread);
  // Where the socket can't be had (a proxy in between) or has no more to tell, the page still gets on, only slower.
  const told = stream.connection === 'live' && stream.live.capped === null;
  useEffect(() => {
    if (!following || told) return;
    const poll = setInterval(() => reread(true), 3_000);
    return () => clearInterval(poll);
  }, [following, told, reread]);
  const execution: Execution =
    following && stream.live.status !== null && stream.live.capped === null
      ? { ...read, status: stream.live.status, waiting_reason: stream.live.waiting_reason }
      : read;
  return { execution, stream, following };
}
