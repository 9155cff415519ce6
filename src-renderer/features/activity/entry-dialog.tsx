import type { AuditEntry } from '@shared/model/audit'
import { visible } from '@shared/payload/visible'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { iso } from '../../design/time-format'
import { eventWords } from './activity-columns'

/** One line of the record, whole, with the seal that ties it to the line before. */
export function EntryDialog({ entry, onClose }: { readonly entry: AuditEntry | null; readonly onClose: () => void }) {
  if (!entry) return null
  const facts: readonly (readonly [string, string])[] = [
    ['When', iso(entry.at)],
    ['Who', entry.who],
    ['Event', eventWords[entry.event]],
    ['Environment', entry.environment],
    ...(entry.queue === null ? [] : [['Queue', entry.queue] as const]),
    ...Object.entries(entry.detail).map(([name, value]) => [name, String(value)] as const),
    ['Seal', entry.hash],
    ['Seal before', entry.previous],
  ]
  return (
    <Dialog
      open
      onClose={onClose}
      title={visible(entry.summary)}
      description={`Entry ${entry.seq}`}
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <dl className="grid grid-cols-[110px_minmax(0,1fr)] gap-x-3 gap-y-1">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{visible(name)}</dt>
            <dd className="break-all font-mono text-12">{visible(value)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
