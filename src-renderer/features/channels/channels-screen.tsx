import { useCallback, useState } from 'react'
import { Button } from '../../design/button'
import { EmptyState } from '../../design/empty-state'
import { Input } from '../../design/input'
import { useConsole } from '../../stores/console'
import { go } from '../../stores/route'
import { ScreenHead } from '../screen-head'
import { TailView } from '../tail-view'

interface ChannelsScreenProps {
  readonly environmentId: string
  readonly name: string | null
  readonly isPattern: boolean
}

/** A name that holds one of these is meant as a pattern; Redis matches it as KEYS would. */
const patternSigns = /[*?[]/

/** Pub/sub: what is published from now on. Nothing is kept by Redis, so nothing from before can be shown. */
export function ChannelsScreen({ environmentId, name, isPattern }: ChannelsScreenProps) {
  const [typed, setTyped] = useState(name ?? '')
  const wanted = typed.trim()
  const listen = () =>
    go({ at: 'channels', environmentId, name: wanted || null, isPattern: patternSigns.test(wanted) }, 'replace')
  return (
    <>
      <ScreenHead title="Channels" detail="pub/sub, as it is published">
        <form
          className="flex items-center gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            listen()
          }}
        >
          <Input
            aria-label="Channel or pattern"
            placeholder="orders, or orders.*"
            mono
            className="w-72"
            maxLength={4096}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Button look="primary" type="submit" why={wanted === '' ? 'Name a channel, or a pattern.' : null}>
            Listen
          </Button>
          {name !== null && (
            <Button onClick={() => go({ at: 'channels', environmentId, name: null, isPattern: false }, 'replace')}>
              Stop
            </Button>
          )}
        </form>
      </ScreenHead>
      {name === null ? (
        <EmptyState title="Listen to a channel">
          What is published on it shows here as it comes, to this console as to any other subscriber. A pattern like
          orders.* hears all channels that it matches. Redis keeps nothing of it: for events that are kept, open their
          queue and its Tail.
        </EmptyState>
      ) : (
        <Listening key={`${isPattern} ${name}`} environmentId={environmentId} name={name} isPattern={isPattern} />
      )}
    </>
  )
}

function Listening({ environmentId, name, isPattern }: ChannelsScreenProps & { readonly name: string }) {
  const { client } = useConsole()
  const open = useCallback(
    (signal: AbortSignal) =>
      client.environments.tailChannel({ environmentId, channel: { name, isPattern } }, { signal }),
    [client, environmentId, name, isPattern],
  )
  return <TailView open={open} />
}
