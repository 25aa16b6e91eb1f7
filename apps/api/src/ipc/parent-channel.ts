/**
 * The channel that the parent process opened when it forked this one; without a parent it leads nowhere. A message that finds it closed
 * is dropped, where `process.send` would end the process with an unhandled error.
 */
export const parentChannel = {
  send(message: object): void {
    if (process.connected) process.send?.(message, undefined, {}, () => {})
  },
  on(event: 'message', listener: (message: unknown) => void): void {
    process.on(event, listener)
  },
  off(event: 'message', listener: (message: unknown) => void): void {
    process.off(event, listener)
  },
}
