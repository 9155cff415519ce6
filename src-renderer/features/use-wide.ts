import { useSyncExternalStore } from 'react'

/** From here on an open message leaves enough room for everything else. */
const query = '(min-width: 1600px)'

export const useWide = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
