/**
 * Prefix and name of a queue whose keys begin with this path and a colon, as Bull and BullMQ write them. A known prefix wins; else
 * the last colon parts them, since today's BullMQ allows colons in prefixes and not in names.
 */
export function prefixAndName(
  path: string,
  knownPrefixes: readonly string[],
): { readonly prefix: string; readonly name: string } | undefined {
  const known = knownPrefixes
    .filter((prefix) => path.startsWith(`${prefix}:`) && path.length > prefix.length + 1)
    .sort((a, b) => b.length - a.length)[0]
  const cut = known?.length ?? path.lastIndexOf(':')
  if (cut <= 0 || cut === path.length - 1) return undefined
  return { prefix: path.slice(0, cut), name: path.slice(cut + 1) }
}

/** What Bull and BullMQ use when nothing was said. */
export const defaultBullPrefix = 'bull'
