import { layoutParts } from '@shared/model/layout-facts'
import { type MessageState, messageStates } from '@shared/model/message'
import { createStore } from 'zustand/vanilla'

/** The parts of a queue besides its states, where it has them. */
export const queueParts = ['groups', 'schedules', ...layoutParts] as const
export type QueuePart = (typeof queueParts)[number]
export type QueueView = MessageState | QueuePart
const queueViews: readonly QueueView[] = [...messageStates, ...queueParts]

/** Every place in the console, as it stands after the # of its address: shareable, and Back works. */
export type Route =
  | { readonly at: 'home' }
  | { readonly at: 'overview'; readonly environmentId: string }
  | {
      readonly at: 'queue'
      readonly environmentId: string
      readonly queue: string
      readonly state: QueueView
      /** The message open in the pane at the right. */
      readonly message: string | null
    }
  | {
      readonly at: 'dead-letters'
      readonly environmentId: string
      readonly cause: string | null
      /** A cause spans queues; its rows are one queue's at a time. */
      readonly queue: string | null
      readonly message: string | null
    }
  | { readonly at: 'send'; readonly environmentId: string; readonly queue: string | null }
  | { readonly at: 'workers'; readonly environmentId: string }
  | { readonly at: 'routing'; readonly environmentId: string; readonly node: RouteNode | null }
  /** `name` null: none is listened to. */
  | {
      readonly at: 'channels'
      readonly environmentId: string
      readonly name: string | null
      readonly isPattern: boolean
    }
  | { readonly at: 'activity'; readonly environmentId: string }
  /** `edit`: an environment's id, or 'new'. */
  | { readonly at: 'environments'; readonly environmentId: string | null; readonly edit: string | null }

/** A place of the graph of routes: where a person stands who walks through it. */
export interface RouteNode {
  readonly kind: 'exchange' | 'queue'
  /** The virtual host. */
  readonly space: string
  /** "" is the default exchange. */
  readonly name: string
}

/** Queue keys and ids are percent-encoded as a whole, whatever they hold; `-` stands for "none" and is itself encoded. */
const part = (value: string | null) => (value === null ? '-' : value === '-' ? '%2D' : encodeURIComponent(value))

export function hrefOf(route: Route): string {
  switch (route.at) {
    case 'home':
      return '#/'
    case 'overview':
      return `#/e/${part(route.environmentId)}`
    case 'queue':
      return `#/e/${part(route.environmentId)}/queue/${part(route.queue)}/${route.state}${route.message === null ? '' : `/${part(route.message)}`}`
    case 'dead-letters': {
      const rest = [route.cause, route.queue, route.message]
      while (rest.length > 0 && rest.at(-1) === null) rest.pop()
      return ['#/e', part(route.environmentId), 'dead', ...rest.map(part)].join('/')
    }
    case 'send':
      return `#/e/${part(route.environmentId)}/send${route.queue === null ? '' : `/${part(route.queue)}`}`
    case 'channels': {
      const { environmentId, name, isPattern } = route
      return `#/e/${part(environmentId)}/channels${name === null ? '' : `/${isPattern ? 'pattern' : 'name'}/${part(name)}`}`
    }
    case 'routing':
      return ['#/e', part(route.environmentId), 'routing', ...nodeParts(route.node)].join('/')
    case 'workers':
    case 'activity':
      return `#/e/${part(route.environmentId)}/${route.at}`
    case 'environments':
      return `#/e/${part(route.environmentId)}/environments${route.edit === null ? '' : `/${part(route.edit)}`}`
  }
}

/** The place that an address names; home for what names none, so that a stale link never ends at an error. */
export function parseHref(hash: string): Route {
  const parts = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode)
  if (parts.includes(undefined)) return { at: 'home' }
  const [space, environmentId, screen, first, second, third] = parts
  if (space !== 'e' || environmentId === undefined) return { at: 'home' }
  if (screen === 'environments') return { at: 'environments', environmentId, edit: first ?? null }
  if (environmentId === null) return { at: 'home' }
  switch (screen) {
    case undefined:
      return { at: 'overview', environmentId }
    case 'queue': {
      const state = queueViews.find((candidate) => candidate === second) ?? 'ready'
      return first
        ? { at: 'queue', environmentId, queue: first, state, message: third ?? null }
        : { at: 'overview', environmentId }
    }
    case 'dead':
      return { at: 'dead-letters', environmentId, cause: first ?? null, queue: second ?? null, message: third ?? null }
    case 'send':
      return { at: 'send', environmentId, queue: first ?? null }
    case 'channels':
      return { at: 'channels', environmentId, name: (first && second) ?? null, isPattern: first === 'pattern' }
    case 'routing':
      return { at: 'routing', environmentId, node: nodeOf([first, second, third]) }
    case 'workers':
    case 'activity':
      return { at: screen, environmentId }
    default:
      return { at: 'overview', environmentId }
  }
}

const nodeParts = (node: RouteNode | null): readonly string[] =>
  node === null ? [] : [node.kind, part(node.space), part(node.name)]

function nodeOf([kind, space, name]: readonly (string | null | undefined)[]): RouteNode | null {
  if ((kind !== 'exchange' && kind !== 'queue') || typeof space !== 'string' || typeof name !== 'string') return null
  return { kind, space, name }
}

/** null for "-", undefined for what is not an encoding. */
function decode(text: string): string | null | undefined {
  if (text === '-') return null
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export const routeStore = createStore<Route>(() => ({ at: 'home' }))

export function followAddress(): () => void {
  const read = () => routeStore.setState(parseHref(location.hash), true)
  read()
  addEventListener('hashchange', read)
  return () => removeEventListener('hashchange', read)
}

export function go(route: Route, how: 'push' | 'replace' = 'push'): void {
  const href = hrefOf(route)
  if (how === 'replace') history.replaceState(null, '', href)
  else if (href !== location.hash) history.pushState(null, '', href)
  routeStore.setState(route, true)
}
