import type { ReactNode } from 'react'
import { ActivityScreen } from './features/activity/activity-screen'
import { ChannelsScreen } from './features/channels/channels-screen'
import { DeadLetters } from './features/dead-letters/dead-letters'
import { EnvironmentsScreen } from './features/environments/environments-screen'
import { Overview } from './features/overview/overview'
import { QueueScreen } from './features/queue/queue-screen'
import { RoutingScreen } from './features/routing/routing-screen'
import { SendScreen } from './features/send/send-screen'
import { WorkersScreen } from './features/workers/workers-screen'
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
    case 'dead-letters':
      return (
        <DeadLetters
          key={route.environmentId}
          environmentId={route.environmentId}
          cause={route.cause}
          queue={route.queue}
          message={route.message}
        />
      )
    case 'send':
      return <SendScreen key={route.environmentId} environmentId={route.environmentId} queue={route.queue} />
    case 'workers':
      return <WorkersScreen key={route.environmentId} environmentId={route.environmentId} />
    case 'routing':
      return <RoutingScreen key={route.environmentId} environmentId={route.environmentId} node={route.node} />
    case 'channels':
      return <ChannelsScreen key={route.environmentId} {...route} />
    case 'activity':
      return <ActivityScreen />
    case 'environments':
      return <EnvironmentsScreen environmentId={route.environmentId} edit={route.edit} />
  }
}
