import { memo } from 'react'

export interface SparklineProps {
  /** Oldest first; null is a gap and stays one. */
  readonly values: readonly (number | null)[]
  readonly width?: number
  readonly height?: number
  /** Takes the width it is given, at least `width`. */
  readonly fluid?: boolean
  readonly label: string
  readonly className?: string
}

/** A trend the size of a word: area and line from zero, so that twice as high is twice as much. */
export const Sparkline = memo(function Sparkline({
  values,
  width = 64,
  height = 18,
  fluid,
  label,
  className = 'text-slate',
}: SparklineProps) {
  const { line, area } = sparkPaths(values, width, height)
  return (
    <svg
      role="img"
      aria-label={label}
      width={fluid ? '100%' : width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={`block shrink-0 ${className}`}
    >
      <path d={area} fill="currentColor" opacity={0.16} />
      <path
        d={line}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.25}
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
    </svg>
  )
})

export function sparkPaths(values: readonly (number | null)[], width: number, height: number) {
  const known = values.filter((value) => value !== null)
  const top = Math.max(1, ...known)
  const step = values.length > 1 ? (width - 2) / (values.length - 1) : 0
  const base = height - 1
  let line = ''
  let area = ''
  let from: number | undefined
  values.forEach((value, index) => {
    if (value === null) return
    const x = round(1 + index * step)
    const y = round(base - (value / top) * (height - 3))
    if (from === undefined) {
      from = x
      line += `M${x} ${y}`
      area += `M${x} ${base}L${x} ${y}`
    } else {
      line += `L${x} ${y}`
      area += `L${x} ${y}`
    }
    const next = values[index + 1]
    if (next === null || next === undefined) {
      if (from === x) line += `h0.01`
      area += `L${x} ${base}Z`
      from = undefined
    }
  })
  return { line, area }
}

const round = (value: number) => Math.round(value * 10) / 10
