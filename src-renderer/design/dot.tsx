import { cx } from './cx'
import { type Tone, toneText } from './tone'

export type Shape = 'disc' | 'ring' | 'square' | 'diamond' | 'triangle' | 'cross' | 'half' | 'check'

/** A shape and a colour, never a colour alone: readable without seeing red from green, and in forced colours. */
export function Dot({
  shape,
  tone,
  className,
}: {
  readonly shape: Shape
  readonly tone: Tone
  readonly className?: string
}) {
  return (
    <svg aria-hidden viewBox="0 0 10 10" className={cx('size-2.5 shrink-0', toneText[tone], className)}>
      <path d={paths[shape]} {...(hollow.has(shape) ? stroked : { fill: 'currentColor' })} />
    </svg>
  )
}

const stroked = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.8, strokeLinecap: 'round' } as const
const hollow: ReadonlySet<Shape> = new Set(['ring', 'cross', 'check'])

const paths: Readonly<Record<Shape, string>> = {
  disc: 'M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8z',
  ring: 'M5 1.7a3.3 3.3 0 1 1 0 6.6a3.3 3.3 0 1 1 0-6.6z',
  square: 'M1.5 1.5h7v7h-7z',
  diamond: 'M5 .6L9.4 5L5 9.4L.6 5z',
  triangle: 'M5 1L9.4 9H.6z',
  cross: 'M2 2l6 6M8 2l-6 6',
  half: 'M5 1a4 4 0 0 1 0 8z',
  check: 'M1.5 5.5l2.5 2.5l4.5-5.5',
}
