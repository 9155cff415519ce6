import type { ReactNode } from 'react'
import { useEnvironment } from '../../stores/console'
import { ConnectionBar } from './connection-bar'
import { Rail } from './rail'
import { StatusBar } from './status-bar'
import { useDocumentTitle } from './use-document-title'

export interface FrameProps {
  readonly environmentId: string | null
  /** Work under way, above the status bar. */
  readonly strip: ReactNode
  readonly children: ReactNode
}

export function Frame({ environmentId, strip, children }: FrameProps) {
  const { environment } = useEnvironment(environmentId)
  useDocumentTitle(environment)
  return (
    <div className="flex h-full flex-col">
      <div className="flex min-h-0 flex-1">
        <Rail environmentId={environmentId} />
        <main className="flex min-h-0 min-w-0 flex-1 flex-col">
          <ConnectionBar environmentId={environmentId} />
          {children}
        </main>
      </div>
      {strip}
      <StatusBar environmentId={environmentId} />
    </div>
  )
}
