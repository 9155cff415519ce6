import type { ReactNode } from 'react'
import { cx } from './cx'
import { type Tone, toneText, toneWash } from './tone'

/** One slim line across the top of what it is about: lost, denied, read-only. */
export function Bar({
  tone,
  children,
  action,
}: {
  readonly tone: Tone
  readonly children: ReactNode
  readonly action?: ReactNode
}) {
  return (
    <div
      role="status"
      className={cx('flex min-h-8 shrink-0 items-center gap-3 border-line border-b px-4 py-1', toneWash[tone])}
    >
      <p className={cx('min-w-0 flex-1 break-words', toneText[tone])}>{children}</p>
      {action}
    </div>
  )
}
