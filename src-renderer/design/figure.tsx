import { cx } from './cx'
import { unknown } from './number-format'

export interface FigureProps {
  /** Already formatted; `unknown` for what nobody knows. */
  readonly text: string
  readonly precision?: 'exact' | 'approximate' | 'unknown'
  readonly stale?: boolean
  /** A zero is a fact, but not one that should catch the eye. */
  readonly quiet?: boolean
  readonly title?: string
  readonly className?: string
}

/** A number as an instrument shows it: tabular, with a leading ≈ where it is an estimate, greyed when it is old. */
export function Figure({ text, precision = 'exact', stale, quiet, title, className }: FigureProps) {
  return (
    <span title={title} className={cx('tabular whitespace-nowrap', stale || quiet ? 'text-faint' : className)}>
      {precision === 'approximate' && text !== unknown && (
        <span className="text-faint">
          ≈<span className="sr-only"> about </span>
        </span>
      )}
      {text === unknown ? <Unknown /> : text}
    </span>
  )
}

export const Unknown = () => (
  <span className="text-faint">
    <span aria-hidden>{unknown}</span>
    <span className="sr-only">unknown</span>
  </span>
)
