const MAX_CHARACTERS = 48;

/** A name as it stands in URLs: ASCII letters, digits and hyphens; `organization` where nothing is left of the name. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_CHARACTERS)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? 'organization' : slug;
}

/** The same with five random characters, for a slug that is taken. */
export function distinctSlug(slug: string): string {
  const suffix = crypto.randomUUID().replaceAll('-', '').slice(0, 5);
  return `${slug.slice(0, MAX_CHARACTERS)}-${suffix}`;
}
