import { useMemo } from 'react';
import type { ControlIds } from '../field-frame.tsx';
import { Combobox } from './combobox.tsx';

interface TimeZonePickerProps {
  value: string;
  onChange: (value: string) => void;
  control: ControlIds;
  label: string;
}

export function TimeZonePicker({ value, onChange, control, label }: TimeZonePickerProps) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const options = useMemo(() => {
    const first = [...new Set(['UTC', own])];
    const rest = Intl.supportedValuesOf('timeZone').filter((zone) => !first.includes(zone));
    return [
      ...first.map((zone) => ({ value: zone, title: zone, group: 'Usual' })),
      ...rest.map((zone) => ({ value: zone, title: zone.replaceAll('_', ' '), group: zone.split('/')[0] ?? '' })),
    ];
  }, [own]);
  return (
    <Combobox
      control={control}
      label={label}
      options={options}
      chosen={[value]}
      onChoose={onChange}
      searchPlaceholder="City or region"
      empty="There is no such time zone."
    >
      <span className="block truncate">{value}</span>
    </Combobox>
  );
}
