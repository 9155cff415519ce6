import type { ReactNode } from 'react'
import { Overview } from './features/overview/overview'
import type { Route } from './stores/route'

/** Which screen stands at which place. */
export function screenOf(route: Route): ReactNode {
  switch (route.at) {
    case 'home':
      return null
    case 'overview':
      return <Overview key={route.environmentId} environmentId={route.environmentId} />
    default:
      return null
  }
}
