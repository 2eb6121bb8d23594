import type { FitViewOptions } from '@xyflow/react';

/** Room at the foot for the controls and the overview that stand there. */
export const FIT_VIEW: FitViewOptions = {
  padding: { top: '32px', left: '40px', right: '48px', bottom: '112px' },
  maxZoom: 1,
};
