/** BullMQ ships its scripts as modules beside its types: only the text is used. */
interface LibraryScript {
  readonly content: string
}
declare module 'bullmq/dist/cjs/scripts/removeJob-2.js' {
  export const removeJob: LibraryScript
}
declare module 'bullmq/dist/cjs/scripts/reprocessJob-9.js' {
  export const reprocessJob: LibraryScript
}
declare module 'bullmq5/dist/cjs/scripts/removeJob-2.js' {
  export const removeJob: LibraryScript
}
declare module 'bullmq5/dist/cjs/scripts/reprocessJob-8.js' {
  export const reprocessJob: LibraryScript
}
