/** The first letter of an organization on a small square, in place of a picture. */
export function OrganizationMark({ name }: { name: string }) {
  return (
    <span
      aria-hidden="true"
      className="flex size-5 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-sunken font-semibold text-2xs text-soft"
    >
      {[...name.trim()][0]?.toUpperCase() ?? ''}
    </span>
  );
}
