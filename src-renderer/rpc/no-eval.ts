import { config } from 'zod'

/** The page may not evaluate text as code, and zod would try once per window to find out; it stands first so that no schema exists before. */
config({ jitless: true })
