import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Select } from '@/components/ui/select.tsx';
import { projectsQuery } from '@/features/projects/queries.ts';

const NONE = 'none';

interface ProjectSelectProps {
  value: string | null;
  onChange: (projectId: string | null) => void;
}

/** Whose shared values the test reads; an organization without projects is not asked. */
export function ProjectSelect({ value, onChange }: ProjectSelectProps) {
  const projects = useQuery(projectsQuery({ limit: 100 })).data?.data;
  const isGone = projects !== undefined && value !== null && !projects.some(({ id }) => id === value);
  useEffect(() => {
    if (isGone) onChange(null);
  }, [isGone, onChange]);
  if (projects === undefined || projects.length === 0) return null;
  return (
    <Select
      label="Project of the test"
      className="mr-auto w-44 [&>span]:truncate"
      value={value ?? NONE}
      options={[
        { value: NONE, label: 'In no project' },
        ...projects.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      onValueChange={(next) => onChange(next === NONE ? null : next)}
    />
  );
}
