/** Calls a function with Windows as the platform of the process. */
export function onWindows<T>(call: () => T): T {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {}
  try {
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
    return call()
  } finally {
    Object.defineProperty(process, 'platform', platform)
  }
}
