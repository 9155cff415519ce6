import { useNow } from '../../design/now'

/** Seconds that a ticket is still good for; both clocks are this machine's. */
export function useTicket(expiresAt: number): { readonly now: number; readonly left: number } {
  const now = useNow()
  return { now, left: Math.max(0, Math.floor((expiresAt - now) / 1000)) }
}
