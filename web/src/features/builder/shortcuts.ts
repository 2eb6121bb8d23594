import { CONTROL, type ShortcutGroup } from '@/lib/shortcuts.ts';

export const BUILDER_SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: 'Build',
    keys: [
      ['A', 'Add a node, after the selected one or on the edge'],
      ['C', 'Connections of the selected node'],
      ['Enter', 'To its form; Esc leads back'],
      ['Delete', 'Delete what is selected'],
      [`${CONTROL} Enter`, 'Test the draft'],
      [`${CONTROL} I`, 'Refine: say what should change'],
      ['Shift F10', 'All that can be done with a node'],
      [`${CONTROL} D`, 'Duplicate'],
      [`${CONTROL} C, X, V`, 'Copy, cut, paste, also between agents'],
      [`${CONTROL} Z`, 'Undo'],
      [`Shift ${CONTROL} Z`, 'Redo'],
    ],
  },
  {
    title: 'Get around',
    keys: [
      ['Tab', 'Next node or edge, in the order in which they run'],
      ['Arrows', 'Move the selected nodes; with Shift further'],
      ['Alt A, H, D', 'Align left, centres, right'],
      ['Alt W, V, S', 'Align top, middles, bottom'],
      ['Alt Shift H, V', 'Distribute across, down'],
      ['Space', 'Add the focused node to the selection'],
      [`${CONTROL} A`, 'Select all'],
      ['Esc', 'Select nothing'],
      ['+ −', 'Zoom in, zoom out'],
      ['1', 'Show everything'],
      [`${CONTROL} K`, 'Go to a node, or add one, by its name'],
    ],
  },
  {
    title: 'With a mouse',
    keys: [
      ['Drag', 'Move around; on a node, move it'],
      ['Shift drag', 'Select a region'],
      ['Scroll', 'Move around'],
      [`${CONTROL} scroll`, 'Zoom'],
    ],
  },
];
