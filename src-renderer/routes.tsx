import type { ReactNode } from 'react'
import { Overview } from './features/overview/overview'
import { QueueScreen } from './features/queue/queue-screen'
import type { Route } from './stores/route'

/** Which screen stands at which place. */
export function screenOf(route: Route): ReactNode {
  switch (route.at) {
    case 'home':
      return null
    case 'overview':
      return <Overview key={route.environmentId} environmentId={route.environmentId} />
    case 'queue':
      return (
        <QueueScreen
          key={`${route.environmentId} ${route.queue}`}
          environmentId={route.environmentId}
          queue={route.queue}
          state={route.state}
          message={route.message}
        />
      )
    default:
      return null
  }
}
