import { PERMISSIONS, type Permission, ROLES, roleAllows } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Check, Minus } from 'lucide-react';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { meQuery } from '@/features/shell/queries.ts';
import { roleName } from './role-name.ts';

const ROWS = Object.entries(PERMISSIONS) as [Permission, string][];
const STICKY = 'sticky top-0 z-10';

export function RoleMatrix() {
  const ownRole = useQuery(meQuery).data?.role;
  return (
    <>
      <div className="mb-4">
        <h2 className="font-semibold text-lg">Roles</h2>
        <p className="text-soft">
          What each role may do. Nobody gives a role above their own, and an API key can do no more than its scopes say.
        </p>
      </div>
      <Table label="Roles and permissions" className="min-w-180" frameClassName="max-h-[70dvh]">
        <thead>
          <tr>
            <TableHead className={`${STICKY} w-full`}>Permission</TableHead>
            {ROLES.map((role) => (
              <TableHead key={role} className={`${STICKY} text-center`}>
                {roleName(role)}
                {role === ownRole && <span className="block font-normal text-2xs">your role</span>}
              </TableHead>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([permission, sentence]) => (
            <TableRow key={permission}>
              <th scope="row" className="px-4 py-2 font-normal">
                <code className="block font-mono text-text text-xs">{permission}</code>
                <span className="text-faint text-xs">{sentence}</span>
              </th>
              {ROLES.map((role) => {
                const allowed = roleAllows(role, permission);
                const Icon = allowed ? Check : Minus;
                return (
                  <TableCell key={role} className="text-center">
                    <Icon
                      className={allowed ? 'mx-auto size-4 text-text' : 'mx-auto size-4 text-faint opacity-50'}
                      aria-hidden="true"
                    />
                    <span className="sr-only">{allowed ? 'Allowed' : 'Not allowed'}</span>
                  </TableCell>
                );
              })}
            </TableRow>
          ))}
        </tbody>
      </Table>
    </>
  );
}
