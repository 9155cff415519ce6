import type { QueueKey } from '@shared/model/queue'
import { useMemo } from 'react'
import { LineChart } from '../../charts/line-chart'
import { compact } from '../../design/number-format'
import { pointsOf, type Range, useGroupSeries } from './queue-series'

interface GroupChartProps {
  readonly environmentId: string
  readonly queue: QueueKey
  readonly group: string
  readonly range: Range
}

const looks = [
  { label: 'Lag', tone: 'amber', shape: 'ring' },
  { label: 'Pending', tone: 'violet', shape: 'disc' },
] as const

/** How far one group is behind, and what it holds, over time. */
export function GroupChart({ environmentId, queue, group, range }: GroupChartProps) {
  const { samples, ...axis } = useGroupSeries({ environmentId, queue, group, range })
  const points = useMemo(() => pointsOf(samples, ['ready', 'leased']), [samples])
  return (
    <section
      aria-label={`Lag of ${group} over time`}
      className="w-[300px] shrink-0 overflow-hidden border-line border-l"
    >
      <LineChart
        title="Lag of the chosen group"
        series={looks}
        points={points}
        whole
        format={compact}
        empty="Nothing was sampled in this range yet."
        {...axis}
      />
    </section>
  )
}
