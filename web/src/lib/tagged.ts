/** What was read, with the tag that a conditional write names. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string | null;
}

export async function readTagged<T>(response: Response): Promise<Tagged<T>> {
  return { value: (await response.json()) as T, etag: response.headers.get('etag') };
}
