export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M9 16h5m0 0 5-6h4m-9 6 5 6h4"
        className="fill-none stroke-on-accent"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="9" cy="16" r="2.6" className="fill-on-accent" />
      <circle cx="23" cy="10" r="2.6" className="fill-on-accent" />
      <circle cx="23" cy="22" r="2.6" className="fill-on-accent" />
    </svg>
  );
}
