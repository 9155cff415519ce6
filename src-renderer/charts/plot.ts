/** Where the lines stand within a chart, pixels. Fixed, so that the crosshair and all time axes agree without asking the library. */
export const plot = { left: 54, right: 8, top: 6, bottom: 18, height: 138 } as const
