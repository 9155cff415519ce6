import type { ReactNode } from 'react'
import { cx } from './cx'
import { Dot, type Shape } from './dot'
import { type Tone, toneText, toneWash } from './tone'

export interface BadgeProps {
  readonly tone: Tone
  readonly shape?: Shape
  readonly strong?: boolean
  readonly children: ReactNode
}

export function Badge({ tone, shape, strong, children }: BadgeProps) {
  return (
    <span
      className={cx(
        'inline-flex h-4.5 shrink-0 items-center gap-1 whitespace-nowrap rounded px-1.5 text-11 leading-none',
        toneWash[tone],
        toneText[tone],
        strong && 'font-semibold tracking-wide',
      )}
    >
      {shape && <Dot shape={shape} tone={tone} className="size-2" />}
      {children}
    </span>
  )
}
