import type { FailureCode } from '@shared/failure'
import type { Trouble } from '@shared/model/environment'
import type { ReactNode } from 'react'
import { EmptyState } from '../design/empty-state'

/** What went wrong, why, and what next. The code picks the title; the words come from whoever knows. */
export function TroubleView({ trouble, action }: { readonly trouble: Trouble; readonly action?: ReactNode }) {
  const hint = trouble.hint ?? hints[trouble.code]
  return (
    <EmptyState title={titleOf(trouble.code)} tone="red" action={action}>
      <p>{trouble.message}</p>
      {hint && <p className="mt-1">{hint}</p>}
    </EmptyState>
  )
}

const titles: Partial<Readonly<Record<FailureCode, string>>> = {
  denied: 'Not permitted here',
  auth: 'The login was refused',
  tls: 'TLS does not match',
  unreachable: 'The broker cannot be reached',
  timeout: 'The broker did not answer in time',
  'not-found': 'Not there',
  gone: 'Not there any more',
  changed: 'It changed meanwhile',
  'wrong-type': 'A key holds something else',
  unsupported: 'Not possible with this layout',
  'not-this-broker': 'This is not a Redis',
  'too-large': 'Too large to show',
  closed: 'The connection was interrupted',
  'read-only': 'This environment is read-only',
}

/** What to do where whoever knows the trouble has no better advice. */
const hints: Partial<Readonly<Record<FailureCode, string>>> = {
  gone: 'Since the list was made it was worked on, removed, or trimmed away: take the list anew.',
}

const titleOf = (code: FailureCode) => titles[code] ?? 'This did not work'
