/** R2 lists and deletes this many keys at most in one call. */
const KEYS_PER_CALL = 1000;

/** Deletes one page of what begins with `prefix`; true when nothing is left. */
export async function deletePage(bucket: R2Bucket, prefix: string): Promise<boolean> {
  const { objects, truncated } = await bucket.list({ prefix, limit: KEYS_PER_CALL });
  if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
  return !truncated;
}
