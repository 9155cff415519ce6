import { useState } from 'react'
import { Button } from '../../design/button'
import { Input } from '../../design/input'
import { showNotice } from '../../design/toast'
import { useConsole } from '../../stores/console'
import { troubleOf } from '../../stores/trouble'

/** Asks for the six digits of an MFA device; they are used for the next connect and kept nowhere. */
export function MfaCode({ environmentId }: { readonly environmentId: string }) {
  const { client } = useConsole()
  const [code, setCode] = useState('')
  const give = async () => {
    try {
      await client.environments.giveMfaCode({ environmentId, code })
      setCode('')
    } catch (error) {
      showNotice({ title: troubleOf(error).message, tone: 'red' })
    }
  }
  return (
    <form
      className="flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        void give()
      }}
    >
      <Input
        mono
        aria-label="Code of the MFA device"
        inputMode="numeric"
        placeholder="123456"
        maxLength={6}
        className="w-24"
        value={code}
        onChange={(event) => setCode(event.target.value)}
      />
      <Button type="submit" small why={/^\d{6}$/.test(code) ? null : 'Six digits.'}>
        Connect
      </Button>
    </form>
  )
}
