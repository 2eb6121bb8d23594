import { Link } from '@tanstack/react-router';
import { Building2 } from 'lucide-react';

/** For a person who is known here, but belongs to no organization: never invited to stay, or removed since. */
export function NoOrganizationNote() {
  return (
    <div role="alert" className="flex gap-2.5 rounded-lg border border-line-strong bg-sunken px-3 py-2.5 text-sm">
      <Building2 className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-text">You belong to no organization</p>
        <p className="text-pretty text-soft">
          Open the link of an invitation to join one, or{' '}
          <Link to="/signup" className="font-medium text-accent-text underline underline-offset-4">
            sign up
          </Link>{' '}
          with the same address and password to make an organization of your own.
        </p>
      </div>
    </div>
  );
}
