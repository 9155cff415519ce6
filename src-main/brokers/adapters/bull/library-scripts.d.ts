/** Bull ships its scripts as modules: only the text is used. */
interface BullScript {
  readonly content: string
}
declare module 'bull/lib/scripts/addJob-6.js' {
  const script: BullScript
  export default script
}
declare module 'bull/lib/scripts/removeJob-11.js' {
  const script: BullScript
  export default script
}
declare module 'bull/lib/scripts/reprocessJob-6.js' {
  const script: BullScript
  export default script
}
declare module 'bull/lib/scripts/pause-5.js' {
  const script: BullScript
  export default script
}
