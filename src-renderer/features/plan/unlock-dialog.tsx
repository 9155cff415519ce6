import { useRef, useState } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../design/button'
import { Dialog } from '../../design/dialog'
import { Field } from '../../design/field'
import { Input } from '../../design/input'
import { showNotice } from '../../design/toast'
import { toneFill } from '../../design/tone'
import { useConsole, useEnvironment } from '../../stores/console'
import { troubleOf } from '../../stores/trouble'
import { closeUnlock, unlockRequest } from '../../stores/unlock-request'
import { lookOf, TierMark } from '../tier-mark'

/** Production is read-only until its name is typed; then for a quarter of an hour. */
export function UnlockDialog() {
  const environmentId = useStore(unlockRequest, (state) => state.environmentId)
  return environmentId === null ? null : <UnlockFor key={environmentId} environmentId={environmentId} />
}

function UnlockFor({ environmentId }: { readonly environmentId: string }) {
  const { client } = useConsole()
  const { environment } = useEnvironment(environmentId)
  const [typed, setTyped] = useState('')
  const [trouble, setTrouble] = useState<string | undefined>()
  const input = useRef<HTMLInputElement>(null)
  if (!environment) return null
  const why = typed === environment.name ? null : `Type ${environment.name} to go on.`
  const unlock = async () => {
    if (why) return
    try {
      await client.environments.unlock({ environmentId, typedName: typed })
      showNotice({ title: `${environment.name} is unlocked for 15 minutes` })
      const { andThen } = unlockRequest.getState()
      closeUnlock()
      andThen?.()
    } catch (error) {
      setTrouble(troubleOf(error).message)
    }
  }
  return (
    <Dialog
      open
      onClose={closeUnlock}
      edge={toneFill[lookOf(environment).tone]}
      initialFocus={input}
      title={
        <span className="flex items-center gap-2">
          Unlock <TierMark look={lookOf(environment)} /> {environment.name}
        </span>
      }
      description="Sending, pausing and committed plans are let through for 15 minutes. It locks again by itself."
      footer={
        <>
          <Button onClick={closeUnlock}>Cancel</Button>
          <Button look="danger" why={why} onClick={() => void unlock()}>
            Unlock for 15 minutes
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void unlock()
        }}
      >
        <Field label={`Type ${environment.name} to go on`} error={trouble}>
          <Input ref={input} mono value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  )
}
