import type { Environment } from '@shared/model/environment'
import { parseQueueKey } from '@shared/model/queue'
import { useEffect } from 'react'
import { useRoute } from '../../stores/console'
import type { Route } from '../../stores/route'

/** The window says where one is, production first, since that is what is read in a row of tabs. */
export function useDocumentTitle(environment: Environment | undefined): void {
  const route = useRoute()
  const title = titleOf(route, environment)
  useEffect(() => {
    document.title = title
  }, [title])
}

export function titleOf(
  route: Route,
  environment: Pick<Environment, 'name' | 'effectiveTier' | 'origin'> | undefined,
): string {
  const place = placeOf(route)
  if (!environment) return `${place} · Queuescope`
  const mark = environment.origin !== 'sandbox' && environment.effectiveTier === 'production' ? 'PROD ' : ''
  return `${mark}${environment.name} · ${place} · Queuescope`
}

function placeOf(route: Route): string {
  switch (route.at) {
    case 'home':
      return 'Start'
    case 'overview':
      return 'Overview'
    case 'queue':
      return parseQueueKey(route.queue)?.name ?? route.queue
    case 'dead-letters':
      return 'Dead letters'
    case 'workers':
      return 'Workers'
    case 'routing':
      return 'Exchanges'
    case 'channels':
      return route.name ?? 'Channels'
    case 'send':
      return 'Send'
    case 'activity':
      return 'Activity'
    case 'environments':
      return 'Environments'
  }
}
