import type { Environment, EnvironmentState } from '@shared/model/environment'
import { Button } from '../../design/button'
import { go } from '../../stores/route'
import { lookOf, TierMark } from '../tier-mark'

interface FactsProps {
  readonly environment: Environment
  readonly state: EnvironmentState | undefined
}

/** An environment that is not changed here: built in, or declared for a container. */
export function EnvironmentFacts({ environment, state }: FactsProps) {
  const sandbox = environment.origin === 'sandbox'
  return (
    <section aria-label={environment.name} className="flex min-h-0 flex-col gap-3 overflow-y-auto px-6 py-5">
      <h2 className="flex items-center gap-2 font-semibold text-15">
        <TierMark look={lookOf(environment)} /> {environment.name}
      </h2>
      <p className="max-w-[64ch] text-muted">
        {sandbox
          ? 'A small Redis inside this console with a little traffic: queues of the engine and of BullMQ, workers that fail as real ones do. It lives in memory and is gone with the console. Nothing here can break anything.'
          : 'Declared in the file that $QUEUESCOPE_ENVIRONMENTS names. Change it there; the console reads it when it starts.'}
      </p>
      {state?.notices.map((notice) => (
        <p key={notice} className="max-w-[64ch] text-amber">
          {notice}
        </p>
      ))}
      <div>
        <Button look="primary" onClick={() => go({ at: 'overview', environmentId: environment.id })}>
          Open its queues
        </Button>
      </div>
    </section>
  )
}
